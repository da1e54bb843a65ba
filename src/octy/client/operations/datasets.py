"""Training datasets: what every profile was at some instants, made by the server, downloaded as Parquet."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import msgspec

from octy.client.answers import DatasetAnswer, DatasetsAnswer, DatasetsDeleted
from octy.client.arriving import arriving
from octy.client.batches import sent
from octy.client.envelope import ErrorLine
from octy.client.errors import refusal
from octy.client.lists import IDS_PER_REQUEST_MAX, listed
from octy.client.requests import Requests
from octy.client.steps import Page, Pause, Steps
from octy.client.views import DatasetView
from octy.model.values import shown

PATH = "/v1/retention/datasets"
LOOK_SECONDS = 0.5


def datasets(requests: Requests, ids: Sequence[str] = ()) -> Steps[Page[DatasetView]]:
    """The datasets, in the order of the requests: all, or those with these ids."""
    return listed(requests, PATH, DatasetsAnswer, ids)


def dataset(requests: Requests, dataset_id: str) -> Steps[DatasetView]:
    """The dataset with this id, and how far it is; NotThere where there is none."""
    page = yield from listed(requests, PATH, DatasetsAnswer, [dataset_id])
    if not page.rows:
        raise refusal([ErrorLine(f"There is no dataset with the id {shown(dataset_id)}.")], 404)
    return page.rows[0]


def request_dataset(
    requests: Requests,
    *,
    as_of: str | None = None,
    every: str | None = None,
    since: str | None = None,
    until: str | None = None,
    label: str | None = None,
    as_known_at: str | None = None,
    value: str | None = None,
    strict: bool = False,
) -> Steps[DatasetView]:
    """Has a dataset made, of one instant or of several; RequestRefused where `strict`, and a tag would leak."""
    named = {
        "as_of": as_of,
        "every": every,
        "from": since,
        "to": until,
        "label": label,
        "as_known_at": as_known_at,
        "value": value,
    }
    body: dict[str, str | bool] = {name: text for name, text in named.items() if text is not None}
    if strict:
        body["strict"] = True
    answer = yield from requests.post(PATH, msgspec.json.encode(body), DatasetAnswer)
    return answer.dataset


def dataset_ended(
    requests: Requests, dataset_id: str, on_progress: Callable[[float], None] | None = None
) -> Steps[DatasetView]:
    """Waits until it is made, or has failed; `on_progress` is told how far it is, from 0 to 1."""
    while True:
        found = yield from dataset(requests, dataset_id)
        if on_progress is not None:
            on_progress(found.progress)
        if found.has_ended:
            return found
        yield Pause(LOOK_SECONDS)


def download_dataset(requests: Requests, dataset_id: str, path: Path | str) -> Steps[None]:
    """Writes the file of a dataset that is made, Parquet, into `path`, which is there once it is whole.

    NotThere where there is none; OSError where it cannot be written.
    """
    with arriving(Path(path)) as part:
        yield from requests.download(f"{PATH}/file", {"id": dataset_id}, part)


def delete_datasets(requests: Requests, ids: Iterable[str]) -> Steps[list[str]]:
    """Deletes datasets with their files; the ids of those that are gone."""
    return sent(requests, f"{PATH}/delete", "datasets", ids, IDS_PER_REQUEST_MAX, DatasetsDeleted)

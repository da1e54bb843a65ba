"""Datasets on the wire: what is asked for, how far it is, what has become of it."""

from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from octy.http.answers import RequestMeta
from octy.model import limits
from octy.model.datasets import DatasetRequest
from octy.model.instants import iso
from octy.model.jobs import Job, JobStatus
from octy.model.leaks import Leak, LeakKind

Instant = Annotated[str | None, Meta(description="ISO 8601.")]


class DatasetToMake(Struct, forbid_unknown_fields=True, rename={"from_": "from"}):
    """At which instants, with which label. Neither `as_of` nor `every`: as of now."""

    as_of: Annotated[str | None, Meta(description="One instant: ISO 8601, at most now.")] = None
    every: Annotated[str | None, Meta(description="Or one in every so long, as `7d`, from `from` on.")] = None
    from_: Annotated[str | None, Meta(description="The first instant.")] = None
    to: Annotated[str | None, Meta(description="No instant after this one. Default: now.")] = None
    label: Annotated[
        str | None,
        Meta(description="`churn:30d`: no event `charged` in the 30 days after; or `churn:30d:TYPE`."),
    ] = None
    as_known_at: Annotated[
        str | None,
        Meta(description="Only what had been received by this instant; `as_of`: by each row's own. Default: by now."),
    ] = None
    value: Annotated[
        str | None, Meta(description="The event property whose numbers are summed. Default: the prices of items.")
    ] = None
    strict: Annotated[bool, Meta(description="Refuse a dataset of which a tag leaks.")] = False

    def request(self) -> DatasetRequest:
        """In the model's words."""
        return DatasetRequest(
            as_of=self.as_of,
            every=self.every,
            from_=self.from_,
            to=self.to,
            label=self.label,
            as_known_at=self.as_known_at,
            value=self.value,
            strict=self.strict,
        )


class LeakShown(Struct):
    """A column that knows too much."""

    column: str
    kind: LeakKind
    reason: str


class DatasetShown(Struct):
    """A dataset, and the job that makes it. Instants in ISO 8601."""

    dataset_id: str
    status: JobStatus
    progress: Annotated[float, Meta(description="From 0 to 1.")]
    requested_at: str
    started_at: Instant
    ended_at: Instant
    error: Annotated[str | None, Meta(description="Why it failed, or why its file is not there any more.")]
    asked: Annotated[dict[str, str | bool], Meta(description="What was asked for.")]
    rows: int | None
    columns: list[str]
    leaks: list[LeakShown]
    bytes: Annotated[int | None, Meta(description="Of its file; null where there is none.")]
    sha256: str | None
    segment_ids: Annotated[list[str], Meta(description="The segments whose tags are in it.")]


class DatasetList(Struct):
    """The account's datasets, in the order of the requests."""

    request_meta: RequestMeta
    datasets: list[DatasetShown]


class DatasetRequested(Struct):
    """A dataset that is to be made."""

    request_meta: RequestMeta
    dataset: DatasetShown


class DatasetsToDelete(Struct):
    """Datasets by their ids."""

    datasets: Annotated[list[str], Meta(min_length=1, max_length=limits.IDS_PER_REQUEST_MAX)]


class DeletedDataset(Struct):
    """A dataset that is gone."""

    dataset_id: str


class DatasetDeleteFailure(Struct):
    """A dataset that was not deleted."""

    dataset_id: str
    error_message: str
    index: int


class DatasetsDeleted(Struct):
    """What became of a request to delete datasets."""

    request_meta: RequestMeta
    deleted_datasets: list[DeletedDataset]
    failed_to_delete: list[DatasetDeleteFailure]


class _Result(Struct):
    """What a job says of what it has made."""

    rows: int | None = None
    columns: list[str] = []
    leaks: list[Leak] = []


def shown(job: Job) -> DatasetShown:
    """As answers show it."""
    result = _Result() if job.result is None else msgspec.json.decode(job.result, type=_Result)
    asked: dict[str, str | bool] = msgspec.json.decode(job.parameters, type=dict[str, str | bool])
    return DatasetShown(
        dataset_id=job.job_id,
        status=job.status,
        progress=round(job.progress, 3),
        requested_at=iso(job.requested_us),
        started_at=None if job.started_us is None else iso(job.started_us),
        ended_at=None if job.ended_us is None else iso(job.ended_us),
        error=job.error,
        asked=asked,
        rows=result.rows,
        columns=result.columns,
        leaks=[LeakShown(one.column, one.kind, one.reason) for one in result.leaks],
        bytes=None if job.file is None else job.file.bytes,
        sha256=None if job.file is None else job.file.sha256,
        segment_ids=list(job.segments),
    )

"""How is a list asked for? Page by page, with the number of rows already had in the header `cursor` (wire.md 1.3, 1.4).

A server that answers all rows at once is asked once. Ids are asked for by the hundred.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TypeVar

from octy.client.answers import Rows
from octy.client.requests import Requests
from octy.client.steps import Page, Steps

Row = TypeVar("Row")

IDS_PER_REQUEST_MAX = 100
"""As many as every Octy server takes (wire.md 1.6)."""


def listed(
    requests: Requests,
    path: str,
    answer: type[Rows[Row]],
    ids: Sequence[str] = (),
    parameters: Mapping[str, str] | None = None,
) -> Steps[Page[Row]]:
    """The first page of all rows, or of those with these ids."""
    slices = [ids[start : start + IDS_PER_REQUEST_MAX] for start in range(0, len(ids), IDS_PER_REQUEST_MAX)]
    questions = [{"ids": ",".join(some)} for some in slices] or [{}]
    return _page(requests, path, answer, [question | dict(parameters or {}) for question in questions], 0)


def _page(
    requests: Requests, path: str, answer: type[Rows[Row]], questions: Sequence[Mapping[str, str]], had: int
) -> Steps[Page[Row]]:
    page = yield from requests.get(path, answer, questions[0], {"cursor": str(had)})
    reached = had + len(page.rows)
    if page.rows and reached < page.request_meta.total:
        return Page(page.rows, partial(_page, requests, path, answer, questions, reached))
    if len(questions) > 1:
        return Page(page.rows, partial(_page, requests, path, answer, questions[1:], 0))
    return Page(page.rows, None)

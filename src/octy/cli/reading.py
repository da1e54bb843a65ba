"""`octy-cli get …`: what does the account have?

Rows come in pages. The next page is asked for with the number of rows already had, in the header `cursor`; a server
that answers all rows at once (wire.md 1.3) is asked once.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from octy.cli.answers import (
    AccountAnswer,
    EventTypesAnswer,
    EventTypeView,
    ProfilesAnswer,
    ProfileView,
    SegmentsAnswer,
    SegmentView,
)
from octy.cli.batches import slices
from octy.cli.transport import Server

IDS_PER_REQUEST_MAX = 100
"""As many as every Octy server takes (wire.md 1.6)."""

Answer = TypeVar("Answer", EventTypesAnswer, SegmentsAnswer, ProfilesAnswer)
View = TypeVar("View")


def account(server: Server) -> AccountAnswer:
    """What the account has configured, and how its receiver of webhooks fares."""
    return server.get("/v1/configurations/account", AccountAnswer)


def event_types(server: Server, ids: Sequence[str]) -> Iterator[EventTypeView]:
    """The account's own event types: all, or those with these ids."""
    return _rows(server, "/v1/retention/events/types", EventTypesAnswer, lambda page: page.event_types, ids)


def segments(server: Server, ids: Sequence[str]) -> Iterator[SegmentView]:
    """The segments: all, or those with these ids."""
    return _rows(server, "/v1/retention/segments", SegmentsAnswer, lambda page: page.segments, ids)


def profiles(server: Server, ids: Sequence[str], segment_tag: str | None) -> Iterator[ProfileView]:
    """The profiles: all, or those with these profile or customer ids, and of them those that bear the tag."""
    parameters = {"segment_tag": segment_tag} if segment_tag else {}
    return _rows(server, "/v1/retention/profiles", ProfilesAnswer, lambda page: page.profiles, ids, parameters)


def _rows(
    server: Server,
    path: str,
    answer: type[Answer],
    rows_of: Callable[[Answer], list[View]],
    ids: Sequence[str],
    parameters: dict[str, str] | None = None,
) -> Iterator[View]:
    questions = [{"ids": ",".join(some)} for _, some in slices(ids, IDS_PER_REQUEST_MAX)] or [{}]
    for question in questions:
        yield from _pages(server, path, answer, rows_of, question | (parameters or {}))


def _pages(
    server: Server, path: str, answer: type[Answer], rows_of: Callable[[Answer], list[View]], question: dict[str, str]
) -> Iterator[View]:
    had = 0
    while True:
        page = server.get(path, answer, question, {"cursor": str(had)})
        rows = rows_of(page)
        yield from rows
        had += len(rows)
        if not rows or had >= page.request_meta.total:
            return

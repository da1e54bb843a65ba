"""Tracked events and a server that answers oddly: only an answer that speaks of an event settles it."""

from collections.abc import Iterator

import pytest

from octy.client import EventDraft, Octy, OctyError, Refused, Tracking
from octy.client import tracking as tracking_module
from octy.model import limits
from tests.integration.cli.octy_server import PUBLIC_KEY, SECRET_KEY, Answer, OctyServer, refusal

EVENTS = "/v1/retention/events/create/batch"
NEVER = 3600.0
SOON = 20.0
"""More than any of these tests takes."""


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracking_module, "FIRST_PAUSE_SECONDS", 0.001)
    monkeypatch.setattr(tracking_module, "PAUSE_SECONDS_MAX", 0.001)


@pytest.fixture
def told() -> list[tuple[EventDraft, str]]:
    return []


@pytest.fixture
def octy(server: OctyServer, told: list[tuple[EventDraft, str]]) -> Iterator[Octy]:
    tracking = Tracking(
        interval_seconds=NEVER, exit_seconds=SOON, on_refused=lambda event, reason: told.append((event, reason))
    )
    with Octy(server.url, PUBLIC_KEY, SECRET_KEY, tracking=tracking) as octy:
        yield octy


def sent_ids(server: OctyServer) -> list[list[str]]:
    return [[event["message_id"] for event in request.body["events"]] for request in server.sent_to(EVENTS)]


def test_every_answer_but_one_about_the_event_has_it_sent_again(octy: Octy, server: OctyServer) -> None:
    server.answers(
        EVENTS,
        Answer(0, None),
        refusal("Busy.", status=503),
        refusal("Broken.", status=500),
        refusal("Other keys.", status=401),
        refusal("There is no such address.", status=404),
        Answer(200, b"<html>"),
        Answer(200, {"created_events": []}),
        Answer(200, {"created_events": [], "failed_to_create": [{"error_message": "which one?"}]}),
        Answer(200, {"created_events": [], "failed_to_create": [{"error_message": "the sixth", "index": 5}]}),
        Answer(302, b""),
    )
    known = octy.track("p", "view", page=1)
    assert octy.flush(SOON)
    assert sent_ids(server) == [[known]] * 11
    assert len({request.headers["idempotency-key"] for request in server.sent_to(EVENTS)}) == 11


def test_one_event_that_spoils_every_request_is_found_and_the_others_arrive(
    octy: Octy, server: OctyServer, told: list[tuple[EventDraft, str]]
) -> None:
    known = [octy.track("p", "view", page=number) for number in range(8)]

    def spoil(_: object) -> None:
        if server.requests[-1].path == EVENTS and known[5] in sent_ids(server)[-1]:
            server.answers(EVENTS, refusal("The body is too large.", status=413))

    server.before_answer = spoil
    assert octy.flush(SOON)
    assert [(event.message_id, reason) for event, reason in told] == [(known[5], "The body is too large.")]
    arrived = [one for request in sent_ids(server) if known[5] not in request for one in request]
    assert arrived == [one for one in known if one != known[5]]


def test_events_leave_in_batches_by_number_and_bytes(server: OctyServer) -> None:
    tracking = Tracking(events_per_batch=60, interval_seconds=NEVER)
    with Octy(server.url, PUBLIC_KEY, SECRET_KEY, tracking=tracking) as octy:
        large = {f"p{number}": "x" * limits.STRING_CHARACTERS_MAX for number in range(12)}
        for _ in range(60):
            octy.track("p", "view", large)
        octy.flush(SOON)
        for _ in range(60):
            octy.track("p", "view")
        octy.flush(SOON)
    assert [len(request) for request in sent_ids(server)] == [50, 10, 60]


def test_an_event_says_when_it_happened_unless_the_server_is_to(server: OctyServer) -> None:
    options = {"stamped": Tracking(), "unstamped": Tracking(is_stamped=False)}
    for name, tracking in options.items():
        with Octy(server.url, PUBLIC_KEY, SECRET_KEY, tracking=tracking) as octy:
            octy.track(name, "view")
            octy.track(name, "view", {"created_at": "a property"}, created_at="2024-01-01 00:00:00")
    events = [event for request in server.sent_to(EVENTS) for event in request.body["events"]]
    stamped, given, unstamped, _ = events
    assert stamped["created_at"].startswith("20")
    assert given["created_at"] == "2024-01-01 00:00:00"
    assert given["event_properties"] == {"created_at": "a property"}
    assert unstamped["created_at"] is None


@pytest.mark.parametrize("value", [object(), "\ud800"])
def test_what_has_no_json_is_refused_in_the_call(octy: Octy, server: OctyServer, value: object) -> None:
    with pytest.raises(Refused, match="cannot be sent"):
        octy.track("p", "view", value=value)
    assert octy.flush(SOON)
    assert server.requests == []


@pytest.mark.parametrize("options", [{"events_per_batch": 0}, {"events_per_batch": 501}, {"events_max": 10}])
def test_numbers_that_make_no_sense_are_refused(options: dict[str, int]) -> None:
    with pytest.raises(OctyError, match="cannot be tracked"):
        Tracking(**options)  # type: ignore[arg-type]

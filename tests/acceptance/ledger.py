"""Clients that write down each batch before they send it, and what was answered: what must be in the store afterwards?

Each event bears its `message_id`, and the same text as a property, so that the store itself tells which events it has.
"""

import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias

import httpx

from tests.acceptance.account import decoded, error_lines, messages
from tests.acceptance.processes import Server

EVENTS = "/v1/retention/events/create/batch"
EVENTS_PER_BATCH_MAX = 500

Event: TypeAlias = Mapping[str, Any]
Batch: TypeAlias = list[Event]


def numbered(event: Event, number: str) -> Event:
    """The event with an identity."""
    return {**event, "message_id": number, "event_properties": {"number": number}}


class Ledger:
    """What was sent, by whichever client."""

    def __init__(self) -> None:
        self.acknowledged: dict[str, str] = {}
        """The event id that each message id was answered with."""
        self.unanswered: list[Batch] = []
        """Their sender cannot know whether they are stored: all of a batch or nothing."""
        self.events: dict[str, Event] = {}
        """Every event that was ever sent, by message id."""

    def send_until_gone(self, server: Server, make: Callable[[], Batch]) -> threading.Thread:
        """A client of its own that sends batch after batch until the server is gone; started already."""
        thread = threading.Thread(target=self._send_all, args=(server, make), daemon=True)
        thread.start()
        return thread

    def _send_all(self, server: Server, make: Callable[[], Batch]) -> None:
        with server.client() as client:
            try:
                while self.send(client, make()) is None:
                    pass
            except httpx.TransportError:
                return

    def send(self, client: httpx.Client, batch: Batch) -> httpx.Response | None:
        """Sends a batch and notes what is answered; returns the answer where that is 503."""
        self.events |= {event["message_id"]: event for event in batch}
        self.unanswered.append(batch)
        answer = client.post(EVENTS, json={"events": batch})
        if answer.status_code == 503:
            assert "send" in messages(error_lines(answer, 503))
            return answer
        self._acknowledge(batch, decoded(answer))
        return None

    def _acknowledge(self, batch: Batch, answer: Mapping[str, Any]) -> None:
        created = answer["created_events"]
        assert len(created) == len(batch)
        assert answer["failed_to_create"] == []
        pairs = zip(batch, created, strict=True)
        self.acknowledged |= {sent["message_id"]: one["event_id"] for sent, one in pairs}
        self.unanswered.remove(batch)

    def has(self, count: int) -> bool:
        """Whether so many events are acknowledged by now."""
        return len(self.acknowledged) >= count

    def resend_acknowledged(self, server: Server) -> None:
        """E8: all that is stored is answered as a duplicate, with the id of the first time."""
        numbers = sorted(self.acknowledged)
        for some in _slices(numbers, EVENTS_PER_BATCH_MAX):
            for number, answered in _resent(server, [self.events[number] for number in some]):
                assert answered.get("duplicate") is True, f"{number} was acknowledged, and is not in the store"
                assert answered["event_id"] == self.acknowledged[number]

    def resend_unanswered(self, server: Server) -> None:
        """What the sender does with what it knows nothing of: it sends it again. A batch was stored whole or not."""
        for batch in list(self.unanswered):
            answers = _resent(server, batch)
            assert len({answered.get("duplicate", False) for _, answered in answers}) == 1, "half a batch was stored"
            self.acknowledged |= {number: answered["event_id"] for number, answered in answers}
            self.unanswered.remove(batch)


def _resent(server: Server, batch: Batch) -> list[tuple[str, Mapping[str, Any]]]:
    with server.client() as client:
        created = decoded(client.post(EVENTS, json={"events": batch}))["created_events"]
    return [(event["message_id"], answered) for event, answered in zip(batch, created, strict=True)]


def _slices(numbers: list[str], size: int) -> Iterable[list[str]]:
    return (numbers[first : first + size] for first in range(0, len(numbers), size))

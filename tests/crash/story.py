"""A day in a shop that touches everything that the store does: told to a server, again and again until it is done.

Segments, events, a window that elapses, webhooks, the archive, a segment deleted, a profile erased. What the server
acknowledges is noted with how much of the disk's journal there was by then.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import httpx

from tests.acceptance.account import CONTACT, decoded, error_lines, step
from tests.acceptance.processes import Server, wait_for
from tests.crash.conftest import Sink
from tests.logs import opened

START = "2024-01-01T12:00:00Z"
WINDOW_ENDS = "2024-01-01T12:40:00Z"
EVENTS = 30
EVENTS_PER_BATCH = 5
CUSTOMERS = ("ana", "bob", "cyd")
PREFIX = "/v1/retention"


class Acknowledged(NamedTuple):
    """Something that a client may rely upon."""

    position: int
    """Of the disk's journal; what comes later came after the answer."""
    what: str
    which: str


class Story:
    """Tells it once; `start` brings a server when there is none, and `position` says how far the journal is."""

    def __init__(self, start: Callable[[], Server], sink: Sink, position: Callable[[], int]) -> None:
        self.acknowledged: list[Acknowledged] = []
        self.refusals = 0
        self._start = start
        self._sink = sink
        self._position = position
        self.server = start()

    def tell(self) -> None:
        """All of it."""
        self._ask("configurations/account/set", CONTACT | {"webhook_url": self._sink.url, "authenticated_id_key": ""})
        types = [{"event_type": name, "event_properties": ["number"]} for name in ("view", "cart")]
        self._ask("retention/events/types/create", {"event_types": types})
        kept = self._segment("cart left", "live", 2, step("cart", minutes=5), step("charged", "inaction"))
        self._segment("viewed", "live", 1, step("view"))
        dropped = self._segment("paid after a view", "past", 1, step("view"), step("charged"), days=30)
        drafts = [{"customer_id": one, "profile_data": {}, "platform_info": {}} for one in CUSTOMERS]
        created = self._ask("retention/profiles/create", {"profiles": drafts})["profiles"]
        ids = [one["profile_id"] for one in created]
        for first in range(0, EVENTS, EVENTS_PER_BATCH):
            self._events(ids, range(first, first + EVENTS_PER_BATCH))
        self._ask("sandbox/clock", {"now": WINDOW_ENDS})
        wait_for("the webhooks", self._all_arrived)
        wait_for("the archive", lambda: self._rows("SELECT 1 FROM store.archive_runs WHERE log = 'events'"))
        self._ask("retention/segments/delete", {"segments": [dropped]})
        self._note("deleted segment", dropped)
        self._ask("retention/profiles/delete", {"profiles": [ids[-1]]})
        self._note("erased", ids[-1])
        wait_for("the archive to forget", lambda: not self._rows("SELECT 1 FROM store.erasures"))
        assert kept != dropped

    def _segment(self, name: str, kind: str, sub_type: int, *steps: dict[str, Any], days: int = 0) -> str:
        body = {"segment_name": name, "segment_type": kind, "segment_sub_type": sub_type, "segment_timeframe": days}
        created = self._ask("retention/segments/create", body | {"event_sequence": list(steps)})
        self._note("segment", created["segment_id"])
        segment_id: str = created["segment_id"]
        return segment_id

    def _events(self, profile_ids: list[str], numbers: range) -> None:
        names = ("view", "cart", "charged", "view")
        batch = [
            {
                "event_type": names[number % len(names)],
                "profile_id": profile_ids[number % len(profile_ids)],
                "created_at": f"2024-01-01T12:{number:02}:00Z",
                "message_id": f"{profile_ids[number % len(profile_ids)]} {number}",
                "event_properties": {"number": f"{profile_ids[number % len(profile_ids)]} {number}"},
            }
            for number in numbers
        ]
        self._ask("retention/events/create/batch", {"events": batch})
        for event in batch:
            self._note("event", str(event["message_id"]))

    def _ask(self, path: str, body: object) -> dict[str, Any]:
        """The answer that the request gets in the end; the same key each time (E5)."""
        headers = {"Idempotency-Key": f"{path} {body}"[:255]}
        while True:
            try:
                with self.server.client() as client:
                    answer = client.post(f"/v1/{path}", json=body, headers=headers)
            except httpx.TransportError:
                self._bring_back()
                continue
            if answer.status_code != 503:
                return decoded(answer)
            error_lines(answer, 503)
            assert int(answer.headers["retry-after"]) > 0
            self.refusals += 1

    def _bring_back(self) -> None:
        self.server.kill()
        self.server = self._start()

    def _note(self, what: str, which: str) -> None:
        self.acknowledged.append(Acknowledged(self._position(), what, which))

    def _all_arrived(self) -> bool:
        if not self.server.runs:
            self._bring_back()
        made = self._rows("SELECT webhook_id, state FROM store.outbox")
        if not made or any(state != "delivered" for _, state in made):
            return False
        for webhook_id, _ in made:
            self._note("webhook", webhook_id)
        return True

    def _rows(self, question: str) -> list[Any]:
        if not self.server.runs:
            self._bring_back()
        with opened(self.server.data) as connection:
            return connection.execute(question).fetchall()

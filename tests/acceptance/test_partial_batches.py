"""C19: batches in which any share of the events is bad, in any way: what is acknowledged is stored, and nothing else.

Now and then the server is killed while it has a batch; the client then sends it again, as clients do.
"""

import json
import threading
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

import httpx

from tests.acceptance.account import Account, Json, decoded, error_lines
from tests.acceptance.ledger import EVENTS, EVENTS_PER_BATCH_MAX, numbered
from tests.acceptance.processes import Machine, Server
from tests.crash.extent import extent, seed
from tests.logs import opened

BATCHES = extent(10_000, 500)
KILLS = extent(200, 4)
KILLED_WITHIN_SECONDS = 0.02
SHARES = (0.0, 0.05, 0.5, 0.95, 1.0)
"""How many of a batch's events are bad, about."""

Spoil = Callable[[Json], object]
"""Makes a bad event of a good one."""

SPOILT: dict[str, Spoil] = {
    "no event type": lambda event: {name: value for name, value in event.items() if name != "event_type"},
    "no profile": lambda event: {name: value for name, value in event.items() if name != "profile_id"},
    "an unknown event type": lambda event: event | {"event_type": "unheard-of"},
    "an event type that is a number": lambda event: event | {"event_type": 5},
    "an event type that is null": lambda event: event | {"event_type": None},
    "an unknown profile": lambda event: event | {"profile_id": "profile_nobody"},
    "a profile that is a number": lambda event: event | {"profile_id": 7},
    "properties that are a list": lambda event: event | {"event_properties": [1]},
    "properties that are a text": lambda event: event | {"event_properties": "number"},
    "a property without a name": lambda event: event | {"event_properties": {"": 1}},
    "too many properties": lambda event: event | {"event_properties": {f"p{one}": one for one in range(256)}},
    "a text that is too long": lambda event: event | {"event_properties": {"x": "x" * 8_193}},
    "a text with a zero": lambda event: event | {"event_properties": {"x": "a\0b"}},
    "half a character": lambda event: event | {"event_properties": {"x": "\ud800"}},
    "an integer beyond 64 bits": lambda event: event | {"event_properties": {"x": 2**64}},
    "a time that is a number": lambda event: event | {"created_at": 1_700_000_000},
    "a time that is a word": lambda event: event | {"created_at": "yesterday"},
    "a day that does not exist": lambda event: event | {"created_at": "2024-02-31 00:00:00"},
    "a time before 1970": lambda event: event | {"created_at": "1969-12-31 23:59:59"},
    "an empty message id": lambda event: event | {"message_id": ""},
    "a message id that is too long": lambda event: event | {"message_id": "x" * 65},
    "no object but a number": lambda _: 7,
    "nothing": lambda _: None,
}


def test_of_every_batch_exactly_what_is_acknowledged_is_stored(machine: Machine) -> None:
    chance = Random(seed())
    server = machine.serve()
    account = Account(server)
    account.event_type("view", "number")
    sender = Sender(machine, server, account.profiles(*(f"customer {number}" for number in range(20))), chance)
    killed = set(chance.sample(range(BATCHES), KILLS))
    for number in range(BATCHES):
        sender.sends(number, is_killed=number in killed)
    with opened(sender.server.data) as connection:
        stored = [one for (one,) in connection.execute("SELECT properties ->> 'number' FROM events")]
    assert len(stored) == len(set(stored))
    assert set(stored) == sender.acknowledged
    assert sender.kinds == SPOILT.keys()
    assert sender.all_bad
    sender.server.stop()
    print(f"{BATCHES} batches, {sender.sent} events, {len(stored)} stored, {sender.all_bad} batches refused whole")


class Sender:
    """Sends batch after batch and looks at every answer."""

    def __init__(self, machine: Machine, server: Server, profile_ids: Sequence[str], chance: Random) -> None:
        self.server = server
        self.acknowledged: set[str] = set()
        self.kinds: set[str] = set()
        self.sent = self.all_bad = 0
        self._machine = machine
        self._profile_ids = profile_ids
        self._chance = chance
        self._client = server.client()

    def sends(self, number: int, *, is_killed: bool) -> None:
        """One batch, until it has an answer."""
        batch, bad = self._batch(number)
        body = json.dumps({"events": batch}).encode()
        self.sent += len(batch)
        answer = self._answer(body, is_killed=is_killed)
        if len(bad) == len(batch):
            assert error_lines(answer, 400)
            self.all_bad += 1
            return
        told = decoded(answer)
        created, failed = told["created_events"], told["failed_to_create"]
        assert [one["index"] for one in failed] == bad
        assert all(one["error_message"] for one in failed)
        good = [one for place, one in enumerate(batch) if place not in set(bad)]
        assert [one["event_properties"]["number"] for one in created] == [one["message_id"] for one in good]
        assert (told["request_meta"]["count"], told["request_meta"]["total"]) == (len(good), len(batch))
        repeated = {one.get("duplicate", False) for one in created}
        assert repeated == {False} or (is_killed and repeated == {True}), "half a batch was stored"
        self.acknowledged.update(one["message_id"] for one in good)

    def _batch(self, number: int) -> tuple[list[Any], list[int]]:
        """The events, and the places of the bad ones; small batches as often as large ones."""
        size = round(EVENTS_PER_BATCH_MAX ** self._chance.random())
        share = self._chance.choice(SHARES)
        batch: list[Any] = []
        bad = []
        for place in range(size):
            event = {"event_type": "view", "profile_id": self._chance.choice(self._profile_ids)}
            good = dict(numbered(event, f"{number} {place}"))
            if self._chance.random() < share:
                kind = self._chance.choice(list(SPOILT))
                self.kinds.add(kind)
                batch.append(SPOILT[kind](good))
                bad.append(place)
            else:
                batch.append(good)
        return batch, bad

    def _answer(self, body: bytes, *, is_killed: bool) -> httpx.Response:
        if is_killed:
            threading.Timer(self._chance.uniform(0, KILLED_WITHIN_SECONDS), self.server.popen.kill).start()
        try:
            answer = self._client.post(EVENTS, content=body)
        except httpx.TransportError:
            assert is_killed
        else:
            if not is_killed:
                return answer
        self.server.popen.wait()
        self.server = self._machine.serve()
        self._client = self.server.client()
        return self._client.post(EVENTS, content=body)

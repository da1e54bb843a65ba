"""C18: each event is sent several times, by several clients, over restarts and days, and counts once (E5, E8)."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from random import Random
from typing import Any, NamedTuple

import httpx

from tests.acceptance.account import Account, decoded, error_lines, new_keys, step, stored_rows
from tests.acceptance.ledger import EVENTS as BATCH
from tests.acceptance.ledger import EVENTS_PER_BATCH_MAX, Event, numbered
from tests.acceptance.processes import Machine, Server
from tests.crash.extent import extent, seed
from tests.logs import opened

EVENTS = extent(100_000, 5_000)
PAIRS = extent(1_000, 60)
COPIES = (2, 5)
CLIENTS = 8
PROFILES = 50
INSTANTS = ("2024-01-01T00:00:00Z", "2024-01-03T08:00:00Z", "2024-01-05T16:00:00Z", "2024-01-08T00:00:00Z")
"""Between two of them the server is killed. From the first to the last it is seven days."""
SEGMENTS = "/v1/retention/segments"


class Answered(NamedTuple):
    """What one copy of an event was answered."""

    event_id: str
    is_duplicate: bool


def test_an_event_counts_once_however_often_and_whenever_it_is_sent(machine: Machine) -> None:
    chance = Random(seed())
    server = machine.sandbox(INSTANTS[0])
    account = Account(server)
    account.event_type("view", "number")
    account.segment("viewed", "past", 1, step("view"), days=30)
    profiles = account.profiles(*(f"customer {number}" for number in range(PROFILES)))
    events = [_event(number, profiles[number % PROFILES]) for number in range(EVENTS)]
    rounds = _rounds(events, chance)
    answers: dict[str, list[Answered]] = defaultdict(list)
    for instant, copies in zip(INSTANTS, rounds, strict=True):
        server = _at(machine, server, instant)
        with ThreadPoolExecutor(CLIENTS) as clients:
            for pairs in clients.map(partial(_sent, server), _batches(copies, chance)):
                for number, answered in pairs:
                    answers[number].append(answered)
    for number, told in answers.items():
        assert len({one.event_id for one in told}) == 1, f"{number} has several ids"
        assert [one.is_duplicate for one in told].count(False) == 1, f"{number} was stored more than once, or never"
    assert len(answers) == EVENTS
    assert stored_rows(server.data)["events"] == EVENTS
    with opened(server.data) as connection:
        assert len({one for (one,) in connection.execute("SELECT properties ->> 'number' FROM events")}) == EVENTS
    some = chance.sample(events, 20)
    _check_another_body(server, some)
    _check_another_account(machine, server, some, answers)
    server.stop()
    print(f"{EVENTS} events, {sum(map(len, answers.values()))} copies")


def test_of_two_requests_with_one_key_one_is_carried_out(machine: Machine) -> None:
    server = machine.sandbox()
    Account(server).event_type("view", "number")
    with server.client() as client, ThreadPoolExecutor(CLIENTS) as clients:
        both = [number for number in range(PAIRS) for _ in range(2)]
        created = list(clients.map(partial(_created, client), both))
        ids = created[::2]
        assert ids == created[1::2]
        assert len(set(ids)) == PAIRS
        deleted = list(clients.map(partial(_deleted, client), [one for one in ids for _ in range(2)]))
    assert deleted[::2] == deleted[1::2] == [[one] for one in ids]
    with opened(server.data) as connection:
        stored = connection.execute("SELECT segment_id, status FROM store.segments ORDER BY segment_key").fetchall()
        requests = connection.execute("SELECT count(*) FROM store.idempotency_keys").fetchone()
    assert sorted(stored) == sorted((one, "pending deletion") for one in ids)
    assert requests == (2 * PAIRS,)
    server.stop()


def _event(number: int, profile_id: str) -> Event:
    return numbered({"event_type": "view", "profile_id": profile_id, "created_at": INSTANTS[0]}, f"event {number}")


def _rounds(events: Sequence[Event], chance: Random) -> list[list[Event]]:
    """Each event's copies, from a round by chance on, in rounds by chance; each round in an order by chance."""
    rounds: list[list[Event]] = [[] for _ in INSTANTS]
    for event in events:
        first = chance.randrange(len(rounds))
        for _ in range(chance.randint(*COPIES)):
            rounds[chance.randrange(first, len(rounds))].append(event)
    for copies in rounds:
        chance.shuffle(copies)
    return rounds


def _batches(copies: Sequence[Event], chance: Random) -> Iterator[Sequence[Event]]:
    place = 0
    while place < len(copies):
        size = chance.randint(1, EVENTS_PER_BATCH_MAX)
        yield copies[place : place + size]
        place += size


def _at(machine: Machine, server: Server, instant: str) -> Server:
    """The next one, on the same folder, at that time."""
    if instant == INSTANTS[0]:
        return server
    server.kill()
    server = machine.sandbox(instant)
    Account(server).move_clock(instant)
    return server


def _sent(server: Server, batch: Sequence[Event]) -> Iterable[tuple[str, Answered]]:
    with server.client() as client:
        answer = decoded(client.post(BATCH, json={"events": batch}))
    assert answer["failed_to_create"] == []
    return [
        (event["message_id"], Answered(one["event_id"], one.get("duplicate", False)))
        for event, one in zip(batch, answer["created_events"], strict=True)
    ]


def _check_another_body(server: Server, some: Sequence[Event]) -> None:
    """Under a `message_id` that is taken, the first event stands, whatever is said now (E8); a key is refused (E5)."""
    path, key = "/v1/retention/events/create", {"Idempotency-Key": "once"}
    others = [{**event, "event_properties": {"number": "another"}} for event in some]
    with server.client() as client:
        created = decoded(client.post(BATCH, json={"events": others}))["created_events"]
        decoded(client.post(path, json=some[0], headers=key))
        error_lines(client.post(path, json=others[0], headers=key), 422)
    assert all(one["duplicate"] for one in created)
    with opened(server.data) as connection:
        assert not connection.execute("SELECT 1 FROM events WHERE properties ->> 'number' = 'another'").fetchall()


def _check_another_account(
    machine: Machine, server: Server, some: Sequence[Event], answers: dict[str, list[Answered]]
) -> None:
    """The same ids are another account's own."""
    keys = new_keys(machine)
    other = Account(server, keys)
    other.event_type("view", "number")
    (profile_id,) = other.profiles("customer 0")
    batch = [{**event, "profile_id": profile_id} for event in some]
    created = other.post(BATCH, {"events": batch})["created_events"]
    assert not any(one.get("duplicate") for one in created)
    assert not {one["event_id"] for one in created} & {told[0].event_id for told in answers.values()}


def _created(client: httpx.Client, number: int) -> str:
    body = {"segment_name": f"segment {number}", "segment_type": "live", "segment_sub_type": 1, "segment_timeframe": 0}
    asked: dict[str, Any] = body | {"event_sequence": [step("view")]}
    answer = client.post(f"{SEGMENTS}/create", json=asked, headers={"Idempotency-Key": f"create {number}"})
    return str(decoded(answer)["segment_id"])


def _deleted(client: httpx.Client, segment_id: str) -> list[str]:
    body = {"segments": [segment_id]}
    answer = client.post(f"{SEGMENTS}/delete", json=body, headers={"Idempotency-Key": f"delete {segment_id}"})
    return [one["segment_id"] for one in decoded(answer)["deleted_segments"]]

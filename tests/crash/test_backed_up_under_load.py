"""C33: backups are taken while clients send; each is the store at a moment within its making, and none brings a webhook
twice under two ids. And of a continuous backup, any moment is the store as it was then.

That moment is known by the last number that the backup has: what it holds must be exactly what the store holds up to it
in the end. Whether its tags are right, the reference model says.
"""

import json
import re
import shutil
import sqlite3
import statistics
import time
from collections import defaultdict
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import pytest

from octy.model.errors import StoreError
from octy.model.instants import US_PER_SECOND, iso, parse_instant
from octy.service.backups import back_up, restore_backup
from octy.store.backup.taking import Taken
from tests.acceptance.account import Account
from tests.acceptance.processes import Machine, Server, wait_for
from tests.crash.clients import Customers
from tests.crash.conftest import Sink
from tests.crash.diary import told
from tests.crash.extent import extent, seed
from tests.crash.invariants import check_effects, check_events, check_folder_is_clean
from tests.crash.model import check_tags
from tests.crash.shop import open_accounts, settle
from tests.logs import opened

BACKUPS = extent(20, 3)
EVERY_SECONDS = extent(20, 0.5)
PROFILES = extent(4_000, 100)
PROFILES_RELIVED = extent(100, 10)
MOMENTS = extent(20, 3)
MOMENTS_PER_LIFE = extent(5, 2)
"""Then the server is killed, and another starts."""
MOMENTS_EVERY_SECONDS = extent(6, 1)
WEBHOOKS_ARRIVE_SECONDS = 120

EVENTS = """
SELECT seq, profile_key, name, events.created_us, accepted_us, events.properties
FROM events JOIN store.event_types USING (type_id) WHERE seq <= ? ORDER BY seq
"""


class Backup(NamedTuple):
    """One, and what was acknowledged when its making began."""

    folder: Path
    acknowledged: set[str]


def test_every_backup_of_a_busy_server_is_what_it_was_at_some_moment(machine: Machine, sink: Sink) -> None:
    chance = Random(seed())
    (keys,) = open_accounts(machine.folder / "data", 1)
    server = machine.serve("--allow-private-webhooks")
    ids = settle(Account(server, keys), sink.url, PROFILES)
    diary = machine.folder / "customers"
    client = Customers(server.client(keys), diary, Random(chance.random()), ids)
    backups, takings = [], []
    for number in range(BACKUPS):
        time.sleep(EVERY_SECONDS)
        backup = Backup(machine.folder / f"backup {number}", set(_in_diary(diary)[1]))
        began = time.monotonic()
        _taken(server, backup.folder)
        takings.append((began, time.monotonic()))
        backups.append(backup)
    client.stop()
    wait_for("all webhooks", lambda: not _webhooks(server.data, "state = 'pending'"), WEBHOOKS_ARRIVE_SECONDS)
    server.stop()
    confirmed = _webhooks(server.data, "state = 'delivered'")
    assert confirmed
    for backup in backups:
        _check_damaged(backup.folder, machine.folder / "damaged", chance)
        data = f"restored from {backup.folder.name}"
        restore_backup(backup.folder, machine.folder / data, [], lambda _: None)
        check_folder_is_clean(machine, data)
        assert _check_moment(backup, server.data, machine.folder / data, _in_diary(diary)[0], chance)
        shutil.rmtree(backup.folder)
    of_backup = _told(machine.folder / data)
    assert of_backup
    again = machine.serve("--allow-private-webhooks", data=data)
    wait_for("all webhooks", lambda: not _webhooks(again.data, "state = 'pending'"), WEBHOOKS_ARRIVE_SECONDS)
    again.stop()
    _check_ids(sink, of_backup)
    print(f"{BACKUPS} backups, the last of {len(backups[-1].acknowledged)} events; {len(confirmed)} webhooks")
    _print_percentiles(client.answered, takings)


def test_any_moment_of_a_busy_server_that_is_killed_now_and_then(machine: Machine, sink: Sink) -> None:
    chance = Random(seed())
    (keys,) = open_accounts(machine.folder / "data", 1)
    options = ("--allow-private-webhooks", "--continuous-backup", str(machine.folder / "continuous"))
    server = machine.serve(*options)
    ids = settle(Account(server, keys), sink.url, PROFILES)
    diaries: list[Path] = []
    known: list[tuple[str, set[str]]] = []
    moments: list[str] = []
    while len(moments) < MOMENTS:
        diaries.append(machine.folder / f"customers {len(diaries)}")
        client = Customers(server.client(keys), diaries[-1], Random(chance.random()), ids)
        for _ in range(min(MOMENTS_PER_LIFE, MOMENTS - len(moments))):
            acknowledged = _of_all(diaries)[1]
            known.append((_now(), acknowledged))
            time.sleep(MOMENTS_EVERY_SECONDS * chance.uniform(0.5, 1.5))
            moments.append(_now())
        client.stop()
        server.kill()
        server = machine.serve(*options)
    wait_for("all webhooks", lambda: not _webhooks(server.data, "state = 'pending'"), WEBHOOKS_ARRIVE_SECONDS)
    server.stop()
    behind, tags = [], 0
    for number, moment in enumerate(moments):
        data = f"moment {number}"
        restore = ("octy", "restore", "continuous", "--data", data, "--at", moment)
        ended = machine.run(*restore)
        assert ended.code == 0, ended
        (as_of,) = re.findall(r", as of (\S+)\.$", ended.stdout, re.MULTILINE)
        assert as_of <= moment
        behind.append(parse_instant(moment) - parse_instant(as_of))
        check_folder_is_clean(machine, data)
        at_least = max((known_by for known_by in known if known_by[0] <= as_of), default=("", set()))[1]
        backup = Backup(machine.folder / data, at_least)
        tags += _check_moment(backup, server.data, machine.folder / data, _of_all(diaries)[0], chance)
        with opened(machine.folder / data) as then:
            (last_us,) = then.execute("SELECT max(accepted_us) FROM events").fetchone()
        assert last_us is None or last_us <= parse_instant(as_of)
        shutil.rmtree(machine.folder / data)
    assert tags, "at the first moments there may be none"
    print(f"{MOMENTS} moments through {len(diaries)} kills, of up to {len(at_least):,} events that were acknowledged;")
    print(f"the last change that is in them came {max(behind) / US_PER_SECOND:.2f} s before them at most")


def _now() -> str:
    return iso(time.time_ns() // 1_000)


def _of_all(diaries: list[Path]) -> tuple[set[str], set[str]]:
    """The message ids that were sent, and those that were acknowledged."""
    both = [_in_diary(diary) for diary in diaries if diary.exists()]
    return set().union(*(sent for sent, _ in both)), set().union(*(answered for _, answered in both))


def _taken(server: Server, target: Path) -> Taken:
    return back_up(server.data, target, time.time_ns() // 1_000, lambda _: None, verify=False)


def _print_percentiles(answered: list[tuple[float, float]], takings: list[tuple[float, float]]) -> None:
    """Of how long batches took that had an answer while a backup was taken, and of the others."""
    took: dict[bool, list[float]] = {True: [], False: []}
    for began, ended in answered:
        is_beside = any(first < ended and began < last for first, last in takings)
        took[is_beside].append(1000 * (ended - began))
    for is_beside, milliseconds in took.items():
        if len(milliseconds) > 1:
            hundredths = statistics.quantiles(milliseconds, n=100, method="inclusive")
            how = "while a backup was taken" if is_beside else "otherwise"
            print(f"{how}: {len(milliseconds)} batches, p50 {hundredths[49]:.0f} ms, p99 {hundredths[98]:.0f} ms")


def _in_diary(diary: Path) -> tuple[set[str], set[str]]:
    """The message ids that were sent, and those that were acknowledged."""
    found = told(diary)
    every = {one for ids in found.sent.values() for one in ids}
    return every, {one for key, ids in found.sent.items() if key in found.answered for one in ids}


def _webhooks(data: Path, which: str) -> list[Any]:
    with opened(data) as connection:
        return connection.execute(f"SELECT webhook_id FROM store.outbox WHERE {which}").fetchall()


def _check_moment(backup: Backup, served: Path, restored: Path, sent: set[str], chance: Random) -> int:
    """All that was acknowledged before, each batch whole, and nothing but what the store had at that moment.

    How many tags some profiles have, each of which was recomputed.
    """
    with opened(restored) as then, opened(served) as now:
        check_events(then, backup.acknowledged, sent)
        check_effects(then)
        (last,) = then.execute("SELECT max(seq) FROM events").fetchone()
        assert then.execute(EVENTS, (last,)).fetchall() == now.execute(EVENTS, (last,)).fetchall()
        assert _history(then, last) == _history(now, last)
        everybody = then.execute("SELECT account_id, profile_key FROM store.profiles").fetchall()
        return sum(check_tags(then, *one) for one in chance.sample(everybody, PROFILES_RELIVED))


def _history(connection: sqlite3.Connection, last: int) -> list[Any]:
    """What events up to that one have changed."""
    question = "SELECT * FROM tag_history WHERE event_seq BETWEEN 1 AND ? ORDER BY change_id"
    return connection.execute(question, (last,)).fetchall()


def _check_damaged(backup: Path, folder: Path, chance: Random) -> None:
    """With one bit flipped, or cut short, it is refused, and nothing is left in the folder."""
    path = chance.choice(sorted(one for one in backup.rglob("*") if one.is_file() and one.stat().st_size))
    good, place = path.read_bytes(), chance.randrange(path.stat().st_size)
    flipped = good[:place] + bytes([good[place] ^ 1 << chance.randrange(8)]) + good[place + 1 :]
    for bad in (flipped, good[:place]):
        path.write_bytes(bad)
        with pytest.raises(StoreError, match=r"damaged|no whole backup"):
            restore_backup(backup, folder, [], lambda _: None)
        assert not folder.exists() or not list(folder.iterdir())
    path.write_bytes(good)


def _told(data: Path) -> set[tuple[str, str, int]]:
    """What the webhooks of a store are about."""
    with opened(data) as connection:
        return {_subject(body) for (body,) in connection.execute("SELECT body FROM store.outbox")}


def _subject(body: str | bytes) -> tuple[str, str, int]:
    """Whose match, in which segment, and the how-manieth it is."""
    said = json.loads(body)
    return said["body"]["profile_id"], said["meta"]["segment_id"], said["meta"]["sequence"]


def _check_ids(sink: Sink, of_backup: set[tuple[str, str, int]]) -> None:
    """One id for each match that the backup knows to be told, whichever server has sent it."""
    ids = defaultdict(set)
    for one in sink.received:
        ids[_subject(one.body)].add(one.webhook_id)
    assert of_backup <= ids.keys()
    assert all(len(ids[one]) == 1 for one in of_backup)

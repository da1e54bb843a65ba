"""Whichever step is the last of a server that removes old events: each is there once or gone, and no tag moves."""

import shutil
from pathlib import Path
from random import Random
from typing import Any

from octy.model.clock import ManualClock
from octy.service.checking.check import check_folder
from octy.service.octy import Octy
from octy.store.folder import open_store
from tests.acceptance.account import CONTACT, step
from tests.acceptance.processes import Machine, Server, wait_for
from tests.crash.disk import failing_disk
from tests.crash.extent import extent, seed
from tests.crash.journal import Disk
from tests.crash.story import START
from tests.logs import opened

EVERY = extent(1, 200)
"""Every how many steps a disk is looked at."""
EVENTS = 30
EVENTS_PER_BATCH = 5
LATER = "2024-01-06T12:00:00Z"


def test_old_events_are_there_once_or_gone_after_any_step(machine: Machine) -> None:
    disk, chance = failing_disk(machine.folder), Random(seed())
    server = machine.serve("--sandbox", "--clock", START, data="disk/data", via=disk.via())
    _lives(server)
    begun = disk.position()
    _asks(server, "sandbox/clock", {"now": LATER})
    applied = disk.position()
    folder = machine.folder / "disk" / "data"
    wait_for("the events to go", lambda: not _rows(folder, "SELECT 1 FROM events"))
    server.stop()
    tags, history = _rows(folder, TAGS), _rows(folder, HISTORY)
    assert tags
    found, first, looked_at, counts = Disk(), chance.randrange(EVERY), 0, set[int]()
    for number, one in enumerate(disk.steps()):
        found.take(one)
        if one.ends_at <= begun or number % EVERY != first:
            continue
        for write in (found.seen, found.cut, lambda where: found.cut(where, chance)):
            write(machine.folder / "after")
            after = machine.folder / "after" / "data"
            octy = Octy(open_store(after), ManualClock(0))
            octy.start()
            octy.stop()
            findings = check_folder(after, lambda _: None)
            assert findings.is_clean, findings.differences
            counts.add(len(_rows(after, "SELECT 1 FROM events")))
            if one.ends_at > applied:
                assert (_rows(after, TAGS), _rows(after, HISTORY)) == (tags, history)
            shutil.rmtree(machine.folder / "after")
            looked_at += 1
    print(f"{looked_at} disks, with {sorted(counts)} events")
    assert looked_at


TAGS = "SELECT segment_key, profile_key, created_us FROM store.tags ORDER BY 1, 2"
HISTORY = "SELECT * FROM tag_history ORDER BY change_id"


def _lives(server: Server) -> None:
    """An account that keeps a day, with tags that outlive their events and others that do not."""
    _asks(server, "configurations/account/set", CONTACT | {"retention_days": 1})
    _asks(server, "retention/events/types/create", {"event_types": [{"event_type": "view", "event_properties": []}]})
    for name, kind, sub_type, days, steps in (
        ("idle", "live", 2, 0, [step("view", minutes=5), step("charged", "inaction")]),
        ("viewed", "past", 1, 1, [step("view")]),
    ):
        body = {"segment_name": name, "segment_type": kind, "segment_sub_type": sub_type, "segment_timeframe": days}
        _asks(server, "retention/segments/create", body | {"event_sequence": steps})
    drafts: list[dict[str, Any]] = [
        {"customer_id": one, "profile_data": {}, "platform_info": {}} for one in ("ana", "bob", "cyd")
    ]
    created = _asks(server, "retention/profiles/create", {"profiles": drafts})["profiles"]
    for first in range(0, EVENTS, EVENTS_PER_BATCH):
        events = [
            {
                "event_type": "view",
                "profile_id": created[number % 3]["profile_id"],
                "created_at": f"2024-01-01T12:{number:02}:00Z",
            }
            for number in range(first, first + EVENTS_PER_BATCH)
        ]
        _asks(server, "retention/events/create/batch", {"events": events})


def _asks(server: Server, path: str, body: object) -> Any:
    with server.client() as client:
        return client.post(f"/v1/{path}", json=body).raise_for_status().json()


def _rows(folder: Path, question: str) -> list[tuple[Any, ...]]:
    with opened(folder) as connection:
        return connection.execute(question).fetchall()

"""Whichever step is the last of a server that purges and restores: each is done once and whole, or not at all (X2)."""

import shutil
from pathlib import Path
from random import Random

from octy.model.clock import ManualClock
from octy.model.tags import Cause
from octy.service.checking.check import check_folder
from octy.service.octy import Octy
from octy.store.folder import open_store
from tests.acceptance.processes import Machine
from tests.crash.disk import failing_disk
from tests.crash.extent import extent, seed
from tests.crash.journal import Disk
from tests.crash.story import START
from tests.crash.viewing import asks, lives, rows

EVERY = extent(1, 24)
"""Every how many steps a disk is looked at."""
IDLE, VIEWED = 1, 2
"""The segments' keys."""
PURGED = "2024-01-04T12:40:00Z"


def test_a_purge_and_a_restoring_are_whole_or_not_there_after_any_step(machine: Machine) -> None:
    disk, chance = failing_disk(machine.folder), Random(seed())
    server = machine.serve("--sandbox", "--clock", START, data="disk/data", via=disk.via())
    segments = lives(server, retention_days=0)
    asks(server, "sandbox/clock", {"now": "2024-01-01T12:35:00Z"})
    begun = disk.position()
    asks(server, "retention/segments/delete", {"segments": segments})
    deleted = disk.position()
    asks(server, "retention/segments/restore", {"segments": segments[:1]})
    restored = disk.position()
    asks(server, "sandbox/clock", {"now": PURGED})
    purged = disk.position()
    server.stop()
    found, first, looked_at, seen = Disk(), chance.randrange(EVERY), 0, set[str]()
    for number, one in enumerate(disk.steps()):
        found.take(one)
        if one.ends_at <= begun or number % EVERY != first:
            continue
        for write in (found.seen, found.cut, lambda where: found.cut(where, chance)):
            write(machine.folder / "after")
            state = _state(machine.folder / "after" / "data")
            shutil.rmtree(machine.folder / "after")
            assert state == "purged" or one.ends_at <= purged
            assert state in ("restored", "purged") or one.ends_at <= restored
            assert state != "before" or one.ends_at <= deleted
            seen.add(state)
            looked_at += 1
    print(f"{looked_at} disks: {sorted(seen)}")
    assert looked_at


def _state(folder: Path) -> str:
    """How far a server that starts on the folder is; it raises where something is half done."""
    octy = Octy(open_store(folder), ManualClock(0))
    octy.start()
    octy.stop()
    findings = check_folder(folder, lambda _: None)
    assert findings.is_clean, findings.differences
    statuses = dict(rows(folder, "SELECT segment_key, status FROM store.segments"))
    tags = rows(folder, f"SELECT 1 FROM store.tags WHERE segment_key = {VIEWED}")
    removals = rows(folder, f"SELECT 1 FROM tag_history WHERE segment_key = {VIEWED} AND cause = {Cause.DELETION:d}")
    receipts = rows(folder, "SELECT tags_removed FROM store.purge_receipts")
    if VIEWED not in statuses:
        assert (len(tags), len(removals), receipts) == (0, 3, [(3,)])
        assert statuses == {IDLE: "active"}
        return "purged"
    assert (len(tags), len(removals), receipts) == (3, 0, [])
    if statuses[VIEWED] == "active":
        assert statuses[IDLE] == "active"
        return "before"
    return "restored" if statuses[IDLE] == "active" else "deleted"

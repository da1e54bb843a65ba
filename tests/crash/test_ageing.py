"""Whichever step is the last of a server that removes old events: each is there once or gone, and no tag moves."""

import shutil
from random import Random

from octy.model.clock import ManualClock
from octy.service.checking.check import check_folder
from octy.service.octy import Octy
from octy.store.folder import open_store
from tests.acceptance.processes import Machine, wait_for
from tests.crash.disk import failing_disk
from tests.crash.extent import extent, seed
from tests.crash.journal import Disk
from tests.crash.story import START
from tests.crash.viewing import asks, lives, rows

EVERY = extent(1, 200)
"""Every how many steps a disk is looked at."""
LATER = "2024-01-06T12:00:00Z"


def test_old_events_are_there_once_or_gone_after_any_step(machine: Machine) -> None:
    disk, chance = failing_disk(machine.folder), Random(seed())
    server = machine.serve("--sandbox", "--clock", START, data="disk/data", via=disk.via())
    lives(server, retention_days=1)
    begun = disk.position()
    asks(server, "sandbox/clock", {"now": LATER})
    applied = disk.position()
    folder = machine.folder / "disk" / "data"
    wait_for("the events to go", lambda: not rows(folder, "SELECT 1 FROM events"))
    server.stop()
    tags, history = rows(folder, TAGS), rows(folder, HISTORY)
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
            counts.add(len(rows(after, "SELECT 1 FROM events")))
            if one.ends_at > applied:
                assert (rows(after, TAGS), rows(after, HISTORY)) == (tags, history)
            shutil.rmtree(machine.folder / "after")
            looked_at += 1
    print(f"{looked_at} disks, with {sorted(counts)} events")
    assert looked_at


TAGS = "SELECT segment_key, profile_key, created_us FROM store.tags ORDER BY 1, 2"
HISTORY = "SELECT * FROM tag_history ORDER BY change_id"

"""C02, C03: whichever step on the disk is a server's last, with or without power, nothing that was told is lost.

One server does a day's work, and each of its steps is noted. After each of them stands a disk as the server's death
would leave it, one as a power cut must leave it, and one as a power cut may; on each of them Octy starts again.
"""

import shutil
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import NamedTuple

import pytest

from tests.acceptance.processes import Machine
from tests.crash.aftermath import check_aftermath
from tests.crash.conftest import Sink
from tests.crash.disk import FailingDisk, failing_disk
from tests.crash.extent import extent, seed
from tests.crash.journal import Disk, Step
from tests.crash.story import START, Acknowledged, Story

EVERY = extent(1, 40)
"""Every how many steps a disk is looked at."""


class Day(NamedTuple):
    """What a server has done, and what it has told."""

    steps: list[Step]
    acknowledged: list[Acknowledged]

    @property
    def sent(self) -> set[str]:
        """The events' message ids."""
        return {one.which for one in self.acknowledged if one.what == "event"}

    def known_at(self, step: Step) -> list[Acknowledged]:
        """What was told before anything came after that step."""
        return [one for one in self.acknowledged if one.position <= step.ends_at]


@pytest.fixture
def disk(machine: Machine) -> FailingDisk:
    return failing_disk(machine.folder)


def lived(machine: Machine, sink: Sink, disk: FailingDisk, synchronous: str = "FULL") -> Day:
    """A whole day of a server that nothing happens to."""
    via = disk.via(synchronous=synchronous)
    story = Story(lambda: machine.serve("--sandbox", "--clock", START, data="disk/data", via=via), sink, disk.position)
    story.tell()
    story.server.stop()
    return Day(disk.steps(), story.acknowledged)


def test_a_server_that_dies_or_loses_power_after_any_step_has_lost_nothing(
    machine: Machine, sink: Sink, disk: FailingDisk
) -> None:
    chance = Random(seed())
    day = lived(machine, sink, disk)
    found, looked_at, first = Disk(), 0, chance.randrange(EVERY)
    for number, step in enumerate(day.steps):
        found.take(step)
        if number % EVERY == first:
            looked_at += _check(machine.folder, found, day, number, chance)
    print(f"{len(day.steps)} steps, {looked_at} disks")
    assert looked_at


def test_a_store_that_syncs_less_is_found_out(machine: Machine, sink: Sink, disk: FailingDisk) -> None:
    day = lived(machine, sink, disk, synchronous="NORMAL")
    found, last = Disk(), max(one.position for one in day.acknowledged if one.what == "event")
    for step in day.steps:
        if step.ends_at > last:
            break
        found.take(step)
        known = day.known_at(step)
    with pytest.raises(AssertionError, match="lost"):
        _look(machine.folder / "cut", found.cut, known, day.sent)


def _check(folder: Path, disk: Disk, day: Day, number: int, chance: Random) -> int:
    """How many disks were looked at."""
    known = day.known_at(day.steps[number])
    ways = {"dead": disk.seen, "cut": disk.cut, "cut by chance": lambda where: disk.cut(where, chance)}
    for name, write in ways.items():
        try:
            _look(folder / "after", write, known, day.sent)
        except Exception as error:
            raise AssertionError(f"{name} after step {number}, {day.steps[number][1:5]}") from error
    return len(ways)


def _look(folder: Path, write: Callable[[Path], None], known: list[Acknowledged], sent: set[str]) -> None:
    write(folder)
    if known or (folder / "data").exists():
        check_aftermath(folder / "data", known, sent)
    shutil.rmtree(folder)

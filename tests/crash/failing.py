"""C03, C10: the same day again and again, and each time another step on the disk fails.

`failing.py FOLDER LIBRARY URL FILE WAY FIRST LAST EVERY` lives through a day for each so-manieth step from the first
on, until the last, or until a day ends before its step is reached; it prints a line for each. The library (`disk.c`)
must have been preloaded; URL and FILE are a webhook sink's. WAY is how the step fails: `eio`, `enospc`, or `short` for
a write that does half of its work; or `again`, where the server is killed at that step and the disk fails, by chance,
at a step of the next start.

What a server acknowledges after a failed step must be on the disk, not only in the system's memory: so what is looked
at in the end is the folder as it is, and as a power cut at the next answer, and one at the end, would leave it.
"""

import os
import shutil
import signal
import sys
import traceback
from collections.abc import Callable
from functools import partial
from pathlib import Path
from random import Random
from typing import NamedTuple

import httpx

from tests.acceptance.processes import Machine, Server
from tests.crash.aftermath import check_aftermath
from tests.crash.conftest import Sink
from tests.crash.disk import FailingDisk
from tests.crash.extent import seed
from tests.crash.forked import Forked, prepare
from tests.crash.journal import FAULTS, Disk
from tests.crash.story import START, Story

STEPS_OF_A_START = 60
"""About; the second of two faults hits one of them."""
AGAIN = "again"


class Fault(NamedTuple):
    """The step on the disk, counted from a server's start, that fails, and how."""

    at: int
    how: str


NOTHING = Fault(0, "")


def faults(way: str, at: int, chance: Random) -> list[Fault]:
    """One for each start that has one."""
    if way != AGAIN:
        return [Fault(at, way)]
    return [Fault(at, "kill"), Fault(chance.randint(1, STEPS_OF_A_START), chance.choice(["eio", "enospc", "kill"]))]


class Day:
    """One day of a shop on a disk of which some steps fail: each of them at its number, in its way, in its start."""

    def __init__(self, machine: Machine, sink: Sink, disk: FailingDisk, faults: list[Fault]) -> None:
        self.faults = faults
        self._machine = machine
        self._disk = disk
        self.story = Story(self._serve, sink, disk.position)

    def live(self) -> None:
        """All of it, and what is found afterwards."""
        self.story.tell()
        self._end()
        told = self.story.acknowledged
        _in_a_child(partial(check_aftermath, self._disk.folder / "data", told, self._sent))
        after = next((one.position for one in told if one.position > self.failed_at), told[-1].position)
        for position in {after, told[-1].position}:
            _in_a_child(partial(self._check_cut, position))

    def _end(self) -> None:
        """Ends the server; where that is the step at which it is killed, another is started and ended."""
        try:
            self.story.server.stop(had_trouble=True)
        except AssertionError as error:
            if f"code={-signal.SIGKILL}," not in str(error):
                raise
            self._serve().stop(had_trouble=True)

    @property
    def failed_at(self) -> int:
        """Where in the journal the last step failed; 0 where none was reached."""
        return max((step.ends_at for step in self._disk.steps() if step.what in FAULTS), default=0)

    def _check_cut(self, position: int) -> None:
        found, cut = Disk(), self._machine.folder / f"cut at {position}"
        for step in self._disk.steps():
            if step.ends_at <= position:
                found.take(step)
        found.cut(cut)
        check_aftermath(cut / "data", [one for one in self.story.acknowledged if one.position <= position], self._sent)

    @property
    def _sent(self) -> set[str]:
        return {one.which for one in self.story.acknowledged if one.what == "event"}

    def _serve(self) -> Server:
        while True:
            fault = self.faults.pop(0) if self.faults else NOTHING
            via = self._disk.via(at=fault.at, how=fault.how)
            try:
                return self._machine.serve("--sandbox", "--clock", START, data="disk/data", via=via)
            except (AssertionError, httpx.TransportError) as error:
                if not fault.at:
                    raise
                _check_refusal(fault, error)


def _check_refusal(fault: Fault, error: Exception) -> None:
    """A server that the disk keeps from starting says why in one sentence; one that is killed says nothing."""
    said = str(error)
    assert fault.how == "kill" or ("octy: " in said and "Traceback" not in said), said


def _in_a_child(look: Callable[[], None]) -> None:
    """So that no thread that looking needs is in this process when it forks again."""
    pid = os.fork()
    if not pid:
        try:
            look()
        except BaseException:  # noqa: BLE001
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(pid, 0)
    assert not status, "the folder is not as it must be"


def main(folder: Path, library: Path, sink: Sink, way: str, steps: range) -> None:
    """A line for each day; raises at the first that went wrong, whose folder is left to be looked at."""
    prepare()
    chance = Random(seed())
    for at in steps:
        place = folder / f"{way} at {at}"
        (place / "disk").mkdir(parents=True)
        disk = FailingDisk(place / "disk", library, place / "journal")
        machine = Machine(place, spawn=Forked)
        try:
            Day(machine, sink, disk, faults(way, at, chance)).live()
        finally:
            machine.close()
        failed = [step for step in disk.steps() if step.what in FAULTS]
        if not failed:
            return
        print(at, *(f"{step.other} {step.path}" for step in failed), sep="\t", flush=True)
        shutil.rmtree(place)


if __name__ == "__main__":
    folder, library, url, received, way, *numbers = sys.argv[1:]
    first, last, every = map(int, numbers)
    main(Path(folder), Path(library), Sink(url, Path(received)), way, range(first, last + 1, every))

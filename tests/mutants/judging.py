"""Does any test notice a mutant? Each is tried in a process of its own, by the tests that went over its lines.

All tests are collected and run once, and their lines noted. Then, for each mutant, this process forks; the copy changes
the function's code, runs the tests again, the quickest first, and ends with the first that fails.
"""

import functools
import gc
import importlib
import inspect
import os
import resource
import signal
from collections.abc import Callable, Sequence
from enum import Enum
from itertools import accumulate
from pathlib import Path
from time import thread_time
from types import FunctionType
from typing import Any

import pytest
from _pytest.runner import runtestprotocol
from coverage import Coverage
from hypothesis import Phase, settings

from tests.mutants.making import Mutant
from tests.property import histories

HISTORIES = 15
"""How many random histories a property test lives through."""
TESTS_SECONDS_MAX = 6
"""After so long no other test is begun; what was not noticed until then is said to have survived."""
CPU_FACTOR, CPU_SECONDS_MORE = 10, 5
"""What takes so many times as long as its tests did, and so many seconds more, runs for ever."""
WALL_FACTOR = 40
"""The same by the clock on the wall, for what waits for ever, on a machine that others use too."""
MEMORY_BYTES_MORE = 2 << 30
"""What a mutant may take beyond what this process has."""


class Fate(Enum):
    """What became of a mutant."""

    KILLED = "killed"
    ENDLESS = "killed, for it ran for ever"
    SURVIVED = "survived"
    UNTESTED = "survived, for no test goes there"

    @property
    def is_killed(self) -> bool:
        """Whether it was noticed."""
        return self in {Fate.KILLED, Fate.ENDLESS}


class Judge:
    """A plugin of pytest that tries mutants with its tests."""

    def __init__(self, paths: Sequence[Path], try_them: Callable[["Judge"], None]) -> None:
        self._coverage = Coverage(data_file=None, config_file=False, include=[str(path.resolve()) for path in paths])
        self._try_them = try_them
        self._items: dict[str, pytest.Item] = {}
        self._seconds: dict[str, float] = {}

    def pytest_configure(self) -> None:
        """Random tests try the same each time, and look for no smaller example."""
        settings.register_profile("mutants", derandomize=True, database=None, phases=(Phase.explicit, Phase.generate))
        settings.load_profile("mutants")

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Stands in the place of pytest's own."""
        _shorten_histories()
        self._items = {item.nodeid: item for item in session.items}
        self._note_lines()
        _forget_results()
        self._try_them(self)
        return True

    def fate_of(self, mutant: Mutant) -> Fate:
        """Runs its tests again, in a process of their own."""
        tests = self._tests_of(mutant)
        if not tests:
            return Fate.UNTESTED
        if (child := os.fork()) == 0:
            _limit(sum(self._seconds[test] for test in tests))
            put_in(mutant)
            os._exit(0 if all(_passes(self._items[test]) for test in tests) else 1)
        status = os.waitpid(child, 0)[1]
        if os.WIFSIGNALED(status) and os.WTERMSIG(status) in {signal.SIGXCPU, signal.SIGALRM}:
            return Fate.ENDLESS
        return Fate.SURVIVED if status == 0 else Fate.KILLED

    def _note_lines(self) -> None:
        self._coverage.start()
        for name, item in self._items.items():
            self._coverage.switch_context(name)
            before = thread_time()
            if not _passes(item):
                pytest.exit(f"{name} fails without any mutant, so that it says nothing about any")
            self._seconds[name] = thread_time() - before
        self._coverage.stop()

    def _tests_of(self, mutant: Mutant) -> list[str]:
        """The quickest first, and no more than there is time for."""
        contexts = self._coverage.get_data().contexts_by_lineno(str(mutant.path.resolve()))
        near = {name for line in mutant.lines for name in contexts.get(line, ())}
        quickest = sorted(near & self._items.keys(), key=self._seconds.__getitem__)
        before = accumulate((self._seconds[name] for name in quickest), initial=0.0)
        return [name for name, seconds in zip(quickest, before, strict=False) if seconds < TESTS_SECONDS_MAX]


def put_in(mutant: Mutant) -> None:
    """Gives a function the mutant's code; nothing gives it its own again."""
    place: Any = importlib.import_module(".".join(mutant.path.with_suffix("").parts[1:]))
    for name in mutant.function.split("."):
        place = inspect.getattr_static(place, name)
    _function_in(place).__code__ = mutant.code


def _function_in(found: Any) -> FunctionType:
    """What is wrapped in a property, a method of a class, a cache."""
    while not isinstance(found, FunctionType) or hasattr(found, "__wrapped__"):
        found = next(
            getattr(found, name) for name in ("fget", "func", "__wrapped__", "__func__") if hasattr(found, name)
        )
    return found


def _passes(item: pytest.Item) -> bool:
    return not any(report.failed for report in runtestprotocol(item, log=False, nextitem=None))


def _shorten_histories() -> None:
    histories.SETTINGS = settings(histories.SETTINGS, max_examples=HISTORIES, phases=(Phase.generate,))


def _forget_results() -> None:
    """Of functions that remember them."""
    for found in gc.get_objects():
        if isinstance(found, functools._lru_cache_wrapper):
            found.cache_clear()


def _limit(seconds: float) -> None:
    """So much time, and memory, for this process; and nothing that it prints."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.dup2(null, 2)
    spent = sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
    allowed = int(spent + CPU_FACTOR * seconds + CPU_SECONDS_MORE)
    resource.setrlimit(resource.RLIMIT_CPU, (allowed, allowed + 1))
    signal.alarm(int(WALL_FACTOR * (seconds + CPU_SECONDS_MORE)))
    size_bytes = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (size_bytes + MEMORY_BYTES_MORE,) * 2)

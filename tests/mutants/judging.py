"""Does any test notice a mutant? Each is tried in a process of its own, by the tests that went over its lines.

All tests are collected and run once, and their lines noted. Then, for each mutant, this process forks; the copy changes
the function's code, runs the tests again, and ends with the first that fails. First come the tests of which most is to
be expected in a second: those that noticed other mutants of the function, and those that are quick.
"""

import functools
import gc
import importlib
import inspect
import math
import os
import resource
import signal
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import Enum
from itertools import accumulate, takewhile
from pathlib import Path
from time import process_time
from types import CodeType, FunctionType
from typing import Any, NamedTuple, NoReturn

import pytest
from _pytest.runner import runtestprotocol
from coverage import Coverage
from hypothesis import Phase, settings
from msgspec import Struct, json

from tests.mutants.making import Mutant
from tests.property import histories

HISTORIES = 15
"""How many random histories a property test lives through."""
CPU_FACTOR, CPU_SECONDS_MORE = 10, 2
"""A test that takes so many times as long as it did, and so many seconds more, runs for ever."""
WAITING_FACTOR, WAITING_SECONDS_MORE = 10, 30
"""The same for what waits for ever, in seconds in which this process was not stopped."""
MEMORY_BYTES_MORE = 2 << 30
"""What a mutant may take beyond what this process has."""
FIRST_GUESS = 0.02
"""How often a test notices the first mutant of a function that it is tried with."""


class Fate(Enum):
    """What became of a mutant."""

    KILLED = "killed"
    ENDLESS = "killed, for it ran for ever"
    SURVIVED = "survived"
    UNTESTED = "survived, for no test goes there"
    NO_CHANGE = "no change"

    @property
    def is_killed(self) -> bool:
        """Whether it was noticed."""
        return self in {Fate.KILLED, Fate.ENDLESS}


class Verdict(Struct, frozen=True):
    """What became of a mutant, and the test that noticed it, where one did."""

    fate: Fate
    test: str = ""


class _Running(NamedTuple):
    mutant: Mutant
    tests: Sequence[str]
    told: int
    """What its process says can be read here."""


class _Experience(Struct):
    """What a test has done to the mutants of a function."""

    noticed: int = 0
    in_vain: int = 0

    @property
    def chance(self) -> float:
        """That it notices the next."""
        return (self.noticed + FIRST_GUESS) / (self.noticed + self.in_vain + 1)


class Judge:
    """A plugin of pytest that tries mutants with its tests, several at a time."""

    def __init__(
        self, paths: Sequence[Path], processes: int, seconds_max: float, try_them: Callable[["Judge"], None]
    ) -> None:
        self._coverage = Coverage(data_file=None, config_file=False, include=[str(path.resolve()) for path in paths])
        self._paths = paths
        self._contexts: dict[Path, dict[int, list[str]]] = {}
        """By file and line, the tests that go there."""
        self._processes = processes
        self._seconds_max = seconds_max
        """After so long no other test of a mutant is begun; what was not noticed until then has survived."""
        self._try_them = try_them
        self._items: dict[str, pytest.Item] = {}
        self._seconds: dict[str, float] = {}
        self._experience: defaultdict[tuple[Path, str], defaultdict[str, _Experience]] = defaultdict(
            lambda: defaultdict(_Experience)
        )
        """Of each function's tests."""

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
        gc.freeze()
        self._try_them(self)
        return True

    def judge(self, mutants: Iterable[Mutant]) -> Iterator[tuple[Mutant, Verdict]]:
        """As they become known."""
        running: dict[int, _Running] = {}
        for mutant in mutants:
            if not (tests := self._tests_of(mutant)):
                yield mutant, Verdict(Fate.UNTESTED if mutant.code else Fate.NO_CHANGE)
                continue
            if len(running) == self._processes:
                yield self._ended(running)
            told, tell = os.pipe()
            if (child := os.fork()) == 0:
                _hold()
                _say(tell, self._verdict(mutant, tests, tell))
            os.close(tell)
            running[child] = _Running(mutant, tests, told)
        while running:
            yield self._ended(running)

    def _ended(self, running: dict[int, _Running]) -> tuple[Mutant, Verdict]:
        """Waits for one of them. Who says nothing was ended by the time it used, or broke down."""
        child, status = os.wait()
        mutant, tests, told = running.pop(child)
        with os.fdopen(told, "rb") as said:
            if answer := said.read():
                verdict = json.decode(answer, type=Verdict)
            else:
                verdict = Verdict(Fate.ENDLESS if os.WTERMSIG(status) == signal.SIGXCPU else Fate.KILLED)
        self._learn(mutant, tests, verdict)
        return mutant, verdict

    def _learn(self, mutant: Mutant, tests: Sequence[str], verdict: Verdict) -> None:
        if verdict.fate is Fate.SURVIVED or verdict.test:
            of_function = self._experience[mutant.path, mutant.function.name]
            for test in takewhile(lambda test: test != verdict.test, tests):
                of_function[test].in_vain += 1
            if verdict.test:
                of_function[verdict.test].noticed += 1

    def _verdict(self, mutant: Mutant, tests: Sequence[str], tell: int) -> Verdict:
        if (code := mutant.code) is None:
            return Verdict(Fate.NO_CHANGE)
        put_in(mutant, code)
        for test in tests:
            _limit(self._seconds[test], tell)
            if not _passes(self._items[test]):
                return Verdict(Fate.KILLED, test)
        return Verdict(Fate.SURVIVED)

    def _note_lines(self) -> None:
        self._coverage.start()
        for name, item in list(self._items.items()):
            self._coverage.switch_context(name)
            before = process_time()
            if not _passes(item):
                print(f"{name} fails without any mutant, so that it says nothing about any: left out")
                del self._items[name]
            self._seconds[name] = process_time() - before
        self._coverage.stop()
        data = self._coverage.get_data()
        self._contexts = {path: data.contexts_by_lineno(str(path.resolve())) for path in self._paths}

    def _tests_of(self, mutant: Mutant) -> list[str]:
        """Those first of which most is to be expected in a second, and no more than there is time for."""
        contexts = self._contexts[mutant.path]
        near = {name for line in mutant.lines for name in contexts.get(line, ())} & self._items.keys()
        of_function = self._experience[mutant.path, mutant.function.name]

        def seconds_per_notice(name: str) -> float:
            return self._seconds[name] / of_function[name].chance

        best = sorted(near, key=seconds_per_notice)
        before = accumulate((self._seconds[name] for name in best), initial=0.0)
        return [name for name, seconds in zip(best, before, strict=False) if seconds < self._seconds_max]


def put_in(mutant: Mutant, code: CodeType) -> None:
    """Gives a function the mutant's code; nothing gives it its own again."""
    place: Any = importlib.import_module(".".join(mutant.path.with_suffix("").parts[1:]))
    for name in mutant.function.name.split("."):
        place = inspect.getattr_static(place, name)
    _function_in(place).__code__ = code


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


def _say(tell: int, verdict: Verdict) -> NoReturn:
    """The last that a copy of this process does."""
    os.write(tell, json.encode(verdict))
    os._exit(0)


def _hold() -> None:
    """So much memory for this process, and nothing that it prints."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.dup2(null, 2)
    size_bytes = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (size_bytes + MEMORY_BYTES_MORE,) * 2)


def _limit(seconds: float, tell: int) -> None:
    """So much time for what is run next: a test that took so many seconds."""
    allowed = math.ceil(process_time() + CPU_FACTOR * seconds + CPU_SECONDS_MORE)
    resource.setrlimit(resource.RLIMIT_CPU, (allowed, resource.RLIM_INFINITY))
    left = iter(range(int(WAITING_FACTOR * seconds + WAITING_SECONDS_MORE)))
    signal.signal(
        signal.SIGALRM, lambda *_: None if next(left, None) is not None else _say(tell, Verdict(Fate.ENDLESS))
    )
    signal.setitimer(signal.ITIMER_REAL, 1, 1)

"""An Octy on a folder of its own: opened, left, opened again, as often as a test wants.

Three kinds of clock stand still until they are told to move: a sandbox's, one that the service takes for the system's,
and the system's itself on a machine that is a test's.
"""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import structlog

from octy.model.clock import Clock, ManualClock
from octy.service.octy import Octy
from octy.store.folder import open_store
from octy.store.free_pages import UNWIPED
from tests.logs import KEEPING, opened
from tests.unit.service.machine import MachineClock

T = TypeVar("T")
TIMEOUT_SECONDS = 60
"""How long to wait for what must come: no measure of anything."""


@contextmanager
def no_log() -> Iterator[None]:
    """Failures that a test makes are not to be told at length, which takes longer than they do."""
    structlog.configure(processors=[structlog.dev.ConsoleRenderer(exception_formatter=lambda *_: None)])
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory(), cache_logger_on_first_use=False)
    yield
    structlog.reset_defaults()


class StandingClock:
    """A production server's clock, which a test moves."""

    is_sandbox = False

    def __init__(self, now_us: int) -> None:
        self._now_us = now_us

    def now_us(self) -> int:
        """The instant to which it was last moved."""
        return self._now_us

    def move_to(self, instant_us: int) -> None:
        """As the system's would, by itself."""
        self._now_us = instant_us

    def not_before(self, instant_us: int) -> None:
        """Moves there, unless it is there already."""
        self._now_us = max(self._now_us, instant_us)


class Service:
    """A folder, and the Octy that serves it now."""

    ends_backfills = True
    """Whether a backfill ends by itself, soon after its segment's creation (P6)."""

    def __init__(self, folder: Path, clock: ManualClock | StandingClock | MachineClock) -> None:
        self.folder = folder
        self.clock = clock
        self.open()

    def open(self) -> None:
        """Starts an Octy on the folder."""
        self.store = open_store(self.folder)
        clock: Clock = self.clock
        self.octy = Octy(self.store, clock)
        self.prepare()
        self.octy.start()

    def prepare(self) -> None:
        """What is to be done to an Octy before it starts."""

    def restart(self, at_us: int | None = None) -> None:
        """Stops the Octy and starts another; `at_us` is when that one starts, by a clock of its own."""
        self.stop()
        self.clock = type(self.clock)(self.clock.now_us() if at_us is None else at_us)
        self.open()

    def stop(self) -> None:
        """Answers what waits, closes the store."""
        self.octy.stop()

    def asks_nothing(self) -> None:
        """A request that wants nothing: once answered, all that is due has been done."""
        done(self.octy._writer.submit(0, lambda _: None))

    @contextmanager
    def keeps_the_writer_busy(self) -> Iterator[None]:
        """Within, requests wait; at the end the writer takes all of them together."""
        begun, leave = threading.Event(), threading.Event()

        def wait(_: object) -> None:
            begun.set()
            assert leave.wait(TIMEOUT_SECONDS)

        busy = self.octy._writer.submit(0, wait)
        assert begun.wait(TIMEOUT_SECONDS)
        try:
            yield
        finally:
            leave.set()
            done(busy)

    def rows(self, question: str, **values: Any) -> list[tuple[Any, ...]]:
        """What somebody with a SQL shell sees (`tests.logs`)."""
        with opened(self.folder) as connection:
            return connection.execute(question, values).fetchall()

    def everything(self) -> dict[str, list[tuple[Any, ...]]]:
        """All rows of all tables, the logs' wherever they are kept."""
        return everything(self.folder)


def everything(folder: Path) -> dict[str, list[tuple[Any, ...]]]:
    """All rows of all tables of a folder; what is in free pages is nobody's."""
    with opened(folder) as connection:
        both = (f"SELECT name FROM {schema}.sqlite_schema WHERE type = 'table'" for schema in ("main", "store"))
        tables = {name for names in both for (name,) in connection.execute(names)} - KEEPING
        found = {name: sorted(connection.execute(f'SELECT * FROM "{name}"'), key=repr) for name in sorted(tables)}
    found["meta"] = [row for row in found["meta"] if row[0] != UNWIPED]
    return found


def done(future: "Future[T]") -> T:
    """What a request came to; raises what it failed with."""
    return future.result(TIMEOUT_SECONDS)


def eventually(is_so: Callable[[], object]) -> None:
    """Returns as soon as something is so; fails where it never is."""
    pause = threading.Event()
    for _ in range(TIMEOUT_SECONDS * 200):
        if is_so():
            return
        pause.wait(0.005)
    raise AssertionError("it never came to be")

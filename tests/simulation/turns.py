"""How does a thread become a part of a simulation? It runs only while it has the turn, and gives it back by itself.

At every moment exactly one thread runs, so that what happens is the same each time, though the code is written for
threads. A worker gives the turn back where it waits for the writer and where a disk would take its time.
"""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

T = TypeVar("T")


class Crashed(BaseException):
    """The process has ended at this point. No `except Exception` stops that."""


class Worker:
    """A thread of the server that does one piece of work after another."""

    def __init__(self, name: str, work: Callable[[], object]) -> None:
        self._name = name
        self._work = work
        self._thread: threading.Thread | None = None
        self._its_turn = threading.Semaphore(0)
        self._ours = threading.Semaphore(0)
        self._is_dying = False
        self._died: BaseException | None = None
        self.failures = 0
        """How often its work failed, as it may where a disk does."""

    @property
    def is_busy(self) -> bool:
        """Whether it has begun something that it has not ended."""
        return self._thread is not None

    def turn(self) -> None:
        """Begins a piece of work, or goes on with it, until it pauses or is done."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
            self._thread.start()
        self._its_turn.release()
        self._ours.acquire()
        if self._died is not None:
            died, self._died = self._died, None
            raise died

    def pauses(self) -> None:
        """Within the work: somebody else's turn."""
        if threading.current_thread() is not self._thread:
            return
        self._ours.release()
        self._its_turn.acquire()
        if self._is_dying:
            raise Crashed

    def waits_for(self, future: "Future[T]") -> "Awaited[T]":
        """A future whose `result` gives others their turns until it is there."""
        return Awaited(self, future)

    def dies(self) -> None:
        """With its process."""
        if self._thread is not None:
            self._is_dying = True
            self._its_turn.release()
            self._ours.acquire()
            self._died = None

    def _run(self) -> None:
        self._its_turn.acquire()
        try:
            if not self._is_dying:
                self._work()
        except Exception:  # noqa: BLE001 - it logs, pauses and begins again (`Archiver`, `Backfills`)
            self.failures += 1
        except BaseException as error:  # noqa: BLE001 - the simulation's own thread is told
            self._died = error
        self._thread = None
        self._ours.release()


class Awaited(Future[T]):
    """What a worker holds of the writer's answer."""

    def __init__(self, worker: Worker, answer: "Future[T]") -> None:
        super().__init__()
        self._worker = worker
        self._answer = answer

    def result(self, timeout: float | None = None) -> Any:
        """The answer, however many turns of others it takes."""
        while not self._answer.done():
            self._worker.pauses()
        return self._answer.result(timeout)

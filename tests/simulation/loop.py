"""An asyncio loop that never waits: time is the simulation's, and each turn runs what is ready and what is due."""

import asyncio
from collections.abc import Callable
from typing import Any

from octy.model.instants import US_PER_SECOND
from tests.simulation.instants import Time


class StepLoop(asyncio.SelectorEventLoop):
    """Goes on by one turn at a time. What would be done in a pool of threads is done within a turn."""

    def __init__(self, time: Time) -> None:
        self._simulated = time
        super().__init__()

    def time(self) -> float:
        """In seconds, as timeouts are measured."""
        return self._simulated.elapsed_us / US_PER_SECOND

    def turn(self) -> None:
        """Runs what is ready once."""
        self.call_soon(self.stop)
        self.run_forever()

    def run_in_executor(self, executor: Any, func: Callable[..., Any], *args: Any) -> Any:  # type: ignore[override]
        """Later in this thread."""
        assert executor is None, "nobody has a pool of its own"
        future = self.create_future()
        self.call_soon(_settle, future, func, args)
        return future

    def end(self) -> None:
        """The process is gone: whatever was under way is broken off."""
        for task in asyncio.all_tasks(self):
            task.cancel()
        while asyncio.all_tasks(self):
            self.turn()
        self.close()


def _settle(future: "asyncio.Future[Any]", func: Callable[..., Any], args: tuple[Any, ...]) -> None:
    if future.cancelled():
        return
    try:
        future.set_result(func(*args))
    except Exception as error:  # noqa: BLE001 - it is the asker's, as a pool's would be
        future.set_exception(error)

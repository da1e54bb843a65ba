"""A production server whose backfills take as long as a test wants."""

import threading
from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeAlias

from octy.service.transaction import Transaction
from tests.integration.service.serving import TIMEOUT_SECONDS, Service

Ending: TypeAlias = Callable[[Transaction], None]


class HeldService(Service):
    """An Octy whose backfills, outside a sandbox, fold the history at once and end when they are told to."""

    ends_backfills = False

    def prepare(self) -> None:
        """Puts a hand on the backfills."""
        backfills = self.octy._writer._backfills
        self._submit = backfills._submit
        self._folded: dict[int, Ending] = {}
        self._changed = threading.Condition()

        def holding(ending: Ending) -> None:
            assert isinstance(ending, partial)
            with self._changed:
                self._folded[ending.keywords["backfill"].key] = ending
                self._changed.notify_all()

        backfills._submit = holding

    def forget_what_is_folded(self) -> None:
        """The world is about to be built anew."""
        with self._changed:
            self._folded.clear()

    def wait_until_folded(self, keys: Sequence[int]) -> None:
        """All of these backfills lack nothing but their ends."""
        with self._changed:
            assert self._changed.wait_for(lambda: all(key in self._folded for key in keys), TIMEOUT_SECONDS)

    def drop_backfill(self, key: int) -> None:
        """Nobody waits for this one any more."""
        with self._changed:
            del self._folded[key]

    def end_backfill(self, key: int) -> None:
        """The writer takes over."""
        self._submit(self._folded.pop(key))
        self.asks_nothing()

"""What the product meets outside of itself, put in the simulation's hands for as long as one runs."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

import pytest
import structlog

from octy.engine import engine
from octy.service import archiver, backfills, clock, ids, keys, preparing, restore, transaction, writer
from octy.store import page_sums, vault
from octy.store.archive import archive
from octy.store.archive.run_writer import RunWriter
from octy.webhooks import signing
from tests.simulation.instants import Time

CHECKPOINT_PAGES = 60
"""Few, so that a log is often written back and begun anew."""
ROWS_PER_RUN = 16
RUNS_PER_MERGE = 2
ROWS_PER_MERGED_RUN_MAX = 256


class Secrets:
    """As the module `secrets`, by the simulation's chance."""

    def __init__(self, chance: Random) -> None:
        self.randbits = chance.getrandbits
        self.token_bytes = chance.randbytes
        self._chance = chance

    def token_hex(self, count: int) -> str:
        """As many bytes in hexadecimal."""
        return self._chance.randbytes(count).hex()

    def token_urlsafe(self, count: int) -> str:
        """The same, which is safe too."""
        return self.token_hex(count)


@contextmanager
def simulated(
    time: Time,
    chance: Random,
    syncs: Callable[[Path], None],
    writes: Callable[[], None],
    errors: list[str],
    *,
    in_small_groups: bool,
) -> Iterator[None]:
    """`syncs` is told of each file or folder that is synced, `writes` before rows go into a file of the archive.

    What is logged as an error, or a warning, goes to `errors`. `in_small_groups`: what is due at once takes several.
    """
    write = RunWriter.write

    def write_first_told(self: RunWriter, *args: Any) -> None:
        writes()
        write(self, *args)

    def uuid() -> UUID:
        return UUID(int=chance.getrandbits(128))

    with pytest.MonkeyPatch.context() as patch:
        for module in (archiver, clock, writer):
            patch.setattr(module, "time", time)
        for module in (keys, ids, signing, vault):
            patch.setattr(module, "secrets", Secrets(chance))
        patch.setattr(archive, "uuid4", uuid)
        patch.setattr(page_sums, "CHECKPOINT_PAGES", CHECKPOINT_PAGES)
        patch.setattr(os, "fsync", lambda descriptor: syncs(Path(f"/proc/self/fd/{descriptor}").resolve()))
        patch.setattr(RunWriter, "write", write_first_told)
        for module in (backfills, restore, writer):
            patch.setattr(module, "THREADS", 1)
        patch.setattr(backfills, "PAUSE_SECONDS", 0)
        patch.setattr(archiver, "ROWS_PER_RUN", ROWS_PER_RUN)
        patch.setattr(archiver, "RUNS_PER_MERGE", RUNS_PER_MERGE)
        patch.setattr(archiver, "ROWS_PER_MERGED_RUN_MAX", ROWS_PER_MERGED_RUN_MAX)
        patch.setattr(preparing, "TAGS_MIN", 1)
        patch.setattr(preparing, "AGAIN_AFTER_SECONDS", 0)
        patch.setattr(preparing, "REST_SHARE", 0)
        if in_small_groups:
            patch.setattr(transaction, "DUE_PER_GROUP", 1)
            patch.setattr(engine, "PROFILES_AT_ONCE", 1)
            patch.setattr(engine, "TIMERS_AT_ONCE", 1)
        with _logging_to(errors):
            yield


@contextmanager
def _logging_to(errors: list[str]) -> Iterator[None]:
    def keep(_: object, level: str, line: Any) -> Any:
        if level in ("error", "exception", "critical"):
            errors.append(line["event"])
        raise structlog.DropEvent

    structlog.configure(processors=[keep], cache_logger_on_first_use=False)
    try:
        yield
    finally:
        structlog.reset_defaults()

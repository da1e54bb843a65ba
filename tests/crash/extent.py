"""How much is done: a slice that `make test` has time for, or all of it, by `make crash`."""

import os
from typing import TypeVar

T = TypeVar("T")

IS_FULL = os.environ.get("CRASH") == "full"


def extent(full: T, some: T) -> T:
    """What is to be done in this run."""
    return full if IS_FULL else some


def seed() -> int:
    """New each time unless `CRASH_SEED` names it; shown, so that a failure can be lived through again."""
    chosen = int(os.environ.get("CRASH_SEED") or int.from_bytes(os.urandom(4)))
    print(f"CRASH_SEED={chosen}")
    return chosen

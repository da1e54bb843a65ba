"""What every peer can do: take a history into its own storage, and say who is a member of past segments."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from bench.history import History

CORES = 2

Profiles = NDArray[np.int32]
"""Members of one segment, ascending."""


class Peer(Protocol):
    """A column store that lives in this process, with its files in a folder of its own that `close` removes."""

    name: str

    def load(self, history: History) -> None:
        """Takes all events into its storage; once, before anything is asked."""

    def storage_bytes(self) -> int:
        """What the events take on disk."""

    def members(self, definitions: Sequence[dict[str, Any]]) -> list[Profiles]:
        """The members of each past segment at the history's now, worked out anew from the events (P1 to P4)."""

    def close(self) -> None:
        """Removes what was stored."""


def columns(history: History) -> pa.Table:
    """The history as an Arrow table, with codes as they are: no copy is made."""
    return pa.table(
        {
            "profile": history.profile,
            "event_type": history.event_type,
            "created_us": history.created_us,
            "plan": history.plan,
            "page": history.page,
        }
    )


def folder_bytes(folder: Path) -> int:
    """The sizes of all files in the folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())

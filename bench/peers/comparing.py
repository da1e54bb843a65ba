"""Past segments over a long history, by us and by every peer: how fast, and are all equal?"""

import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeVar

import msgspec
import numpy as np
from rich.table import Table

from bench.history import History, history, past_definitions
from bench.peers.chdb_peer import ChdbPeer
from bench.peers.duckdb_peer import DuckdbPeer
from bench.peers.octy_peer import OctyPeer
from bench.peers.peer import Peer, Profiles
from bench.reference_members import reference_members
from octy.model.instants import US_PER_DAY

SEGMENTS = (20, 100)
RUNS = 3
CHECKED_EVENTS = 20_000
CHECKED_PROFILES = 2_000
CHECKED_SEGMENTS = 100
T = TypeVar("T")
PEERS: tuple[Callable[[], Peer], ...] = (OctyPeer, DuckdbPeer, ChdbPeer)
"""The first is what the others are compared with."""


def check() -> str:
    """Holds every peer against the plain reference; raises where one differs."""
    past, definitions = edged(history(CHECKED_EVENTS, CHECKED_PROFILES)), past_definitions(CHECKED_SEGMENTS)
    wanted = reference_members(past, definitions)
    for make in PEERS:
        peer = make()
        peer.load(past)
        found = peer.members(definitions)
        peer.close()
        assert equal(found, wanted), f"{peer.name} differs from the reference"
    members = sum(map(len, wanted))
    return f"All peers agree with the reference: {CHECKED_SEGMENTS} segments, {members:,} members."


def edged(past: History) -> History:
    """The history with an event exactly at the start of every window of whole days, which P1 leaves out."""
    created_us = past.created_us.copy()
    starts_us = past.now_us - np.arange(89, 0, -1) * US_PER_DAY
    created_us[np.searchsorted(created_us, starts_us)] = starts_us
    return msgspec.structs.replace(past, created_us=created_us)


def compare(past: History, counts: Sequence[int]) -> Table:
    """A row for each: one is loaded at a time, and asked for the same members several times."""
    table = Table(
        title=f"Past segments over {past.events:,} events of {past.profiles:,} profiles, from disk, both cores"
    )
    asked_for = [column for count in counts for column in (f"{count} segments, s", "times ours")]
    for column in ("", "load s", "bytes per event", *asked_for, "members"):
        table.add_column(column, justify="left" if not column else "right")
    ours: list[tuple[float, list[Profiles]]] = []
    for make in PEERS:
        peer = make()
        load_seconds, _ = timed(partial(peer.load, past))
        asked = [_best(peer, past_definitions(count)) for count in counts]
        ours = ours or asked
        same = all(equal(found, wanted) for (_, found), (_, wanted) in zip(asked, ours, strict=True))
        cells = [
            cell
            for (best, _), (our_best, _) in zip(asked, ours, strict=True)
            for cell in (f"{best:.2f}", f"{best / our_best:.1f}")
        ]
        stored = f"{peer.storage_bytes() / past.events:.1f}"
        table.add_row(peer.name, f"{load_seconds:.1f}", stored, *cells, "equal" if same else "DIFFERENT")
        peer.close()
    return table


def equal(some: Sequence[Profiles], others: Sequence[Profiles]) -> bool:
    """To the last profile of every segment."""
    return len(some) == len(others) and all(map(np.array_equal, some, others))


def _best(peer: Peer, definitions: Sequence[dict[str, Any]]) -> tuple[float, list[Profiles]]:
    """The quickest of some runs after a first one that warms the caches."""
    members = peer.members(definitions)
    return min(timed(partial(peer.members, definitions))[0] for _ in range(RUNS)), members


def timed(what: Callable[[], T]) -> tuple[float, T]:
    """The seconds that something takes, and what comes of it."""
    began = time.perf_counter()
    result = what()
    return time.perf_counter() - began, result

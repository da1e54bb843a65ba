"""`python -m bench.peers`: past segments over a long history, by every peer; with `--check`, are they right at all?"""

import argparse
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import msgspec
import numpy as np
from rich.console import Console
from rich.table import Table

from bench.history import EVENTS, PROFILES, History, history, past_definitions
from bench.peers.chdb_peer import ChdbPeer
from bench.peers.duckdb_peer import DuckdbPeer
from bench.peers.peer import Peer, Profiles
from bench.reference_members import reference_members
from octy.model.instants import US_PER_DAY

SEGMENTS = (20, 100)
RUNS = 3
CHECKED_EVENTS = 20_000
CHECKED_PROFILES = 2_000
CHECKED_SEGMENTS = 100
PEERS: tuple[Callable[[], Peer], ...] = (ChdbPeer, DuckdbPeer)


def main() -> None:
    parser = argparse.ArgumentParser(description="Past segments over a long history, recomputed by column stores.")
    parser.add_argument("--events", type=int, default=EVENTS)
    parser.add_argument("--profiles", type=int, default=PROFILES)
    parser.add_argument("--segments", type=int, nargs="+", default=SEGMENTS)
    parser.add_argument("--check", action="store_true", help="compare with the plain reference over a small history")
    wanted = parser.parse_args()
    console = Console(width=120)
    if wanted.check:
        console.print(check())
    else:
        console.print(compare(history(wanted.events, wanted.profiles), wanted.segments))


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
    """A row for each peer: one peer is loaded at a time, and asked for the same members several times."""
    table = Table(title=f"Past segments over {past.events:,} events of {past.profiles:,} profiles")
    for column in ("", "load s", "stored MB", *(f"{count} segments, s" for count in counts), "members"):
        table.add_column(column, justify="left" if not column else "right")
    first: list[list[Profiles]] = []
    for make in PEERS:
        peer = make()
        load_seconds, _ = _timed(partial(peer.load, past))
        asked = [_best(peer, past_definitions(count)) for count in counts]
        members = [found for _, found in asked]
        first = first or members
        same = all(map(equal, members, first))
        seconds = (f"{best:.2f}" for best, _ in asked)
        verdict = "equal" if same else "DIFFERENT"
        table.add_row(peer.name, f"{load_seconds:.1f}", f"{peer.storage_bytes() / 1e6:,.0f}", *seconds, verdict)
        peer.close()
    return table


def equal(some: Sequence[Profiles], others: Sequence[Profiles]) -> bool:
    """To the last profile of every segment."""
    return len(some) == len(others) and all(map(np.array_equal, some, others))


def _best(peer: Peer, definitions: Sequence[dict[str, Any]]) -> tuple[float, list[Profiles]]:
    """The quickest of some runs after a first one that warms the caches."""
    members = peer.members(definitions)
    return min(_timed(partial(peer.members, definitions))[0] for _ in range(RUNS)), members


def _timed(what: Callable[[], object]) -> tuple[float, object]:
    began = time.perf_counter()
    result = what()
    return time.perf_counter() - began, result


main()

"""Backfill and preview: all history through past segments, beside column stores that recompute them."""

from collections.abc import Iterator, Sequence
from functools import partial

from rich.table import Table

from bench.history import EVENTS, PROFILES, History, history, past_definitions
from bench.peers.comparing import RUNS, SEGMENTS, compare, timed
from bench.peers.octy_peer import OctyPeer
from bench.tables import table
from octy.engine.warm import warm

EVENTS_QUICKLY = 1_000_000
PROFILES_QUICKLY = 50_000


def tables(*, quick: bool) -> Iterator[Table]:
    """Who is a member now, by everybody; then the same as backfills, which no peer has."""
    warm()
    past = history(EVENTS_QUICKLY, PROFILES_QUICKLY) if quick else history(EVENTS, PROFILES)
    counts = SEGMENTS[:1] if quick else SEGMENTS
    yield compare(past, counts)
    yield kept(past, (1, *counts))


def kept(past: History, counts: Sequence[int]) -> Table:
    """The first time, memory is given out that nobody had before; the best of the next ones finds it at hand."""
    made = table("As backfills", "segments", "first, s", "best, s", "MB kept")
    peer = OctyPeer()
    peer.load(past)
    for count in counts:
        backfill = partial(peer.backfill, past_definitions(count))
        first, kept_bytes = timed(backfill)
        best = min(timed(backfill)[0] for _ in range(RUNS))
        made.add_row(f"{count}", f"{first:.2f}", f"{best:.2f}", f"{kept_bytes / 1e6:,.0f}")
    peer.close()
    return made

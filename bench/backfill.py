"""Backfill and preview: all history through past segments, beside column stores that recompute them."""

from collections.abc import Iterator

from rich.table import Table

from bench.history import EVENTS, PROFILES, history
from bench.peers.comparing import SEGMENTS, compare
from octy.engine.warm import warm

EVENTS_QUICKLY = 1_000_000
PROFILES_QUICKLY = 50_000


def tables(*, quick: bool) -> Iterator[Table]:
    """One table."""
    warm()
    past = history(EVENTS_QUICKLY, PROFILES_QUICKLY) if quick else history(EVENTS, PROFILES)
    yield compare(past, SEGMENTS[:1] if quick else SEGMENTS)

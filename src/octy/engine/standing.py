"""Where a live segment stands with its profiles, as columns that outlive an engine (L3, G3, G4).

What it keeps of a profile cannot be worked out from that profile's newest events alone: which action opened a window
depends on the matches before, without end. Where old events go, their place is taken by this.
"""

import numpy as np
from msgspec import Struct

from octy.engine.batch import Ints, Longs
from octy.engine.kernels.layout import (
    FLAG_BITS,
    FLAGGED,
    KIND,
    LENGTH_US,
    LIVE_WINDOW,
    OPENER,
    OPPOSED,
    TAGGED,
    WIDTH,
    WINDOW,
)


class Standing(Struct, frozen=True, eq=False):
    """One segment's, with some profiles: columns of equal length. An instant is `UNSET` where there is none."""

    profile: Ints
    """Ascending."""
    matched_us: Longs
    """The action of the latest match, though its tag may have gone."""
    is_tagged: Ints
    opposed_us: Longs
    """The latest event that speaks against a match."""
    opened_us: Longs
    """The action that opened the window which is open; live 2."""
    opener_seq: Longs


def standing_of(spec: Longs, state: Longs, forgotten_us: int) -> Standing:
    """All that matters yet: an event that happened before `forgotten_us` opens no window and makes no match any more.

    The segment's window is no longer than the time from `forgotten_us` to the present.
    """
    first = state[:, FLAGGED]
    matched_us, tagged, opposed_us = (first >> FLAG_BITS) - 1, first & TAGGED, state[:, OPPOSED] - 1
    has_window = spec[KIND] == LIVE_WINDOW
    opened_us = state[:, WINDOW] - 1 if has_window else np.full(len(state), -1)
    opener_seq = state[:, OPENER] if has_window else np.zeros(len(state), np.int64)
    is_recent = np.maximum(opposed_us, matched_us + spec[LENGTH_US]) >= forgotten_us
    is_used = (first != 0) | (opposed_us >= 0)
    rows = np.flatnonzero((tagged != 0) | (opened_us >= 0) | (is_recent & is_used))
    return Standing(
        rows.astype(np.int32),
        matched_us[rows],
        tagged[rows].astype(np.int32),
        opposed_us[rows],
        opened_us[rows],
        opener_seq[rows],
    )


def put_into(state: Longs, spec: Longs, standing: Standing) -> None:
    """Writes it into the empty state of its segment."""
    rows = standing.profile
    state[rows, FLAGGED] = standing.matched_us + 1 << FLAG_BITS | standing.is_tagged
    state[rows, OPPOSED] = standing.opposed_us + 1
    if spec[WIDTH] > WINDOW:
        state[rows, WINDOW] = standing.opened_us + 1
        state[rows, OPENER] = standing.opener_seq

"""What stands where: in a segment's specification, and in the row of words that it keeps for each profile.

Kernels count instants from 1 (`Columns`), so a word of 0, which is how memory comes and costs nothing until it is
written, means "none". The first word of a row is an instant with flags in its two lowest bits.
"""

from octy.engine.kernels.compiled import part

NOTHING, LIVE_ACTION, LIVE_WINDOW, PAST = range(4)
"""Kinds of segments: a free place, live 1, live 2, and past."""

SPEC_COLUMNS = 9
KIND, WIDTH, LENGTH_US, SINCE_US, ACTIONS, NEWEST, INACTION, BY_PROPERTY, ACTING_US = range(SPEC_COLUMNS)
"""A specification. WIDTH: words in a row. LENGTH_US: of the window. SINCE_US: a live segment's creation (L1).

ACTIONS: how many a past segment has. NEWEST, INACTION: where those words are in its rows; 0 where it needs none.
BY_PROPERTY: 1 where a profile property is asked for too (V3). ACTING_US: the instant from which on a live segment's
actions count: its creation, or when its deletion was last cancelled; NEVER while one is pending (X1).
"""

FLAGGED = 0
"""The first word. Live: the action of the latest match, kept when the tag has gone. Past: the earliest entry among the
timers."""
TAGGED = 1
"""The flag of a profile that bears the tag."""
ELIGIBLE = 2
"""The flag of a profile whose property has the wanted value (V3)."""

OPPOSED, WINDOW, OPENER, ARMED = 1, 2, 3, 4
"""Live rows. The latest event that speaks against a match: a conflict (live 1, G4), the inaction (live 2); the instant
of the action that opened the window, and that event's seq; and the earliest entry among the timers (live 2)."""

START = 1
"""Past rows: from here on, the latest possible start of a match of each prefix of the actions. Then, where needed, the
newest event that matched an action, and the latest that matched the inaction."""

FLAG_BITS = 2
"""How far the instant of a first word is shifted."""


@part
def instant_in(word: int) -> int:
    """The instant of a first word."""
    return word >> FLAG_BITS


@part
def with_instant(word: int, instant_us: int) -> int:
    """A first word with another instant and the same flags."""
    return instant_us << FLAG_BITS | (word & (TAGGED | ELIGIBLE))

"""When did live segments rest, because their deletion was pending (X1)? For those who relive it."""

from typing import NamedTuple

from octy.engine.batch import Longs
from octy.engine.kernels.compiled import part
from octy.model.instants import NEVER


class Rests(NamedTuple):
    """The rests of all places, one place's after the other's, each in the order of time; instants count from 1."""

    first: Longs
    """int64[places + 1]: where each place's begin."""
    after_us: Longs
    """What falls due after this instant falls due at rest, ..."""
    until_us: Longs
    """... up to this one; NEVER where the deletion is pending yet."""
    after_seq: Longs
    """The same of what is accepted."""
    until_seq: Longs


@part
def acting_at(rests: Rests, place: int, seq: int, acting_us: int) -> int:
    """What ACTING_US was when an event was accepted; `acting_us` is what it was before the first rest."""
    for number in range(rests.first[place], rests.first[place + 1]):
        if seq <= rests.after_seq[number]:
            return acting_us
        if seq <= rests.until_seq[number]:
            return NEVER
        acting_us = rests.until_us[number]
    return acting_us


@part
def is_at_rest(rests: Rests, place: int, due_us: int) -> bool:
    """Whether a window that ends at an instant makes no match: it comes before a request at that instant (T7)."""
    for number in range(rests.first[place], rests.first[place + 1]):
        if rests.after_us[number] < due_us <= rests.until_us[number]:
            return True
    return False

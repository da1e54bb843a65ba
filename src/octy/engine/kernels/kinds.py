"""Which kind is each event of? A kind is an event type with a combination of the wanted texts that its properties have.

Whatever is asked of events by type and properties is then one look-up by kind.
"""

from typing import NamedTuple

import numpy as np

from octy.engine.batch import Ints
from octy.engine.kernels.compiled import kernel
from octy.engine.kernels.memory import lent

NO_KIND = 0
"""The kind of all events that nobody asks for."""


class Kinds(NamedTuple):
    """How kinds are numbered. The last column stands for all event types that nobody asks for."""

    base: Ints
    """int32[types + 1]: the first kind of the type with number c."""
    stride: Ints
    """int32[slots, types + 1]: what the code in a slot is multiplied with, to be added to the base."""


@kernel
def find_kinds(kinds: Kinds, event_type: Ints, codes: Ints, out: Ints) -> None:
    """Fills `out` with the events' kinds. `codes` is int32[slots, events].

    A loop for each slot: one loop for all, with another one in it, takes twice as long.
    """
    kinds = lent(kinds)
    event_type = lent(event_type)
    codes = lent(codes)
    out = lent(out)
    others = np.uint32(kinds.base.size - 1)
    for event in range(out.size):
        out[event] = kinds.base[min(np.uint32(event_type[event]), others)]
    for slot in range(codes.shape[0]):
        for event in range(out.size):
            out[event] += codes[slot, event] * kinds.stride[slot, min(np.uint32(event_type[event]), others)]

"""The segments at work: each has a place, a specification, and a state that holds a row for each profile.

Rows begin as zeros, which cost no memory until a kernel writes to them: profiles that no segment touches are free.
"""

import numpy as np

from octy.engine.batch import Longs
from octy.engine.kernels.layout import ACTING_US, KIND, NOTHING, SPEC_COLUMNS, WIDTH
from octy.engine.kernels.memory import Segments

_ROWS_PER_BLOCK = 4_096


class States:
    """Places, with what the kernels need to know of each. A place is never given twice, so old timers mean nobody."""

    def __init__(self) -> None:
        self._states: list[Longs] = []
        self._spec: Longs = np.zeros((0, SPEC_COLUMNS), np.int64)
        self._address: Longs = np.zeros(0, np.int64)

    @property
    def segments(self) -> Segments:
        """What kernels take; valid until the next change of places or profiles."""
        return Segments(self._spec, self._address)

    def add(self, spec: Longs, state: Longs) -> int:
        """Puts a segment to work; returns its place."""
        place = len(self._states)
        self._states.append(state)
        self._spec = np.concatenate([self._spec, spec[np.newaxis]])
        self._address = np.append(self._address, 0)
        self._put(place, state)
        return place

    def act_from(self, place: int, acting_us: int) -> None:
        """The place's ACTING_US from now on."""
        self._spec[place, ACTING_US] = acting_us

    def remove(self, place: int) -> None:
        """The place is nobody's from now on."""
        self._spec[place, KIND] = NOTHING
        self._put(place, np.zeros((0, 0), np.int64))

    def __getitem__(self, place: int) -> Longs:
        """The state at a place: int64[profiles, WIDTH]."""
        return self._states[place]

    def ensure_profiles(self, count: int) -> None:
        """Makes room for profile keys 0 to count - 1 at every place."""
        for place, state in enumerate(self._states):
            if state.shape[1] and count > len(state):
                self._put(place, grown(state, count))

    def forget(self, profile: int) -> None:
        """Makes a profile's rows as if it had never been; its timers find nothing."""
        for state in self._states:
            if profile < len(state):
                state[profile] = 0

    def _put(self, place: int, state: Longs) -> None:
        assert state.flags.c_contiguous, "kernels reckon addresses"
        self._states[place] = state
        self._address[place] = state.ctypes.data


def empty_state(spec: Longs, profiles: int) -> Longs:
    """A state with rows for profile keys 0 to profiles - 1, and some more."""
    return np.zeros((_roomy(profiles), spec[WIDTH]), np.int64)


def grown(state: Longs, profiles: int) -> Longs:
    """The same rows and room for more. What nobody has written to is not written to now either."""
    larger = np.zeros((_roomy(profiles), state.shape[1]), np.int64)
    for first in range(0, len(state), _ROWS_PER_BLOCK):
        block = state[first : first + _ROWS_PER_BLOCK]
        if block.any():
            larger[first : first + len(block)] = block
    return larger


def _roomy(count: int) -> int:
    """A capacity that makes growing cheap: half as much again."""
    return count + count // 2 + 64

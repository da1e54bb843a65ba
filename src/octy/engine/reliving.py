"""Live segments come back at a restart: they relive what was accepted since their creation, profile by profile (L1);
or, where they are told how they stood later than that, what was accepted since then.

Profiles do not see each other, so each one's events are taken in the order of acceptance, whatever the others did
meanwhile, and a window ends when the profile's next event asks for it.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from msgspec import Struct

from octy.engine.batch import Longs
from octy.engine.folding import PROFILES_PER_RANGE_MAX, Asking, Work, in_ranges
from octy.engine.kernels import run
from octy.engine.kernels.columns import Columns, change_log
from octy.engine.kernels.layout import ACTING_US, FLAG_BITS, FLAGGED, KIND, LENGTH_US, LIVE_WINDOW, TAGGED, WINDOW
from octy.engine.kernels.matching import index_of
from octy.engine.kernels.memory import Segments
from octy.engine.kernels.rests import Rests
from octy.engine.reading import Chapter, Reader
from octy.engine.runs import Run
from octy.engine.specification import live_spec
from octy.engine.standing import Standing, put_into
from octy.engine.states import empty_state
from octy.model.instants import NEVER
from octy.model.lifetimes import Pause
from octy.model.segments import SegmentDefinition

_LOG_ROWS = 16

_SEQ_BITS = 47
"""Enough for a million events a second over four years; the other 16 tell the profiles of a range apart."""
assert PROFILES_PER_RANGE_MAX <= 1 << 63 - _SEQ_BITS, "or two profiles' events would be mixed"


class LiveSegment(Struct, frozen=True):
    """A live segment that was at work before."""

    key: int
    definition: SegmentDefinition
    created_us: int
    after_seq: int
    """The last event's that it is not to take: the last one before its creation, or before it stood as it does."""
    standing: Standing | None = None
    """Where it stood after that; None where that was at its beginning."""
    pauses: Sequence[Pause] = ()
    """Deletions that were cancelled, in which it rested."""
    rests_since: tuple[int, int] | None = None
    """Since which instant, and after which seq, it rests now; None where it does not."""


def relived(
    segments: Sequence[LiveSegment], type_numbers: Mapping[str, int], runs: Sequence[Run], profiles: int, threads: int
) -> list[tuple[Longs, Longs]]:
    """The specification and state of each segment after all events. Arguments as those of `fold_runs`.

    A window that ended after the profile's last event is still open, unless a rest began later.
    """
    asking = Asking(type_numbers)
    tables = {place: asking.table(one.definition) for place, one in enumerate(segments)}
    index, wanted = index_of(tables), asking.wanted
    spec = [live_spec(one.definition, one.created_us) for one in segments]
    states = [empty_state(one, profiles) for one in spec]
    for one, its_spec, state in zip(segments, spec, states, strict=True):
        if one.standing is not None:
            put_into(state, its_spec, one.standing)
    together = Segments(np.stack(spec), np.array([state.ctypes.data for state in states], np.int64))
    after_seq = np.array([one.after_seq for one in segments], np.int64)
    rests = _rests(segments)

    def begin(_: int) -> Work:
        reader = Reader(runs, wanted, as_accepted=True)

        def live_again(first: int, end: int) -> None:
            found = reader.chapter(first, end)
            if found is not None:
                accepted_us, codes = found.accepted_us + 1, np.ascontiguousarray(found.codes.T)
                columns = Columns(found.profile, found.event_type, found.created_us + 1, accepted_us, codes, found.seq)
                order = _as_accepted(found, first)
                run.relive(index, together, after_seq, rests, columns, order, change_log(_LOG_ROWS))

        return live_again

    in_ranges(runs, profiles, threads, begin)
    for one, its_spec, state in zip(segments, spec, states, strict=True):
        _close_windows(one, its_spec, state)
        if one.pauses:
            its_spec[ACTING_US] = one.pauses[-1].restored_us + 1
        if one.rests_since is not None:
            its_spec[ACTING_US] = NEVER
    return list(zip(spec, states, strict=True))


def _as_accepted(found: Chapter, first: int) -> Longs:
    """The order of the rows by profile, then by seq. As one number these are sorted in a tenth of the time."""
    place = found.profile.astype(np.int64) - first
    return np.argsort(place << _SEQ_BITS | found.seq)


def _rests(segments: Sequence[LiveSegment]) -> Rests:
    rows, first = [], [0]
    for one in segments:
        rows += [(p.requested_us + 1, p.restored_us + 1, p.requested_seq, p.restored_seq) for p in one.pauses]
        if one.rests_since is not None:
            since_us, after_seq = one.rests_since
            rows.append((since_us + 1, NEVER, after_seq, NEVER))
        first.append(len(rows))
    columns = np.array(rows, np.int64).reshape(-1, 4).T
    return Rests(np.array(first, np.int64), *(np.ascontiguousarray(column) for column in columns))


def _close_windows(segment: LiveSegment, spec: Longs, state: Longs) -> None:
    """Those that ended before or in a rest, and of which no event has told yet: before it, they made their match (L5).

    One that ends in the rest that there is now is closed by time.
    """
    if spec[KIND] != LIVE_WINDOW:
        return
    rests = [(one.requested_us, one.restored_us) for one in segment.pauses]
    if segment.rests_since is not None:
        rests.append((segment.rests_since[0], segment.rests_since[0]))
    is_open = state[:, WINDOW] != 0
    due_us = state[:, WINDOW] + spec[LENGTH_US] - 1
    for since_us, until_us in rests:
        matched = is_open & (due_us <= since_us)
        state[matched, FLAGGED] = state[matched, WINDOW] << FLAG_BITS | TAGGED
        ended = is_open & (due_us <= until_us)
        state[ended, WINDOW] = 0
        is_open &= ~ended

"""Live segments come back at a restart: they relive what was accepted since their creation, profile by profile (L1);
or, where they are told how they stood later than that, what was accepted since then.

Profiles do not see each other, so each one's events are taken in the order of acceptance, whatever the others did
meanwhile, and a window ends when the profile's next event asks for it.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from msgspec import Struct

from octy.engine.batch import Longs
from octy.engine.folding import Asking, Work, in_ranges
from octy.engine.kernels import run
from octy.engine.kernels.columns import Columns, change_log
from octy.engine.kernels.matching import index_of
from octy.engine.kernels.memory import Segments
from octy.engine.reading import Reader
from octy.engine.runs import Run
from octy.engine.specification import live_spec
from octy.engine.standing import Standing, put_into
from octy.engine.states import empty_state
from octy.model.segments import SegmentDefinition

_LOG_ROWS = 16


class LiveSegment(Struct, frozen=True):
    """A live segment that was at work before."""

    key: int
    definition: SegmentDefinition
    created_us: int
    after_seq: int
    """The last event's that it is not to take: the last one before its creation, or before it stood as it does."""
    standing: Standing | None = None
    """Where it stood after that; None where that was at its beginning."""


def relived(
    segments: Sequence[LiveSegment], type_numbers: Mapping[str, int], runs: Sequence[Run], profiles: int, threads: int
) -> list[tuple[Longs, Longs]]:
    """The specification and state of each segment after all events. Arguments as those of `fold_runs`."""
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

    def begin(_: int) -> Work:
        reader = Reader(runs, wanted, as_accepted=True)

        def live_again(first: int, end: int) -> None:
            found = reader.chapter(first, end)
            if found is not None:
                accepted_us, codes = found.accepted_us + 1, np.ascontiguousarray(found.codes.T)
                columns = Columns(found.profile, found.event_type, found.created_us + 1, accepted_us, codes, found.seq)
                order = np.lexsort((found.seq, found.profile))
                run.relive(index, together, after_seq, columns, order, change_log(_LOG_ROWS))

        return live_again

    in_ranges(runs, profiles, threads, begin)
    return list(zip(spec, states, strict=True))

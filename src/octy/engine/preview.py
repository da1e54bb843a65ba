"""Who would be a member of past segments now? Answered from stored events alone, without putting anything to work.

What backfills would keep of each profile is kept for one profile at a time, and then forgotten.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from octy.engine.batch import Bools
from octy.engine.folding import Asking, in_ranges, read
from octy.engine.kernels import history
from octy.engine.kernels.layout import LENGTH_US
from octy.engine.kinds import places_of, scratch_for, steps_of
from octy.engine.runs import Run
from octy.engine.specification import past_spec
from octy.model.segments import SegmentDefinition


def members(
    definitions: Sequence[SegmentDefinition],
    type_numbers: Mapping[str, int],
    runs: Sequence[Run],
    profiles: int,
    now_us: int,
    threads: int,
) -> Bools:
    """bool[definitions, profiles], profile properties aside (V3). Arguments as those of `fold_runs`."""
    asking = Asking(type_numbers)
    tables = [asking.table(definition) for definition in definitions]
    spec = np.stack([past_spec(definition) for definition in definitions])
    wanted = asking.wanted
    steps = steps_of(tables, spec, wanted, now_us + 1, notes_newest=False)
    places = places_of(spec)
    since_us = now_us + 1 - spec[:, LENGTH_US]
    member = np.zeros((len(definitions), profiles), np.bool_)

    def judge(first: int, end: int) -> None:
        found = read(runs, wanted, first, end)
        if found is not None:
            scratch = scratch_for(places)
            history.mark_members(steps, since_us, found.events, found.bounds, first, end, scratch, member)

    in_ranges(runs, profiles, threads, judge)
    return member

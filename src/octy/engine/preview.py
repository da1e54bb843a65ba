"""Who would be a member of past segments now? Answered from stored events alone, without putting anything to work.

Of each profile a few bits are kept (`kernels.progress`), and those only until it is judged.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from octy.engine.batch import Bools
from octy.engine.folding import Asking, Work, in_ranges
from octy.engine.kernels import progress
from octy.engine.progress import routes_of
from octy.engine.reading import Reader
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
    member = np.zeros((len(definitions), profiles), np.bool_)
    if not definitions:
        return member
    asking = Asking(type_numbers)
    tables = [asking.table(definition) for definition in definitions]
    spec = np.stack([past_spec(definition) for definition in definitions])
    kinds, routes, goals = routes_of(tables, spec, asking.wanted, now_us)

    def begin(size: int) -> Work:
        reader = Reader(runs, asking.wanted)
        reached = np.empty((size, len(routes.starting)), np.uint64)
        newest_us = np.empty(size, np.int64)

        def judge(first: int, end: int) -> None:
            events = reader.events(first, end, kinds)
            if events is not None:
                progress.mark_members(routes, goals, events, first, end, reached, newest_us, member)

        return judge

    in_ranges(runs, profiles, threads, begin)
    return member

"""How are all stored events taken at once, on all cores? And which steps do the askers have, in the runs' numbers?

Runs are ordered by profile. So the profiles are parted into ranges, of each of which all runs' rows are read, and a
kernel takes them profile by profile.
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from octy.engine.plan import StepTable, Watch, step_table
from octy.engine.runs import Run, Wanted
from octy.model.segments import SegmentDefinition, Step

ROWS_PER_RANGE = 262_144
"""About how many events are in memory for each thread."""
PROFILES_PER_RANGE_MAX = 65_536

Work = Callable[[int, int], None]
"""Takes the profiles from the first to before the end."""


class Asking:
    """Turns definitions into step tables over the caller's numbers of event types."""

    def __init__(self, type_numbers: Mapping[str, int]) -> None:
        """`type_numbers` by name; events of types that are not in it do not exist."""
        self._type_numbers = type_numbers
        self._watch = Watch()

    def table(self, definition: SegmentDefinition) -> StepTable:
        """The steps of a definition."""
        return step_table(definition, lambda name: self._type_numbers.get(name, -1), self._conditions)

    @property
    def wanted(self) -> Wanted:
        """The property keys that the tables so far ask for, by slot."""
        return list(zip(self._watch.slots, self._watch.codes, strict=True))

    def _conditions(self, step: Step) -> list[tuple[int, int]]:
        return [self._watch.condition(key, text) for key, text in step.conditions()]


def in_ranges(runs: Sequence[Run], profiles: int, threads: int, begin: Callable[[int], Work]) -> None:
    """Has ranges that hold all profiles worked on by so many threads, each of which takes one after the other.

    `begin` gives each thread its own work; it is told how many profiles a range has at most.
    """
    rows = sum(one.row_count for one in runs)
    size = min(PROFILES_PER_RANGE_MAX, max(1, profiles * ROWS_PER_RANGE // max(rows, 1)))
    firsts = iter(range(0, profiles, size))  # shared: who takes the next one gets it alone

    def take() -> None:
        work = begin(size)
        for first in firsts:
            work(first, min(first + size, profiles))

    if threads == 1 or profiles <= size:
        take()
        return
    with ThreadPoolExecutor(threads) as pool:
        for one in [pool.submit(take) for _ in range(threads)]:
            one.result()

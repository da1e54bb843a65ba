"""What were profiles at some instants: which tags did they bear, what had they done? Told from stored events alone.

A segment's history is hypothetical: as if it had been there before the first event. So a live segment sees all events
(L1), and by the time of events each is fresh at its own instant (L2).
"""

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np

from octy.engine.batch import Bools, Floats, Longs
from octy.engine.folding import ROWS_PER_RANGE, Asking
from octy.engine.kernels import chronicle
from octy.engine.kernels.chronicle import Answer, Asked, Question
from octy.engine.kernels.columns import Columns
from octy.engine.kernels.counting import COUNTS, VALUES, Counted
from octy.engine.kernels.events import Events
from octy.engine.kernels.layout import BY_PROPERTY, SPEC_COLUMNS, WIDTH
from octy.engine.kernels.matching import index_of
from octy.engine.kernels.retelling import NOT_BORNE, Told, scratch_for
from octy.engine.plan import StepTable
from octy.engine.reading import Chapter, Reader
from octy.engine.runs import NumberOf, Run, ValuedRun, Wanted
from octy.engine.specification import live_spec, past_spec
from octy.model.instants import NEVER, UNSET
from octy.model.segments import SegmentDefinition, SegmentType

ROWS_AT_ONCE = 131_072
"""About how many rows of the answer are in memory for each thread."""


class Value(NamedTuple):
    """Which property of the asked events is summed."""

    key: str
    number_of: NumberOf


class Label(NamedTuple):
    """Does none of the asked events happen in the time after an instant?"""

    horizon_us: int
    over_us: int
    """Horizons that end later are not over, and have no label."""
    known_us: int = NEVER
    """Events that were accepted later do not count."""


class Instants(NamedTuple):
    """At which instants, and what is known at each."""

    at_us: Sequence[int]
    """Ascending, no two equal."""
    known_us: Sequence[int] | None = None
    """For each: events that were accepted later are not known. Ascending, or all equal. None: by the time of events."""


class People(NamedTuple):
    """The profiles, by key."""

    created_us: Longs
    """`NEVER` where that is not known yet."""
    is_told: Bools
    eligible: Bools
    """bool[segments, profiles]: whose properties are as a segment asks (V3); True for segments that ask for none."""


def chronicle_of(
    definitions: Sequence[SegmentDefinition],
    type_numbers: Mapping[str, int],
    runs: Sequence[ValuedRun],
    people: People,
    instants: Instants,
    asked_type: str,
    charged_type: str,
    threads: int,
    label: Label | None = None,
    value: Value | None = None,
) -> Iterator[Answer]:
    """The rows of all profiles, some profiles at a time, by profile and then by instant; instants counted from 0.

    `type_numbers` are those by which the runs know event types; the runs' seqs rise from one to the next.
    """
    asking = Asking(type_numbers)
    tables = [asking.table(definition) for definition in definitions]
    numbers = [type_numbers.get(name, UNSET) for name in (asked_type, charged_type)]
    question = _question(definitions, tables, people, instants, numbers, label)
    profiles = len(people.created_us)
    size = _profiles_at_once(runs, profiles, len(instants.at_us))
    by_receipt = instants.known_us is not None

    def answer(teller: "_Teller", first: int) -> Answer:
        return teller.tell(first, min(first + size, profiles))

    tellers = [_Teller(runs, asking.wanted, question, people, value, by_receipt=by_receipt) for _ in range(threads)]
    yield from _in_turns(tellers, range(0, profiles, size), answer)


def _in_turns(
    tellers: Sequence["_Teller"], firsts: Sequence[int], answer: Callable[["_Teller", int], Answer]
) -> Iterator[Answer]:
    """Each thread has a teller, and the answers come in the order of the profiles."""
    free = deque(tellers)
    under_way: deque[tuple[_Teller, Future[Answer]]] = deque()
    with ThreadPoolExecutor(len(tellers)) as pool:
        try:
            for first in firsts:
                told = None
                if not free:
                    teller, done = under_way.popleft()
                    told = done.result()
                    free.append(teller)
                teller = free.popleft()
                under_way.append((teller, pool.submit(answer, teller, first)))
                if told is not None:
                    yield told
            while under_way:
                yield under_way.popleft()[1].result()
        finally:
            for _, waiting in under_way:
                waiting.cancel()


class _Teller:
    """One thread's."""

    def __init__(
        self,
        runs: Sequence[ValuedRun],
        wanted: Wanted,
        question: Question,
        people: People,
        value: Value | None,
        *,
        by_receipt: bool,
    ) -> None:
        self._runs = runs
        self._reader = Reader(runs, wanted, as_accepted=by_receipt)
        self._by_receipt = by_receipt
        self._wanted = wanted
        self._question = question
        self._people = people
        self._value = value
        spec = question.spec
        self._scratch = scratch_for(len(spec), int(spec[:, WIDTH].max(initial=1)))

    def tell(self, first: int, end: int) -> Answer:
        """The rows of the profiles `first` to `end` - 1."""
        found = self._reader.chapter(first, end) or _nothing(len(self._wanted))
        accepted_us, seq = (
            (found.accepted_us + 1, found.seq) if self._by_receipt else (found.created_us, found.created_us)
        )
        codes = np.ascontiguousarray(found.codes.T)
        columns = Columns(found.profile, found.event_type, found.created_us + 1, accepted_us, codes, seq)
        events = Events(found.bounds, found.profile, found.event_type, columns.created_us, found.codes)
        rows = (end - first) * len(self._question.instants_us)
        room = room_for(rows, len(self._question.spec), has_values=self._value is not None)
        numbers = self._numbers(first, end, found)
        told = chronicle.retell(self._question, columns, numbers, events, first, end, self._scratch, room)
        return self._without_ineligible(_cut(room, told))

    def _numbers(self, first: int, end: int, found: Chapter) -> Floats:
        """float64[events]; none where nobody asks."""
        if self._value is None:
            return np.empty(0, np.float64)
        numbers = np.empty(len(found.profile), np.float64)
        start = 0
        for one in self._runs:
            before, after = one.rows_before(first), one.rows_before(end)
            if before < after:
                one.read_numbers(*self._value, before, numbers[start : start + after - before])
                start += after - before
        return numbers

    def _without_ineligible(self, answer: Answer) -> Answer:
        """V3."""
        for place in np.flatnonzero(self._question.spec[:, BY_PROPERTY]).tolist():
            is_out = ~self._people.eligible[place, answer.profile]
            answer.told.held_us[place, is_out] = NOT_BORNE
            answer.told.entries[place, is_out] = 0
        return answer


def _question(
    definitions: Sequence[SegmentDefinition],
    tables: Sequence[StepTable],
    people: People,
    instants: Instants,
    numbers: Sequence[int],
    label: Label | None,
) -> Question:
    """Live segments take events as received where that matters, else in order with the past ones."""
    spec = [live_spec(one, UNSET) if one.segment_type is SegmentType.LIVE else past_spec(one) for one in definitions]
    is_received = [instants.known_us is not None and one.segment_type is SegmentType.LIVE for one in definitions]
    at_us = np.array(instants.at_us, np.int64)
    known_us = np.full(len(at_us), NEVER) if instants.known_us is None else np.array(instants.known_us, np.int64)
    return Question(
        spec=np.array(spec, np.int64).reshape(len(spec), SPEC_COLUMNS),
        in_order=_asked(tables, [place for place, received in enumerate(is_received) if not received]),
        as_received=_asked(tables, [place for place, received in enumerate(is_received) if received]),
        instants_us=at_us + 1,
        known_us=known_us + 1,
        created_us=people.created_us + 1,
        is_told=people.is_told,
        asked_type=numbers[0],
        charged_type=numbers[1],
        horizon_us=0 if label is None else label.horizon_us,
        label_known_us=NEVER if label is None else label.known_us + 1,
        label_over_us=0 if label is None else label.over_us + 1,
    )


def _asked(tables: Sequence[StepTable], places: Sequence[int]) -> Asked:
    return Asked(index_of({place: tables[place] for place in places}), np.array(places, np.int64))


def _profiles_at_once(runs: Sequence[Run], profiles: int, instants: int) -> int:
    """So many that neither their events nor their rows take too much memory."""
    events = sum(one.row_count for one in runs)
    by_events = profiles * ROWS_PER_RANGE // max(events, 1)
    return max(1, min(by_events, ROWS_AT_ONCE // instants))


def _nothing(slots: int) -> Chapter:
    """No events."""
    ints, longs = np.empty(0, np.int32), np.empty(0, np.int64)
    return Chapter(np.zeros(1, np.int64), ints, ints, longs, np.empty((slots, 0), np.int32), longs, longs)


def room_for(rows: int, segments: int, *, has_values: bool) -> Answer:
    """An answer that is to be filled."""

    def longs(*more: int) -> Longs:
        return np.empty((*more, rows), np.int64)

    return Answer(
        np.empty(rows, np.int32),
        np.empty(rows, np.int32),
        Told(longs(segments), np.empty((segments, rows), np.int32)),
        Counted(
            recency_us=longs(),
            tenure_us=longs(),
            events=longs(COUNTS),
            asked_recency_us=longs(),
            asked=longs(COUNTS),
            values=np.empty((VALUES if has_values else 0, rows), np.float64),
            has_charged=np.empty(rows, np.int8),
            label=np.empty(rows, np.int8),
        ),
    )


def _cut(answer: Answer, rows: int) -> Answer:
    """The first rows."""

    def cut(part: Any) -> Any:  # noqa: ANN401 - a tuple of arrays, or an array
        return part[..., :rows] if isinstance(part, np.ndarray) else type(part)(*map(cut, part))

    cut_answer: Answer = cut(answer)
    return cut_answer

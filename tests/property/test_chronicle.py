"""What profiles were at some instants, over events in any runs, against the plain rules told anew for each instant."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from octy.engine import chronicle
from octy.engine.chronicle import Instants, Label, People, Value, chronicle_of
from octy.model.instants import NEVER, US_PER_DAY, US_PER_MINUTE, parse_instant
from octy.model.segments import SegmentDefinition, SegmentType
from octy.model.tags import ChangeKind
from tests.property.happenings import DOINGS, WINDOW_DAYS, WINDOW_MINUTES, Doing, live_definitions, past_definitions
from tests.property.harness import SortedRun, StoredEvent
from tests.reference.life import Occurrence
from tests.reference.model import Model

BEGIN_US = parse_instant("2024-01-01T00:00:00Z")
END_US = BEGIN_US + 12 * US_PER_DAY
PROFILES = 3
PLANS: list[dict[str, Any]] = [{"plan": "30"}, {"plan": 31}, {}]
NUMBERS = {"pay": 3, "view": 5, "cart": 4}
STEPS_US = [
    0,
    1,
    US_PER_MINUTE,
    10 * US_PER_MINUTE,
    *(minutes * US_PER_MINUTE + edge for minutes in WINDOW_MINUTES for edge in (-1, 0, 1)),
    *(days * US_PER_DAY + edge for days in (*WINDOW_DAYS, 7) for edge in (-1, 0, 1)),
]
LATE_US = [0, 0, 0, 1, 5 * US_PER_MINUTE, 10 * US_PER_MINUTE + 1, US_PER_DAY, 5 * US_PER_DAY]


class Happened(NamedTuple):
    """An event, so long after the one before it, and received so much later."""

    profile: int
    doing: Doing
    after_us: int
    late_us: int
    price: Any


class Row(NamedTuple):
    """What is to be said of a profile at an instant."""

    profile: int
    at_us: int
    tags: list[tuple[int, int]]
    """Of each segment, how long its tag has been held (-1: not at all), and how often it was put on."""
    counts: dict[str, Any]


happened = st.builds(
    Happened,
    st.integers(0, PROFILES - 1),
    st.sampled_from(DOINGS),
    st.sampled_from(STEPS_US),
    st.sampled_from(LATE_US),
    st.sampled_from([None, 1, 2.5, "3", "many", True]),
)
definitions = st.lists(st.one_of(past_definitions(), live_definitions()), max_size=5)


def stored(events: Sequence[Happened]) -> list[StoredEvent]:
    """In the order in which they were accepted, whatever the order in which they happened."""
    at_us, placed = BEGIN_US, []
    for one in events:
        at_us += one.after_us
        placed.append((at_us + one.late_us, at_us, one))
    placed.sort(key=lambda row: row[0])
    return [
        StoredEvent(
            seq,
            one.profile,
            one.doing.event_type,
            created_us,
            accepted_us,
            {**(one.doing.properties or {}), "price": one.price},
        )
        for seq, (accepted_us, created_us, one) in enumerate(placed, 1)
    ]


def tags_by_the_rules(
    definitions: Sequence[SegmentDefinition],
    rows: Sequence[StoredEvent],
    data: dict[str, Any],
    at_us: int,
    *,
    as_received: bool,
) -> list[tuple[int, int]]:
    """One profile's. The rows are those that are known; each happens when it was received, or when it happened."""
    model = Model(0)
    profile = model.add_profile()
    model.change_data(profile, data)
    for key, definition in enumerate(definitions):
        if definition.segment_type is SegmentType.LIVE:
            model.create_live(key, definition)
        else:
            model.begin_backfill(key, definition)
            model.finish_backfill(key)
    lived = []
    for row in sorted(rows, key=lambda row: row.seq if as_received else (row.created_us, row.seq)):
        when_us = row.accepted_us if as_received else row.created_us
        lived += model.accept([Occurrence(profile, row.event_type, row.created_us, when_us, row.properties)])
    lived += model.advance(at_us)
    told = []
    for key in range(len(definitions)):
        mine = [change for change in lived if change.segment == key]
        entered = [change for change in mine if change.kind is ChangeKind.CREATED]
        is_borne = bool(mine) and mine[-1].kind is not ChangeKind.REMOVED
        told.append((at_us - entered[-1].effective_us if is_borne else -1, len(entered)))
    return told


def counts_by_the_rules(rows: Sequence[StoredEvent], created_us: int, at_us: int) -> dict[str, Any]:
    """One profile's, of the rows that are known."""
    rows = sorted(rows, key=lambda row: (row.created_us, row.seq))
    paid = [row for row in rows if row.event_type == "pay"]

    def within(some: Sequence[StoredEvent], days: int) -> list[StoredEvent]:
        return [row for row in some if row.created_us > at_us - days * US_PER_DAY]

    def worth(some: Sequence[StoredEvent]) -> float:
        total = 0.0
        for row in some:
            total += number_of(str((row.properties or {})["price"]))
        return total

    return {
        "recency_us": at_us - rows[-1].created_us if rows else -1,
        "tenure_us": at_us - min([created_us, *(row.created_us for row in rows)]),
        "events": [*(len(within(rows, days)) for days in (7, 30, 90)), len(rows)],
        "asked_recency_us": at_us - paid[-1].created_us if paid else -1,
        "asked": [*(len(within(paid, days)) for days in (7, 30, 90)), len(paid)],
        "values": [*(worth(within(paid, days)) for days in (30, 90)), worth(paid)],
        "has_charged": int(any(row.event_type == "cart" for row in rows)),
    }


def number_of(text: str) -> float:
    return {"1": 1.0, "2.5": 2.5, "3": 3.0}.get(text, 0.0)


def by_the_rules(
    definitions: Sequence[SegmentDefinition],
    rows: Sequence[StoredEvent],
    created_us: Sequence[int],
    data: Sequence[dict[str, Any]],
    instants: Instants,
    label: Label | None,
) -> list[Row]:
    found = []
    for profile in range(PROFILES):
        mine = [row for row in rows if row.profile == profile]
        for place, at_us in enumerate(instants.at_us):
            known_us = NEVER if instants.known_us is None else instants.known_us[place]
            known = [row for row in mine if row.created_us <= at_us and row.accepted_us <= known_us]
            if created_us[profile] > at_us and not known:
                continue
            tags = tags_by_the_rules(definitions, known, data[profile], at_us, as_received=False)
            if instants.known_us is not None:
                received = [row for row in mine if row.accepted_us <= min(at_us, known_us)]
                of_live = tags_by_the_rules(definitions, received, data[profile], at_us, as_received=True)
                tags = [
                    live if definition.segment_type is SegmentType.LIVE else past
                    for definition, live, past in zip(definitions, of_live, tags, strict=True)
                ]
            counts = counts_by_the_rules(known, created_us[profile], at_us)
            if label is not None:
                end_us = at_us + label.horizon_us
                counts["label"] = (
                    -1
                    if end_us > label.over_us
                    else int(
                        not any(
                            row.event_type == "pay"
                            and at_us < row.created_us <= end_us
                            and row.accepted_us <= label.known_us
                            for row in mine
                        )
                    )
                )
            found.append(Row(profile, at_us, tags, counts))
    return found


def by_the_engine(
    definitions: Sequence[SegmentDefinition],
    rows: Sequence[StoredEvent],
    created_us: Sequence[int],
    data: Sequence[dict[str, Any]],
    instants: Instants,
    label: Label | None,
    rows_per_run: int = 7,
    threads: int = 1,
) -> list[Row]:
    runs = [SortedRun(rows[at : at + rows_per_run], NUMBERS) for at in range(0, len(rows), rows_per_run)]
    eligible = np.ones((len(definitions), PROFILES), np.bool_)
    for place, definition in enumerate(definitions):
        if definition.profile_property_name is not None:
            eligible[place] = [str(one.get(definition.profile_property_name)) == "30" for one in data]
    people = People(np.array(created_us, np.int64), np.ones(PROFILES, np.bool_), eligible)
    found = []
    value = Value("price", number_of)
    for answer in chronicle_of(definitions, NUMBERS, runs, people, instants, "pay", "cart", threads, label, value):
        counted = answer.counted
        for row in range(len(answer.profile)):
            counts = {
                name: getattr(counted, name)[..., row].tolist()
                for name in counted._fields
                if name != "label" or label is not None
            }
            tags = zip(answer.told.held_us[:, row].tolist(), answer.told.entries[:, row].tolist(), strict=True)
            found.append(Row(int(answer.profile[row]), instants.at_us[answer.instant[row]], list(tags), counts))
    return found


@st.composite
def instants_of(draw: st.DrawFn, rows: Sequence[StoredEvent]) -> Instants:
    """Often an event's, or a window's end after it, or a microsecond beside that; known by now, or by then."""
    edges = [
        row.created_us + after_us + edge_us
        for row in rows
        for after_us in (0, *(d * US_PER_DAY for d in WINDOW_DAYS), *(m * US_PER_MINUTE for m in WINDOW_MINUTES))
        for edge_us in (-1, 0, 1)
    ]
    edges += [row.accepted_us for row in rows] + [BEGIN_US - 1, END_US]
    at_us = sorted(draw(st.sets(st.sampled_from(edges), min_size=1, max_size=5)))
    known = draw(st.sampled_from(["now", "at each", "at one"]))
    if known == "now":
        return Instants(at_us)
    return Instants(at_us, at_us if known == "at each" else [draw(st.sampled_from(edges))] * len(at_us))


@settings(deadline=None, max_examples=100)
@given(st.data())
def test_a_chronicle_tells_what_the_rules_tell_for_each_instant_anew(data: st.DataObject) -> None:
    rows = stored(data.draw(st.lists(happened, max_size=14)))
    asked = data.draw(definitions)
    instants = data.draw(instants_of(rows))
    created_us = [data.draw(st.sampled_from([0, BEGIN_US + US_PER_DAY, NEVER])) for _ in range(PROFILES)]
    plans = [data.draw(st.sampled_from(PLANS)) for _ in range(PROFILES)]
    label = data.draw(
        st.sampled_from([None, Label(US_PER_DAY, END_US), Label(3 * US_PER_DAY, END_US - 4 * US_PER_DAY)])
    )
    if label is not None and instants.known_us is not None:
        label = label._replace(known_us=data.draw(st.sampled_from([NEVER, instants.known_us[-1]])))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(chronicle, "ROWS_AT_ONCE", data.draw(st.sampled_from([1, 100_000])))
        told = by_the_engine(
            asked, rows, created_us, plans, instants, label, data.draw(st.sampled_from([1, 4, 40])), threads=2
        )
    assert told == by_the_rules(asked, rows, created_us, plans, instants, label)


@settings(deadline=None, max_examples=100)
@given(st.data())
def test_nothing_that_happens_after_an_instant_leaks_into_its_rows(data: st.DataObject) -> None:
    rows = stored(data.draw(st.lists(happened, min_size=1, max_size=14)))
    asked = data.draw(definitions)
    instants = data.draw(instants_of(rows))
    created_us, plans = [BEGIN_US] * PROFILES, PLANS[:1] * PROFILES
    whole = by_the_engine(asked, rows, created_us, plans, instants, None)
    for place, at_us in enumerate(instants.at_us):
        known_us = None if instants.known_us is None else [instants.known_us[place]]
        until = [
            row for row in rows if row.created_us <= at_us and (known_us is None or row.accepted_us <= known_us[0])
        ]
        alone = by_the_engine(asked, until, created_us, plans, Instants([at_us], known_us), None)
        assert alone == [row for row in whole if row.at_us == at_us]

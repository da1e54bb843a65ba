"""Who would be a member now (P1 to P4)? What `tests.property.test_previews` draws too seldom."""

from collections.abc import Sequence

import numpy as np
import pytest

from octy.engine.kernels.kinds import find_kinds
from octy.engine.kinds import by_kind, numbering_of
from octy.engine.preview import members
from octy.engine.progress import StepBit
from octy.model.instants import US_PER_DAY
from octy.model.segments import SegmentDefinition
from tests.property.happenings import Doing, defined, step
from tests.property.harness import SortedRun, StoredEvent
from tests.unit.engine.shop import OPENING_US

NUMBERS = {"view": 1, "cart": 2, "pay": 7}


def past(*event_types: str, days: int = 2, inaction: str | None = None, **properties: str) -> SegmentDefinition:
    steps = [step(Doing(event_type, properties or None), "action") for event_type in event_types]
    steps += [step(Doing(inaction, None), "inaction")] if inaction else []
    return defined("past", 2 if inaction else 1, days, steps)


def asked(definitions: Sequence[SegmentDefinition], *runs: Sequence[tuple[str, int]]) -> list[bool]:
    """Whether the one profile is a member of each; runs are of (event type, age in µs)."""
    stored, seq = [], 0
    for run in runs:
        rows = [
            StoredEvent(seq + place, 0, what, OPENING_US - age_us, OPENING_US, None)
            for place, (what, age_us) in enumerate(run)
        ]
        stored.append(SortedRun(rows, NUMBERS))
        seq += len(run)
    found = members(definitions, NUMBERS, stored, 1, OPENING_US, threads=1)
    assert found.shape == (len(definitions), 1)
    return [bool(one) for one in found[:, 0]]


def test_windows_of_every_length_end_to_the_microsecond() -> None:  # P1
    definitions = [past("view", days=days) for days in range(1, 3_651)]
    edges_us = [days * US_PER_DAY for days in (1, 2, 64, 365, 3_649, 3_650)]
    ages_us = [edge_us + beside_us for edge_us in edges_us for beside_us in (-1, 0, 1)]
    rows = [
        StoredEvent(profile + 1, profile, "view", OPENING_US - age_us, OPENING_US, None)
        for profile, age_us in enumerate(ages_us)
    ]
    found = members(definitions, NUMBERS, [SortedRun(rows, NUMBERS)], len(ages_us), OPENING_US, threads=1)
    for profile, age_us in enumerate(ages_us):
        assert found[:, profile].tolist() == [days * US_PER_DAY > age_us for days in range(1, 3_651)]


@pytest.mark.parametrize("days", [1, 90, 3_650])
def test_one_window_ends_to_the_microsecond(days: int) -> None:  # P1
    ages_us = [0, days * US_PER_DAY - 1, days * US_PER_DAY, days * US_PER_DAY + 1, 20_000 * US_PER_DAY]
    assert [asked([past("view", days=days)], [("view", age_us)]) for age_us in ages_us] == [
        [True],
        [True],
        [False],
        [False],
        [False],
    ]


def test_an_event_moves_a_profile_one_step_on() -> None:  # P2
    twice = defined("past", 1, 2, [step(Doing("view", None), "action"), step(Doing("view", {"a": 1}), "action")])
    assert asked([past("view"), twice], [("view", 1)]) == [True, False]


def test_late_events_are_taken_in_their_order() -> None:  # P7
    definitions = [past("view", "cart", "pay"), past("pay", "cart", "view")]
    assert asked(definitions, [("pay", 1)], [("cart", 2)], [("view", 3)]) == [True, False]


def test_of_equal_instants_the_one_accepted_first_is_before() -> None:  # T2
    definitions = [past("view", "pay"), past("pay", "view")]
    assert asked(definitions, [("view", 5)], [("pay", 5)]) == [True, False]
    assert asked(definitions, [("cart", 4), ("view", 5)], [("pay", 5)]) == [True, False]


def test_an_event_type_that_does_not_exist_happens_never() -> None:
    definitions = [past("view", "gone"), past("gone"), past("view", inaction="gone")]
    assert asked(definitions, [("view", 2), ("pay", 1)]) == [False, False, True]


def test_neighbours_in_a_word_do_not_see_each_other() -> None:
    """The last step of one segment is beside the first of the next."""
    definitions = [past("view", "cart"), past("pay", "cart"), past("cart", inaction="view"), past("cart", "pay")] * 40
    assert asked(definitions, [("view", 3), ("cart", 2)]) == [True, False, False, False] * 40


def test_nobody_asks() -> None:
    assert asked([], [("view", 1)]) == []


def test_nothing_happened() -> None:
    assert asked([past("view"), past("view", inaction="pay")]) == [False, False]


def test_a_kind_says_who_asks_for_its_events(monkeypatch: pytest.MonkeyPatch) -> None:
    """But for what it leaves to be compared."""
    wanted = [("plan", {"gold": 1, "free": 2}), ("page", {"/": 1}), ("size", {"1": 1})]
    conditions: list[dict[int, int]] = [{}, {0: 1}, {0: 2, 1: 1}, {1: 1}, {2: 1, 0: 1}]
    askers = {
        number: [StepBit(0, place, number, its, 0, 0) for place, its in enumerate(conditions[:count])]
        for number, count in ((2, 5), (5, 1), (6, 3))
    }
    events = [
        (what, plan, page, size) for what in range(9) for plan in range(3) for page in range(2) for size in range(2)
    ]
    columns = np.array(events, np.int32).T.copy()
    for most in (1, 2, 6, 256):
        monkeypatch.setattr("octy.engine.kinds.KINDS_PER_TYPE_MAX", most)
        numbering = numbering_of(askers, wanted)
        kind = np.empty(len(events), np.int32)
        find_kinds(numbering.kinds, columns[0], columns[1:], kind)
        fitting = by_kind(askers, numbering, wanted)
        for (what, *codes), its_kind in zip(events, kind.tolist(), strict=True):
            found = [
                one
                for one in fitting[its_kind][1]
                if all(codes[slot] == code for slot, code in numbering.left(what, one.conditions).items())
            ]
            assert found == [
                one for one in askers.get(what, []) if all(codes[slot] == code for slot, code in one.conditions.items())
            ]
        assert max(np.unique(kind[columns[0] == what]).size for what in range(9)) <= most

"""What do changes amount to, and what remains of them? (G1 to G5)"""

import itertools
import random

import msgspec
import numpy as np
import pytest
from sqlalchemy import Connection

from octy.model.tags import Cause, ChangeKind, SegmentTag
from octy.store import segments, tags
from octy.store.archive.archive import Archive
from octy.store.tags import StoredChange
from tests.integration.store.making import MINUTE_US, NOON_US, ChangeRow, apply_changes, change, segment

CREATED, UPDATED, REMOVED = ChangeKind.CREATED, ChangeKind.UPDATED, ChangeKind.REMOVED


@pytest.fixture
def two(writer: Connection, account: int) -> tuple[int, int]:
    """The keys of two segments."""
    return segments.insert(writer, segment(account, "first")), segments.insert(writer, segment(account, "second"))


def minutes(connection: Connection) -> dict[tuple[int, int], int]:
    """The `created_us` of all tags, in minutes after noon, by profile and segment."""
    rows = connection.exec_driver_sql("SELECT profile_key, segment_key, created_us FROM tags")
    return {(profile, key): (created_us - NOON_US) // MINUTE_US for profile, key, created_us in rows}


def one_by_one(changes: list[ChangeRow]) -> dict[tuple[int, int], int]:
    """The rules, as plainly as they can be said."""
    borne: dict[tuple[int, int], int] = {}
    for row in changes:
        whose, minute = (row.profile_key, row.segment_key), (row.tag_created_us - NOON_US) // MINUTE_US
        if row.kind == CREATED:
            borne[whose] = minute
        elif row.kind == REMOVED:
            borne.pop(whose, None)
        elif whose in borne:
            borne[whose] = max(borne[whose], minute)
    return borne


def test_a_created_tag_is_borne_from_its_instant(writer: Connection, account: int) -> None:
    apply_changes(writer, account, [change(CREATED, profile=3, segment=2, at=5)])
    assert minutes(writer) == {(3, 2): 5}


def test_a_tag_shows_its_own_instant_not_that_of_the_effect(writer: Connection, archive: Archive, account: int) -> None:
    # G2: a late event's tag dates from its acceptance
    late = change(CREATED, at=5)._replace(tag_created_us=NOON_US + 9 * MINUTE_US)
    apply_changes(writer, account, [late])
    assert minutes(writer) == {(0, 1): 9}
    assert tags.history(writer, archive, account, 0)[0].effective_us == NOON_US + 5 * MINUTE_US


def every_three_changes() -> list[ChangeRow]:
    """All kinds in all orders of their instants, each three of them another profile's."""
    trials = itertools.product(itertools.product(ChangeKind, repeat=3), itertools.permutations([1, 2, 3]))
    return [
        change(kind, profile, at=at)
        for profile, (kinds, instants) in enumerate(trials)
        for kind, at in zip(kinds, instants, strict=True)
    ]


def test_any_three_changes_of_a_tag_act_in_their_order(writer: Connection, account: int) -> None:
    # G3: a match that is older than the tag's does not move it back
    changes = every_three_changes()
    apply_changes(writer, account, changes)
    assert minutes(writer) == one_by_one(changes)


def test_any_three_changes_act_the_same_in_calls_of_their_own(writer: Connection, account: int) -> None:
    changes = every_three_changes()
    for row in changes:
        apply_changes(writer, account, [row])
    assert minutes(writer) == one_by_one(changes)


def test_a_thousand_changes_in_calls_of_any_size_come_to_the_same(
    writer: Connection, archive: Archive, account: int
) -> None:
    chance = random.Random(4)
    changes = [
        change(
            chance.choice(list(ChangeKind)),
            chance.randrange(8),
            chance.randrange(1, 4),
            at=chance.randrange(100),
            seq=seq,
        )
        for seq in range(1, 1001)
    ]
    rest = list(changes)
    while rest:
        size = chance.randrange(60)
        apply_changes(writer, account, rest[:size])
        rest = rest[size:]
    assert minutes(writer) == one_by_one(changes)
    for profile in range(8):
        recorded = [one.event_seq for one in tags.history(writer, archive, account, profile)]
        assert recorded == [row.event_seq for row in changes if row.profile_key == profile]


def test_a_change_touches_nobody_else(writer: Connection, account: int) -> None:
    apply_changes(writer, account, [change(CREATED, profile, key) for profile in (0, 1) for key in (1, 2)])
    apply_changes(writer, account, [change(REMOVED, 0, 1), change(UPDATED, 1, 2, at=4)])
    assert minutes(writer) == {(0, 2): 0, (1, 1): 0, (1, 2): 4}


def test_every_change_is_remembered_in_its_order_and_in_full(
    writer: Connection, archive: Archive, account: int, stranger: int
) -> None:
    # G5
    apply_changes(writer, account, [change(CREATED, at=5, seq=17), change(CREATED, profile=1), change(REMOVED, at=2)])
    apply_changes(writer, stranger, [change(CREATED)])
    at_5_us, at_2_us = NOON_US + 5 * MINUTE_US, NOON_US + 2 * MINUTE_US
    assert tags.history(writer, archive, account, 0) == [
        StoredChange(1, "segment_1", "tag 1", CREATED, at_5_us, at_5_us + MINUTE_US, Cause.EVENT, 17),
        StoredChange(1, "segment_1", "tag 1", REMOVED, at_2_us, at_2_us + MINUTE_US, Cause.TIME, None),
    ]


def test_no_changes_change_nothing(writer: Connection, account: int) -> None:
    apply_changes(writer, account, [])
    assert minutes(writer) == {}


def test_a_profiles_tags_come_in_the_order_of_their_creation(
    writer: Connection, account: int, stranger: int, two: tuple[int, int]
) -> None:
    # G1
    first, second = two
    third = segments.insert(writer, segment(account, "third"))
    apply_changes(
        writer,
        account,
        [change(CREATED, 0, third, at=2), change(CREATED, 0, second, at=1), change(CREATED, 0, first, at=2)],
    )
    apply_changes(writer, account, [change(CREATED, 4, second, at=3)])
    theirs = segments.insert(writer, segment(stranger, "first"))
    apply_changes(writer, stranger, [change(CREATED, 0, theirs), change(CREATED, 5, theirs)])
    at_1_us, at_2_us, at_3_us = (NOON_US + minute * MINUTE_US for minute in (1, 2, 3))
    assert tags.of_profiles(writer, account, [0, 1, 4, 5]) == {
        0: (SegmentTag("second", at_1_us), SegmentTag("first", at_2_us), SegmentTag("third", at_2_us)),
        4: (SegmentTag("second", at_3_us),),
    }
    assert tags.of_profiles(writer, account, []) == {}


def test_more_profiles_than_fit_into_a_statement_are_found(
    writer: Connection, account: int, two: tuple[int, int]
) -> None:
    apply_changes(writer, account, [change(CREATED, profile, two[0]) for profile in range(2500)])
    assert len(tags.of_profiles(writer, account, list(range(5000)))) == 2500


def test_a_segments_bearers_come_as_ascending_keys(writer: Connection, account: int, two: tuple[int, int]) -> None:
    apply_changes(writer, account, [change(CREATED, profile, two[0]) for profile in (7, 3, 5)])
    bearers = tags.tagged_profiles(writer, two[0])
    assert bearers.tolist() == [3, 5, 7]
    assert bearers.dtype == tags.tagged_profiles(writer, two[1]).dtype == np.int32
    assert tags.tagged_profiles(writer, two[1]).tolist() == []


def test_bearers_are_counted_by_segment(writer: Connection, account: int, stranger: int, two: tuple[int, int]) -> None:
    other = segments.insert(writer, segment(stranger, "first"))
    apply_changes(writer, account, [change(CREATED, profile, two[1]) for profile in range(3)])
    apply_changes(writer, stranger, [change(CREATED, 0, other)])
    assert segments.counts(writer, account) == {two[1]: 3}
    assert segments.counts(writer, stranger) == {other: 1}


def test_a_removed_segment_takes_its_tags_and_leaves_their_history(
    writer: Connection, archive: Archive, account: int, two: tuple[int, int]
) -> None:
    # X2, G5
    first, second = two
    apply_changes(writer, account, [change(CREATED, 0, first), change(CREATED, 0, second)])
    segments.remove(writer, first)
    assert [stored.segment_key for stored in segments.all_segments(writer)] == [second]
    assert minutes(writer) == {(0, second): 0}
    history = tags.history(writer, archive, account, 0)
    assert [(one.segment_key, one.segment_id, one.segment_tag) for one in history] == [
        (first, f"segment_first_of_{account}", "first"),
        (second, f"segment_second_of_{account}", "second"),
    ]


def test_a_number_whose_row_is_gone_is_not_given_to_a_change_again(
    writer: Connection, archive: Archive, account: int, stranger: int
) -> None:
    assert tags.last_change_id(writer) == 0
    apply_changes(writer, stranger, [change(CREATED)])
    apply_changes(writer, account, [change(CREATED, 0), change(CREATED, 1)])
    assert tags.delete_of_profiles(writer, archive, account, [1]) == 1
    assert tags.last_change_id(writer) == 3
    apply_changes(writer, account, [change(REMOVED, 0)])
    assert tags.last_change_id(writer) == 4
    assert [one.kind for one in tags.history(writer, archive, account, 0)] == [CREATED, REMOVED]


def test_a_segments_names_last_whoever_has_taken_its_own_meanwhile(
    writer: Connection, account: int, two: tuple[int, int]
) -> None:
    # G5
    segments.remove(writer, two[0])
    again = segments.insert(writer, msgspec.structs.replace(segment(account, "first"), segment_id="segment_new"))
    assert again not in two
    assert segments.names(writer, account) == {two[0]: "first", two[1]: "second", again: "first"}

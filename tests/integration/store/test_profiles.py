"""How profiles come back, how they are found, and what is left of one that goes."""

import pytest
from sqlalchemy import Connection

from octy.model.profiles import Profile
from octy.model.tags import ChangeKind
from octy.model.values import Scalar
from octy.store import erasures, events, message_ids, outbox, profiles, segments, webhook_sequences
from octy.store.archive.archive import Archive
from octy.store.outbox import AttemptRow, Done
from octy.store.profiles import StoredProfile
from octy.store.schema import metadata
from tests.integration.store.making import (
    MINUTE_US,
    NOON_US,
    apply_changes,
    change,
    delivery,
    event,
    insert_events,
    profile,
    segment,
)

BLOCKS = ("event_blocks", "change_blocks")
DATA: dict[str, Scalar] = {"city": "Köln ✓", "age": 2**63 - 1, "score": 30.0, "vip": True, "": ""}


def found_keys(found: list[StoredProfile]) -> list[int]:
    return [stored.profile_key for stored in found]


def row_counts(connection: Connection) -> dict[str, int]:
    """How many rows each table has; and of the logs, how many rows its blocks have."""
    counted = dict.fromkeys(metadata.tables, "count(*)") | dict.fromkeys(BLOCKS, "coalesce(sum(row_count), 0)")
    return {
        name: connection.exec_driver_sql(f"SELECT {what} FROM {name}").scalar_one() for name, what in counted.items()
    }


def test_a_profile_comes_back_as_it_was(writer: Connection, account: int) -> None:
    full = Profile("profile_1", "ana", True, DATA, {"os": "…"}, "inactive", NOON_US, NOON_US + 1)
    profiles.insert_many(writer, account, [StoredProfile(0, full)])
    (stored,) = profiles.by_keys(writer, account, [0])
    assert stored == StoredProfile(0, full)
    assert {key: type(value) for key, value in stored.profile.profile_data.items()} == {
        key: type(value) for key, value in DATA.items()
    }


def test_an_update_replaces_everything_but_ids_and_creation(writer: Connection, account: int, stranger: int) -> None:
    profiles.insert_many(writer, account, [profile(0, "ana"), profile(1, "bea")])
    profiles.insert_many(writer, stranger, [profile(0, "ana", prefix="their ")])
    changed = Profile("other id", "other customer", True, DATA, {"os": "tv"}, "inactive", 5, NOON_US + 9)
    profiles.update_many(writer, account, [StoredProfile(0, changed)])
    profiles.update_many(writer, account, [])
    ana, bea = profiles.by_keys(writer, account, [0, 1])
    assert ana.profile == Profile("profile_of ana", "ana", True, DATA, {"os": "tv"}, "inactive", NOON_US, NOON_US + 9)
    assert bea == profile(1, "bea")
    assert profiles.by_keys(writer, stranger, [0]) == [profile(0, "ana", prefix="their ")]


def test_charging_is_set_once(writer: Connection, account: int, stranger: int) -> None:
    # E4
    for whose, prefix in ((account, ""), (stranger, "their ")):
        profiles.insert_many(writer, whose, [profile(key, prefix=prefix) for key in range(3)])
    profiles.set_charged(writer, account, [1], NOON_US + MINUTE_US)
    profiles.set_charged(writer, account, [1, 2], NOON_US + 2 * MINUTE_US)
    profiles.set_charged(writer, account, [], NOON_US)
    states = [(one.profile.has_charged, one.profile.updated_us) for one in profiles.by_keys(writer, account, [0, 1, 2])]
    assert states == [(False, NOON_US), (True, NOON_US + MINUTE_US), (True, NOON_US + 2 * MINUTE_US)]
    assert not any(one.profile.has_charged for one in profiles.by_keys(writer, stranger, [0, 1, 2]))


def test_profiles_are_found_by_each_of_their_ids(writer: Connection, account: int, stranger: int) -> None:
    profiles.insert_many(writer, account, [profile(0, "ana"), profile(1, "bea"), profile(2, "cleo")])
    profiles.insert_many(writer, stranger, [profile(0, "dora")])
    assert found_keys(profiles.by_customer_ids(writer, account, ["cleo", "ana", "cleo", "dora"])) == [0, 2]
    assert found_keys(profiles.by_profile_ids(writer, account, ["profile_of bea", "profile_of dora", "bea"])) == [1]
    assert found_keys(profiles.by_any_ids(writer, account, ["ana", "profile_of cleo", "profile_of ana"])) == [0, 2]
    assert profiles.by_any_ids(writer, account, []) == []


def test_a_profile_id_goes_before_a_customer_id_that_imitates_it(writer: Connection, account: int) -> None:
    profiles.insert_many(writer, account, [profile(0, "profile_of bea"), profile(1, "bea")])
    assert found_keys(profiles.by_any_ids(writer, account, ["profile_of bea"])) == [1, 0]


def test_more_ids_than_fit_into_a_statement_are_found(writer: Connection, account: int) -> None:
    profiles.insert_many(writer, account, [profile(key) for key in range(2500)])
    ids = [f"customer {key}" for key in range(2499, -1, -1)]
    assert found_keys(profiles.by_customer_ids(writer, account, ids)) == list(range(2500))


def test_a_page_says_how_many_there_are_in_all(writer: Connection, account: int, stranger: int) -> None:
    profiles.insert_many(writer, account, [profile(key) for key in range(5)])
    profiles.insert_many(writer, stranger, [profile(0, prefix="their ")])
    found, total = profiles.page(writer, account, offset=1, limit=2)
    assert (found_keys(found), total) == ([1, 2], 5)
    found, total = profiles.page(writer, account, offset=5, limit=2)
    assert (found, total) == ([], 5)


def test_a_page_may_be_of_those_who_bear_a_tag(writer: Connection, account: int) -> None:
    profiles.insert_many(writer, account, [profile(key) for key in range(5)])
    key = segments.insert(writer, segment(account, "buyers"))
    apply_changes(writer, account, [change(ChangeKind.CREATED, one, key) for one in (4, 1, 2)])
    found, total = profiles.page(writer, account, offset=1, limit=2, tag_segment_key=key)
    assert (found_keys(found), total) == ([2, 4], 3)
    assert profiles.page(writer, account, 0, 10, key + 1) == ([], 0)


def test_all_profiles_come_by_account_and_key(
    writer: Connection, archive: Archive, account: int, stranger: int
) -> None:
    profiles.insert_many(writer, stranger, [profile(0, "dora", data={"city": "Bonn"})])
    profiles.insert_many(writer, account, [profile(0, "ana", data={"age": 3}), profile(1, "bea")])
    profiles.insert_many(writer, account, [profile(2, "cleo")])
    profiles.delete(writer, archive, account, [1], NOON_US)
    for at_once in (1, 2, 3):
        found = [*profiles.all_ids(writer, account, at_once)]
        assert [key for keys, _ in found for key in keys.tolist()] == [0, 2]
        assert [one for _, ids in found for one in ids] == ["profile_of ana", "profile_of cleo"]


@pytest.mark.parametrize("at_once", [1, 2, 10])
def test_a_propertys_texts_come_by_account_and_key(
    writer: Connection, archive: Archive, account: int, stranger: int, at_once: int
) -> None:
    # V2
    data: list[dict[str, Scalar]] = [
        {"age": 3},
        {},
        {"age": "3"},
        {"town": "age"},
        {"age": 3.0, "town": "a\nb"},
        {"age": None},
        {"age": True},
    ]
    profiles.insert_many(writer, stranger, [profile(0, "dora", data={"age": 4})])
    profiles.insert_many(writer, account, [profile(key, f"c{key}", data=one) for key, one in enumerate(data)])
    profiles.delete(writer, archive, account, [2], NOON_US)
    found = list(profiles.texts_of_property(writer, account, "age", at_once))
    assert sorted(found) == [(0, "3"), (4, "3"), (6, "true")]
    assert list(profiles.texts_of_property(writer, account, "town", at_once)) == [(3, "age"), (4, "a\nb")]
    assert list(profiles.texts_of_property(writer, account, "street", at_once)) == []


def test_a_key_is_never_given_twice(writer: Connection, archive: Archive, account: int, stranger: int) -> None:
    assert profiles.next_key(writer, account) == 0
    profiles.insert_many(writer, account, [profile(0), profile(1)])
    profiles.insert_many(writer, account, [])
    assert profiles.next_key(writer, account) == 2
    profiles.delete(writer, archive, account, [1], NOON_US)
    assert profiles.next_key(writer, account) == 2
    assert profiles.next_key(writer, stranger) == 0
    with pytest.raises(AssertionError, match="never given twice"):
        profiles.insert_many(writer, account, [profile(1)])


def test_a_deleted_profile_leaves_nothing(writer: Connection, archive: Archive, account: int, stranger: int) -> None:
    # X3
    keys = {whose: segments.insert(writer, segment(whose, "buyers")) for whose in (account, stranger)}

    def everything_of(whose: int, key: int, seq: int) -> None:
        profiles.insert_many(writer, whose, [profile(key, prefix=f"{whose} ")])
        insert_events(writer, [event(seq, whose, key), event(seq + 1, whose, key)])
        message_ids.add_many(writer, whose, [(f"m{seq}", seq), (f"m{seq + 1}", seq + 1)], NOON_US)
        kinds = (ChangeKind.CREATED, ChangeKind.REMOVED, ChangeKind.CREATED)
        apply_changes(writer, whose, [change(kind, key, keys[whose]) for kind in kinds])
        outbox.add(writer, [delivery(whose, seq, key), delivery(whose, seq + 1, key)], wait_us=MINUTE_US)
        (first,) = outbox.due(writer, NOON_US, 9, 9, busy_profiles=((whose, 0),) if key else ())
        attempt = AttemptRow(1, NOON_US, 5, 500, "The receiver answered 500.", "")
        outbox.record(writer, [Done(first.delivery_id, "pending", 1, NOON_US, NOON_US + 1, attempt=attempt)])
        webhook_sequences.take(writer, [(keys[whose], key)])

    everything_of(account, 0, 10)
    everything_of(stranger, 1, 20)
    before = row_counts(writer)
    everything_of(account, 1, 30)
    assert row_counts(writer) != before
    profiles.delete(writer, archive, account, [1], NOON_US)
    assert row_counts(writer) == before | {"erasures": 1}, "which is to say: the archive may hold something yet"
    assert erasures.requested(writer) == {account: {1}}
    assert message_ids.find_many(writer, account, ["m10", "m30", "m31"]) == {"m10": 10}
    assert [one.seq for one in events.of_profile(writer, archive, account, 0, 10)] == [11, 10]
    assert [one.seq for one in events.of_profile(writer, archive, stranger, 1, 10)] == [21, 20]


def test_deleting_a_profile_that_is_not_there_harms_nobody(writer: Connection, archive: Archive, account: int) -> None:
    profiles.insert_many(writer, account, [profile(0)])
    profiles.delete(writer, archive, account, [5], NOON_US)
    assert found_keys(profiles.by_keys(writer, account, [0])) == [0]

"""Accounts, event types, segments, items and the store's own values: what went in comes out."""

import msgspec
import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from octy.model.accounts import Account, AccountConfiguration
from octy.model.definitions import from_wire
from octy.model.errors import NotFound
from octy.model.events import EventType
from octy.model.items import Item
from octy.model.keys import Key, Role
from octy.model.lifetimes import Lifetime
from octy.store import accounts, event_types, items, keys, meta, segments
from octy.store.event_types import StoredEventType
from octy.store.keys import StoredKey
from tests.integration.store.making import NOON_US, segment

VIEW = EventType("custom_event_type_1", "view", ("product", "Größe"), NOON_US, False)
CHARGED = EventType("system_event_type_1", "charged", (), NOON_US, True)
SHOE = Item("shoe", "clothes", "Schuh", "Größe 44", 2**63 - 1, "inactive")
BUYERS = {
    "segment_name": "buyers from Köln",
    "segment_type": "past",
    "segment_sub_type": 4,
    "segment_timeframe": 60,
    "event_sequence": [
        {"event_type": "view", "exp_timeframe": 0, "action_inaction": "action", "event_properties": {"price": 30.0}},
        {"event_type": "charged", "exp_timeframe": 0, "action_inaction": "inaction", "event_properties": None},
    ],
    "profile_property_name": "city",
    "profile_property_value": "Köln",
}


def test_accounts_come_back_in_the_order_of_their_creation(writer: Connection) -> None:
    assert accounts.count(writer) == 0
    first = accounts.create(writer, "first", NOON_US)
    second = accounts.create(writer, "second", NOON_US)
    assert accounts.all_accounts(writer) == [Account(first, "first"), Account(second, "second")]
    assert accounts.count(writer) == 2


def test_a_name_is_one_accounts(writer: Connection, account: int) -> None:
    with pytest.raises(IntegrityError):
        accounts.create(writer, accounts.by_id(writer, account).name, NOON_US)


def test_keys_come_back_with_their_roles_and_ends(writer: Connection, account: int, stranger: int) -> None:
    ours = StoredKey(Key("pk_b", account, Role.FULL, NOON_US), b"1" * 32)
    theirs = StoredKey(Key("pk_a", stranger, Role.INGEST, NOON_US), b"2" * 32)
    ended = StoredKey(Key("pk_c", account, Role.READ, NOON_US, NOON_US + 5), b"3" * 32)
    for one in (theirs, ours, ended):
        keys.add(writer, one)
    assert keys.all_keys(writer) == [ours, ended, theirs]
    keys.end(writer, "pk_b", NOON_US + 7)
    assert [one.key.ends_us for one in keys.all_keys(writer)] == [NOON_US + 7, NOON_US + 5, None]
    assert [keys.is_known(writer, name) for name in ("pk_a", "pk_c", "pk_x")] == [True, True, False]
    with pytest.raises(IntegrityError):
        keys.add(writer, ours)


def test_an_account_is_configured_and_nobody_else(writer: Connection, account: int, stranger: int) -> None:
    configuration = AccountConfiguration("Ana", "Ito", "ana@example.com", "https://example.com/hook", "key")
    accounts.configure(writer, account, configuration)
    assert accounts.by_id(writer, account) == Account(account, "ours", configuration)
    assert accounts.by_id(writer, stranger) == Account(stranger, "theirs")


def test_an_account_that_does_not_exist_is_not_found(writer: Connection) -> None:
    with pytest.raises(NotFound):
        accounts.by_id(writer, 5)


def test_event_types_come_back_as_they_were(writer: Connection, account: int, stranger: int) -> None:
    # E1
    view = event_types.insert(writer, account, VIEW)
    theirs = event_types.insert(writer, stranger, msgspec.structs.replace(VIEW, event_type_id="custom_event_type_2"))
    charged = event_types.insert(writer, account, CHARGED)
    ours = [StoredEventType(view, account, VIEW), StoredEventType(charged, account, CHARGED)]
    assert event_types.of_account(writer, account) == ours
    assert [one.type_id for one in event_types.all_types(writer)] == [view, theirs, charged]


def test_an_event_types_number_is_never_given_twice(writer: Connection, account: int) -> None:
    first = event_types.insert(writer, account, VIEW)
    event_types.delete(writer, first)
    assert event_types.of_account(writer, account) == []
    assert event_types.insert(writer, account, VIEW) > first


def test_a_name_is_one_event_types(writer: Connection, account: int) -> None:
    event_types.insert(writer, account, VIEW)
    with pytest.raises(IntegrityError):
        event_types.insert(writer, account, msgspec.structs.replace(VIEW, event_type_id="another"))


def test_segments_come_back_as_they_were(writer: Connection, account: int, stranger: int) -> None:
    past, _ = from_wire(BUYERS)
    new = [
        segment(account, "live one"),
        segment(stranger, "live one"),
        segment(account, past.name, wanted=past),
    ]
    keys = [segments.insert(writer, one) for one in new]
    stored = [msgspec.structs.replace(one, segment_key=key) for one, key in zip(new, keys, strict=True)]
    assert segments.all_segments(writer) == stored
    assert segments.of_account(writer, account) == [stored[0], stored[2]]


def test_a_segment_goes_on_in_its_life(writer: Connection, account: int) -> None:
    # P6, X1
    key = segments.insert(writer, segment(account, "one"))
    untouched = segments.insert(writer, segment(account, "two"))
    begun = Lifetime.begun(is_live=False)
    pending = begun.backfilled().deleted(NOON_US, 7)
    for stage in (begun, pending, pending.restored(NOON_US + 1, 8, is_live=False)):
        segments.set_lifetime(writer, key, stage)
        one, two = segments.all_segments(writer)
        assert one.lifetime == stage
        assert (two.segment_key, two.lifetime) == (untouched, Lifetime.begun(is_live=True))


def test_a_segments_key_is_never_given_twice(writer: Connection, account: int) -> None:
    first = segments.insert(writer, segment(account, "one"))
    segments.remove(writer, first)
    assert segments.insert(writer, segment(account, "one")) > first


def test_nothing_belongs_to_an_account_that_does_not_exist(writer: Connection) -> None:
    with pytest.raises(IntegrityError):
        segments.insert(writer, segment(77, "one"))


def test_items_are_put_and_replaced(writer: Connection, account: int, stranger: int) -> None:
    hat = Item("hat", "clothes", "Hut", "", 0)
    items.upsert(writer, account, [SHOE, hat], NOON_US)
    items.upsert(writer, stranger, [SHOE], NOON_US)
    cheaper = msgspec.structs.replace(hat, item_price=5)
    items.upsert(writer, account, [cheaper], NOON_US + 7)
    items.upsert(writer, account, [], NOON_US)
    assert items.page(writer, account, [], 0, 10) == ([cheaper, SHOE], 2)
    assert items.page(writer, stranger, [], 0, 10) == ([SHOE], 1)
    instants = writer.exec_driver_sql("SELECT created_us, updated_us FROM items WHERE item_id = 'hat'").one()
    assert tuple(instants) == (NOON_US, NOON_US + 7)


def test_items_are_found_by_id_and_page_by_page(writer: Connection, account: int, stranger: int) -> None:
    given = [Item(f"item {number:02}", "", "", "", number) for number in range(10)]
    items.upsert(writer, account, given, NOON_US)
    items.upsert(writer, stranger, [SHOE], NOON_US)
    assert items.page(writer, account, [], 3, 2) == (given[3:5], 10)
    assert items.page(writer, account, ["item 07", "shoe", "item 02"], 0, 10) == ([given[2], given[7]], 2)
    assert items.existing_ids(writer, account, ["item 07", "shoe"]) == {"item 07"}
    assert items.existing_ids(writer, account, []) == set()


def test_the_stores_own_values_are_set_and_replaced(writer: Connection) -> None:
    assert meta.get_value(writer, "now_us") is None
    meta.set_value(writer, "now_us", "1")
    meta.set_value(writer, "id_key", "secret")
    meta.set_value(writer, "now_us", "2")
    assert (meta.get_value(writer, "now_us"), meta.get_value(writer, "id_key")) == ("2", "secret")

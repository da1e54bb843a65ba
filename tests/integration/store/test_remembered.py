"""Message ids (E8) and idempotency keys (E5): what is remembered, whose, and for how long."""

from sqlalchemy import Connection

from octy.model.idempotency import Answer
from octy.store import idempotency, message_ids
from octy.store.idempotency import StoredAnswer
from tests.integration.store.making import MINUTE_US, NOON_US

CREATED = Answer(201, b'{"id":"\xc3\xbc"}\x00')


def test_a_message_id_leads_to_its_first_event(writer: Connection, account: int) -> None:
    message_ids.add_many(writer, account, [("a", 1), ("b", 2)], NOON_US)
    message_ids.add_many(writer, account, [], NOON_US)
    assert message_ids.find_many(writer, account, ["b", "c", "a"]) == {"a": 1, "b": 2}
    assert message_ids.find_many(writer, account, []) == {}


def test_message_ids_are_each_accounts_own(writer: Connection, account: int, stranger: int) -> None:
    message_ids.add_many(writer, account, [("a", 1)], NOON_US)
    message_ids.add_many(writer, stranger, [("a", 2)], NOON_US)
    assert message_ids.find_many(writer, stranger, ["a"]) == {"a": 2}


def test_message_ids_differ_in_case_and_trailing_spaces(writer: Connection, account: int) -> None:
    message_ids.add_many(writer, account, [("a", 1), ("A", 2), ("a ", 3)], NOON_US)
    assert message_ids.find_many(writer, account, ["A"]) == {"A": 2}


def test_message_ids_are_forgotten_by_age(writer: Connection, account: int) -> None:
    message_ids.add_many(writer, account, [("old", 1)], NOON_US)
    message_ids.add_many(writer, account, [("new", 2)], NOON_US + MINUTE_US)
    message_ids.expire(writer, NOON_US + MINUTE_US)
    assert message_ids.find_many(writer, account, ["old", "new"]) == {"new": 2}


def test_more_message_ids_than_fit_into_a_statement_are_found(writer: Connection, account: int) -> None:
    rows = [(f"m{number}", number) for number in range(2500)]
    message_ids.add_many(writer, account, rows, NOON_US)
    assert message_ids.find_many(writer, account, [message_id for message_id, _ in rows]) == dict(rows)


def test_an_answer_comes_back_byte_for_byte(writer: Connection, account: int) -> None:
    idempotency.add(writer, account, "/v1/segments", "key", b"\x00" * 32, CREATED, NOON_US)
    found = idempotency.find(writer, account, "/v1/segments", "key")
    assert found == StoredAnswer(b"\x00" * 32, CREATED, NOON_US)


def test_an_answer_is_found_by_account_path_and_key_alone(writer: Connection, account: int, stranger: int) -> None:
    idempotency.add(writer, account, "/v1/segments", "key", bytes(32), CREATED, NOON_US)
    assert idempotency.find(writer, stranger, "/v1/segments", "key") is None
    assert idempotency.find(writer, account, "/v1/events", "key") is None
    assert idempotency.find(writer, account, "/v1/segments", "Key") is None


def test_a_later_answer_takes_the_place_of_one_that_has_expired(writer: Connection, account: int) -> None:
    """It may have expired a moment before the old one is cleared away."""
    idempotency.add(writer, account, "/v1/segments", "key", b"1" * 32, CREATED, NOON_US)
    later = Answer(400, b"{}")
    idempotency.add(writer, account, "/v1/segments", "key", b"2" * 32, later, NOON_US + 1)
    found = idempotency.find(writer, account, "/v1/segments", "key")
    assert found == StoredAnswer(b"2" * 32, later, NOON_US + 1)


def test_answers_are_forgotten_by_age(writer: Connection, account: int) -> None:
    idempotency.add(writer, account, "/", "old", bytes(32), CREATED, NOON_US)
    idempotency.add(writer, account, "/", "new", bytes(32), CREATED, NOON_US + 1)
    idempotency.expire(writer, NOON_US + 1)
    assert idempotency.find(writer, account, "/", "old") is None
    assert idempotency.find(writer, account, "/", "new") is not None

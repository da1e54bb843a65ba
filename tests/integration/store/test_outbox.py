"""Which webhooks are due, and what becomes of them? (H3, H4)"""

import pytest
from sqlalchemy import Connection

from octy.model.accounts import AccountConfiguration
from octy.store import accounts, outbox
from octy.store.outbox import StoredDelivery
from tests.integration.store.making import MINUTE_US, NOON_US, delivery

URL = "https://example.com/hook"


@pytest.fixture(autouse=True)
def configured(writer: Connection, account: int) -> None:
    accounts.configure(writer, account, AccountConfiguration(webhook_url=URL))


def at(minute: int) -> int:
    return NOON_US + minute * MINUTE_US


def due(
    connection: Connection,
    minute: int,
    limit: int = 100,
    *,
    busy_accounts: tuple[int, ...] = (),
    busy_profiles: tuple[tuple[int, int], ...] = (),
) -> list[str]:
    found = outbox.due(connection, at(minute), limit, busy_accounts=busy_accounts, busy_profiles=busy_profiles)
    return [one.webhook_id for one in found]


def number_of(connection: Connection, webhook_id: str) -> int:
    """The delivery id."""
    return next(one.delivery_id for one in outbox.due(connection, 2**62, 100) if one.webhook_id == webhook_id)


def test_a_webhook_comes_back_with_its_accounts_url(writer: Connection, account: int) -> None:
    outbox.add(writer, [delivery(account, 1, profile=4)])
    outbox.add(writer, [])
    (found,) = outbox.due(writer, at(0), 10)
    assert found == StoredDelivery(found.delivery_id, "msg_1", account, 4, URL, b'{"number":1}', 0, NOON_US)


def test_a_webhook_follows_its_account_to_another_url(writer: Connection, account: int) -> None:
    outbox.add(writer, [delivery(account, 1)])
    accounts.configure(writer, account, AccountConfiguration())
    assert outbox.due(writer, at(0), 10)[0].webhook_url == ""


def test_those_due_longest_come_first_and_no_more_than_wanted(writer: Connection, account: int) -> None:
    outbox.add(writer, [delivery(account, 1, at=3), delivery(account, 2, at=1), delivery(account, 3, at=1)])
    assert due(writer, 0) == []
    assert due(writer, 1) == ["msg_2", "msg_3"]
    assert due(writer, 3) == ["msg_2", "msg_3", "msg_1"]
    assert due(writer, 3, limit=2) == ["msg_2", "msg_3"]


def test_the_busy_are_left_out(writer: Connection, account: int, stranger: int) -> None:
    outbox.add(writer, [delivery(account, 1, profile=0), delivery(account, 2, profile=1), delivery(stranger, 3)])
    assert due(writer, 0, busy_accounts=(account,)) == ["msg_3"]
    assert due(writer, 0, busy_profiles=((account, 0),)) == ["msg_2", "msg_3"]
    assert due(writer, 0, busy_profiles=((account, 0), (account, 1), (stranger, 7))) == ["msg_3"]
    assert due(writer, 0, busy_accounts=(stranger,), busy_profiles=((account, 1),)) == ["msg_1"]


def test_the_next_due_instant_is_the_earliest_later_one(writer: Connection, account: int) -> None:
    assert outbox.next_due_us(writer) is None
    outbox.add(writer, [delivery(account, 1, at=3), delivery(account, 2, at=1)])
    assert outbox.next_due_us(writer) == at(1)
    assert outbox.next_due_us(writer, after_us=at(1)) == at(3)
    assert outbox.next_due_us(writer, after_us=at(3)) is None


def test_a_delivered_webhook_is_done(writer: Connection, account: int) -> None:
    outbox.add(writer, [delivery(account, 1), delivery(account, 2)])
    outbox.delivered(writer, number_of(writer, "msg_1"), attempts=1, now_us=at(2))
    assert due(writer, 9) == ["msg_2"]
    assert outbox.next_due_us(writer) == at(0)
    row = writer.exec_driver_sql("SELECT state, attempts, last_error, finished_us FROM outbox WHERE webhook_id='msg_1'")
    assert tuple(row.one()) == ("delivered", 1, None, at(2))


def test_a_postponed_webhook_comes_again_with_the_same_id(writer: Connection, account: int) -> None:
    # H4
    outbox.add(writer, [delivery(account, 1)])
    outbox.retry_at(writer, number_of(writer, "msg_1"), attempts=1, next_attempt_us=at(5), error="answered 500")
    assert due(writer, 4) == []
    assert outbox.next_due_us(writer) == at(5)
    (again,) = outbox.due(writer, at(5), 10)
    assert (again.webhook_id, again.attempts) == ("msg_1", 1)


def test_a_failed_webhook_is_kept_with_its_reason(writer: Connection, account: int) -> None:
    outbox.add(writer, [delivery(account, 1)])
    outbox.failed(writer, number_of(writer, "msg_1"), attempts=9, error="answered 500", now_us=at(5))
    assert due(writer, 9) == []
    row = writer.exec_driver_sql("SELECT state, attempts, last_error, finished_us FROM outbox")
    assert tuple(row.one()) == ("failed", 9, "answered 500", at(5))


def test_the_result_of_a_webhook_that_is_gone_is_passed_over(writer: Connection, account: int) -> None:
    outbox.add(writer, [delivery(account, 1)])
    outbox.delivered(writer, 999, attempts=1, now_us=at(0))
    outbox.retry_at(writer, 999, attempts=1, next_attempt_us=at(5), error="")
    outbox.failed(writer, 999, attempts=1, error="", now_us=at(0))
    assert due(writer, 0) == ["msg_1"]


def test_webhooks_are_counted_by_state(writer: Connection, account: int, stranger: int) -> None:
    assert outbox.counts(writer, account) == {"pending": 0, "delivered": 0, "failed": 0}
    outbox.add(writer, [delivery(account, number) for number in range(3)])
    outbox.add(writer, [delivery(stranger, 7)])
    outbox.delivered(writer, number_of(writer, "msg_0"), attempts=1, now_us=at(0))
    assert outbox.counts(writer, account) == {"pending": 2, "delivered": 1, "failed": 0}


def test_a_deliverys_number_is_never_given_twice(writer: Connection, account: int) -> None:
    """An attempt may be under way when a profile's webhooks go; its result must not be taken for another's."""
    outbox.add(writer, [delivery(account, 1)])
    first = number_of(writer, "msg_1")
    writer.exec_driver_sql("DELETE FROM outbox")
    outbox.add(writer, [delivery(account, 2)])
    assert number_of(writer, "msg_2") > first

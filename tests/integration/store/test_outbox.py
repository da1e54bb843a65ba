"""Which webhooks are due, and what becomes of them? (H3, H4)"""

from random import Random

import pytest
from sqlalchemy import Connection, event

from octy.model.accounts import AccountConfiguration
from octy.store import accounts, outbox, receivers
from octy.store.outbox import DELIVERED, FAILED, PENDING, AttemptRow, Done, StoredDelivery
from tests.integration.store.making import MINUTE_US, NOON_US, delivery

URL = "https://example.com/hook"
WAIT_MINUTES = 10


@pytest.fixture(autouse=True)
def configured(writer: Connection, account: int) -> None:
    accounts.configure(writer, account, AccountConfiguration(webhook_url=URL))


def at(minute: int) -> int:
    return NOON_US + minute * MINUTE_US


def add(connection: Connection, *deliveries: outbox.NewDelivery) -> None:
    outbox.add(connection, deliveries, wait_us=WAIT_MINUTES * MINUTE_US)


def found(
    connection: Connection,
    minute: int,
    limit: int = 100,
    each: int = 100,
    *,
    busy_accounts: tuple[int, ...] = (),
    busy_profiles: tuple[tuple[int, int], ...] = (),
) -> list[StoredDelivery]:
    return outbox.due(connection, at(minute), limit, each, busy_accounts=busy_accounts, busy_profiles=busy_profiles)


def due(
    connection: Connection,
    minute: int,
    limit: int = 100,
    each: int = 100,
    *,
    busy_accounts: tuple[int, ...] = (),
    busy_profiles: tuple[tuple[int, int], ...] = (),
) -> list[str]:
    rows = found(connection, minute, limit, each, busy_accounts=busy_accounts, busy_profiles=busy_profiles)
    return [one.webhook_id for one in rows]


def number_of(connection: Connection, webhook_id: str) -> int:
    """The delivery id."""
    question = "SELECT delivery_id FROM outbox WHERE webhook_id = ?"
    return int(connection.exec_driver_sql(question, (webhook_id,)).scalar_one())


def tried(
    connection: Connection, webhook_id: str, state: str, attempts: int = 1, *, minute: int, again: int | None = None
) -> None:
    """An attempt at a minute, and if it failed the minute of the next."""
    error = None if state == DELIVERED else "The receiver answered 500."
    attempt = AttemptRow(attempts, at(minute), 12, 200 if error is None else 500, error, "")
    next_us = 0 if again is None else at(again)
    done = Done(number_of(connection, webhook_id), state, attempts, at(minute), next_us, error, attempt)
    outbox.record(connection, [done])


def test_a_webhook_comes_back_with_its_accounts_url(writer: Connection, account: int) -> None:
    add(writer, delivery(account, 1, profile=4))
    add(writer)
    (one,) = found(writer, 0)
    assert one.created_us == delivery(account, 1).created_us
    assert one == StoredDelivery(
        one.delivery_id, "msg_1", account, 4, URL, b'{"number":1}', 0, 0, is_ahead=False, created_us=one.created_us
    )


def test_a_webhook_follows_its_account_to_another_url(writer: Connection, account: int) -> None:
    add(writer, delivery(account, 1))
    accounts.configure(writer, account, AccountConfiguration())
    assert found(writer, 0)[0].webhook_url == ""


def test_those_due_longest_come_first_and_no_more_than_wanted(writer: Connection, account: int) -> None:
    add(writer, *(delivery(account, number, number) for number in (1, 2, 3)))
    for number, minute in {1: 3, 2: 1, 3: 2}.items():
        tried(writer, f"msg_{number}", PENDING, minute=0, again=minute)
    assert due(writer, 0) == []
    assert due(writer, 1) == ["msg_2"]
    assert due(writer, 3) == ["msg_2", "msg_3", "msg_1"]
    assert due(writer, 3, limit=2) == ["msg_2", "msg_3"]
    assert due(writer, 3, each=1) == ["msg_2"]


def test_of_many_accounts_each_gets_its_share(writer: Connection, account: int, stranger: int) -> None:
    add(writer, *(delivery(account, number, number) for number in range(50)), delivery(stranger, 50, at=1))
    assert due(writer, 1, each=2) == ["msg_0", "msg_1", "msg_50"]


def test_there_are_no_more_than_wanted_of_all_accounts_together(
    writer: Connection, account: int, stranger: int
) -> None:
    add(writer, *(delivery(account, number, number) for number in range(2)))
    add(writer, *(delivery(stranger, number, number, at=1) for number in range(2, 5)))
    assert due(writer, 1, limit=3) == ["msg_0", "msg_1", "msg_2"]


def test_the_busy_are_left_out(writer: Connection, account: int, stranger: int) -> None:
    add(writer, delivery(account, 1, profile=0), delivery(account, 2, profile=1), delivery(stranger, 3))
    assert due(writer, 0, busy_accounts=(account,)) == ["msg_3"]
    assert due(writer, 0, busy_profiles=((account, 0),)) == ["msg_2", "msg_3"]
    assert due(writer, 0, busy_profiles=((account, 0), (account, 1), (stranger, 7))) == ["msg_3"]
    assert due(writer, 0, busy_accounts=(stranger,), busy_profiles=((account, 1),)) == ["msg_1"]


def test_the_next_due_instant_is_the_earliest_later_one(writer: Connection, account: int) -> None:
    assert outbox.next_due_us(writer) is None
    add(writer, delivery(account, 1, 1, at=1), delivery(account, 2, 2, at=3))
    assert outbox.next_due_us(writer) == at(1)
    assert outbox.next_due_us(writer, after_us=at(1)) == at(3)
    assert outbox.next_due_us(writer, after_us=at(3)) is None


# Order


def test_about_one_profile_the_first_alone_is_due(writer: Connection, account: int) -> None:
    add(writer, *(delivery(account, number) for number in range(3)), delivery(account, 9, profile=1))
    assert due(writer, 0) == ["msg_0", "msg_9"]
    tried(writer, "msg_0", DELIVERED, minute=1)
    assert due(writer, 1) == ["msg_9", "msg_1"]
    assert not found(writer, 1)[1].is_ahead
    tried(writer, "msg_1", FAILED, minute=1)
    tried(writer, "msg_2", DELIVERED, minute=1)
    tried(writer, "msg_9", DELIVERED, minute=1)
    assert due(writer, 100) == []
    assert writer.exec_driver_sql("SELECT count(*) FROM outbox_lanes").scalar_one() == 0


def test_a_later_one_waits_for_an_earlier_one_that_is_retried_but_not_longer_than_it_may(
    writer: Connection, account: int
) -> None:
    add(writer, delivery(account, 1), delivery(account, 2))
    add(writer, delivery(account, 3, at=4))
    tried(writer, "msg_1", PENDING, minute=0, again=60)
    assert due(writer, 9) == []
    assert outbox.next_due_us(writer, at(0)) == at(10)
    (second,) = found(writer, 10)
    assert (second.webhook_id, second.is_ahead) == ("msg_2", True)
    assert outbox.count_earlier(writer, second.delivery_id) == 1
    tried(writer, "msg_2", DELIVERED, minute=10)
    assert due(writer, 13) == [], "the first is retried still"
    assert due(writer, 14) == ["msg_3"]
    tried(writer, "msg_3", PENDING, minute=14, again=20)
    (again,) = found(writer, 20)
    assert not again.is_ahead, "it has said so at its first attempt"


def test_the_first_is_done_and_the_next_goes_at_once_though_its_wait_was_not_over(
    writer: Connection, account: int
) -> None:
    add(writer, delivery(account, 1), delivery(account, 2), delivery(account, 3))
    tried(writer, "msg_1", PENDING, minute=0, again=5)
    tried(writer, "msg_1", DELIVERED, 2, minute=5)
    assert due(writer, 5) == ["msg_2"]


def test_of_those_whose_wait_is_over_the_first_that_was_made_goes_first(writer: Connection, account: int) -> None:
    add(writer, *(delivery(account, number) for number in range(4)))
    tried(writer, "msg_0", PENDING, minute=0, again=30)
    assert due(writer, 40) == ["msg_0"]
    tried(writer, "msg_0", PENDING, 2, minute=40, again=70)
    assert due(writer, 40) == ["msg_1"]


def test_whatever_happens_a_lane_is_due_when_one_of_its_deliveries_is(writer: Connection, account: int) -> None:
    chance = Random(5)
    for number in range(120):
        profile = chance.randrange(4)
        add(writer, delivery(account, number, profile, at=number))
        for one in found(writer, number, each=chance.randrange(3)):
            state = chance.choice([DELIVERED, FAILED, PENDING, PENDING])
            tried(writer, one.webhook_id, state, one.attempts + 1, minute=number, again=number + chance.randint(1, 40))
        lanes = writer.exec_driver_sql("SELECT profile_key, due_us FROM outbox_lanes ORDER BY profile_key").all()
        soonest = writer.exec_driver_sql(
            "SELECT profile_key, min(next_attempt_us) FROM outbox WHERE state = 'pending' GROUP BY 1 ORDER BY 1"
        ).all()
        assert lanes == soonest


# What becomes of them


def test_a_delivered_webhook_is_done(writer: Connection, account: int) -> None:
    add(writer, delivery(account, 1), delivery(account, 2, profile=1))
    tried(writer, "msg_1", DELIVERED, minute=2)
    assert due(writer, 9) == ["msg_2"]
    row = writer.exec_driver_sql("SELECT state, attempts, last_error, finished_us FROM outbox WHERE webhook_id='msg_1'")
    assert tuple(row.one()) == ("delivered", 1, None, at(2))


def test_a_postponed_webhook_comes_again_with_the_same_id(writer: Connection, account: int) -> None:
    # H4
    add(writer, delivery(account, 1))
    tried(writer, "msg_1", PENDING, minute=0, again=5)
    assert due(writer, 4) == []
    assert outbox.next_due_us(writer) == at(5)
    (again,) = found(writer, 5)
    assert (again.webhook_id, again.attempts) == ("msg_1", 1)


def test_a_failed_webhook_is_kept_with_its_reason_and_its_attempts(writer: Connection, account: int) -> None:
    add(writer, delivery(account, 1))
    tried(writer, "msg_1", PENDING, 1, minute=3, again=5)
    tried(writer, "msg_1", FAILED, 2, minute=5)
    assert due(writer, 9) == []
    row = writer.exec_driver_sql("SELECT state, attempts, last_error, finished_us FROM outbox")
    assert tuple(row.one()) == ("failed", 2, "The receiver answered 500.", at(5))
    rows = writer.exec_driver_sql("SELECT number, started_us, took_ms, status, error FROM webhook_attempts").all()
    assert [tuple(row) for row in rows] == [
        (1, at(3), 12, 500, "The receiver answered 500."),
        (2, at(5), 12, 500, "The receiver answered 500."),
    ]


def test_the_result_of_a_webhook_that_is_gone_is_passed_over(writer: Connection, account: int) -> None:
    add(writer, delivery(account, 1))
    attempt = AttemptRow(1, at(0), 1, 200, None, "")
    states = (DELIVERED, PENDING, FAILED)
    assert outbox.record(writer, [Done(999, state, 1, at(0), at(5), attempt=attempt) for state in states]) == []
    assert due(writer, 0) == ["msg_1"]


def test_webhooks_are_counted_by_state(writer: Connection, account: int, stranger: int) -> None:
    assert outbox.counts(writer, account) == {"pending": 0, "delivered": 0, "failed": 0}
    add(writer, *(delivery(account, number) for number in range(3)), delivery(stranger, 7))
    tried(writer, "msg_0", DELIVERED, minute=0)
    assert outbox.counts(writer, account) == {"pending": 2, "delivered": 1, "failed": 0}


def test_a_deliverys_number_is_never_given_twice(writer: Connection, account: int) -> None:
    """An attempt may be under way when a profile's webhooks go; its result must not be taken for another's."""
    add(writer, delivery(account, 1))
    first = number_of(writer, "msg_1")
    outbox.delete_of_profiles(writer, account, [0])
    add(writer, delivery(account, 2))
    assert number_of(writer, "msg_2") > first
    assert due(writer, 0) == ["msg_2"]


def states(connection: Connection) -> dict[str, tuple[str, str | None, int | None]]:
    """By webhook: its state, its error, and when it ended."""
    rows = connection.exec_driver_sql("SELECT webhook_id, state, last_error, finished_us FROM outbox")
    return {row[0]: (row[1], row[2], row[3]) for row in rows}


def test_what_is_given_up_is_old_and_pending_and_the_accounts(writer: Connection, account: int, stranger: int) -> None:
    add(writer, *(delivery(account, number, number) for number in range(5)), delivery(stranger, 9))
    add(writer, delivery(account, 6, 4, at=1), delivery(account, 7, 7, at=2))
    tried(writer, "msg_0", DELIVERED, minute=0)
    tried(writer, "msg_1", PENDING, 3, minute=0, again=30)
    through = number_of(writer, "msg_6")
    old = {"through_id": through, "before_us": at(1)}
    assert outbox.give_up(writer, account, 2, at(5), "gone", **old) == 2
    assert {name for name, (state, *_) in states(writer).items() if state == FAILED} == {"msg_1", "msg_2"}
    assert outbox.give_up(writer, account, 9, at(6), "gone", **old) == 2, "one is not old enough"
    assert outbox.give_up(writer, account, 9, at(6), "gone", **old) == 0
    assert outbox.give_up(writer, account, 9, at(7), "gone", through_id=through, before_us=at(9)) == 1
    ended = ("failed", "gone")
    assert states(writer) == {
        "msg_0": (DELIVERED, None, at(0)),
        "msg_1": (*ended, at(5)),
        "msg_2": (*ended, at(5)),
        "msg_3": (*ended, at(6)),
        "msg_4": (*ended, at(6)),
        "msg_6": (*ended, at(7)),
        "msg_7": (PENDING, None, None),
        "msg_9": (PENDING, None, None),
    }
    assert due(writer, 60) == ["msg_9", "msg_7"]


def test_who_waited_for_one_that_is_given_up_goes_at_once(writer: Connection, account: int) -> None:
    add(writer, delivery(account, 1), delivery(account, 2))
    tried(writer, "msg_1", PENDING, minute=0, again=60)
    first = number_of(writer, "msg_1")
    assert outbox.give_up(writer, account, 9, at(1), "gone", through_id=first, before_us=at(1)) == 1
    assert due(writer, 1) == ["msg_2"]


def test_all_about_a_profile_is_told_in_order(writer: Connection, account: int, stranger: int) -> None:
    add(writer, delivery(account, 1), delivery(account, 2), delivery(account, 3, profile=1), delivery(stranger, 4))
    tried(writer, "msg_1", FAILED, 2, minute=3)
    first, second = outbox.of_profile(writer, account, 0)
    assert (first.webhook_id, first.state, first.attempts, first.finished_us) == ("msg_1", FAILED, 2, at(3))
    assert (first.body, first.last_error) == (b'{"number":1}', "The receiver answered 500.")
    assert (second.webhook_id, second.state, second.created_us, second.finished_us) == ("msg_2", PENDING, at(0), None)


def test_a_body_is_changed_and_webhooks_are_dropped_by_number(writer: Connection, account: int) -> None:
    add(writer, *(delivery(account, number, number) for number in range(3)))
    numbers = {name: number_of(writer, name) for name in ("msg_0", "msg_1", "msg_2")}
    outbox.set_body(writer, numbers["msg_1"], b"{}")
    assert [one.body for one in found(writer, 0)] == [b'{"number":0}', b"{}", b'{"number":2}']
    lanes = outbox.lanes_of(writer, [*numbers.values(), 999])
    assert lanes == {number: (account, place) for place, number in enumerate(numbers.values())}
    outbox.drop(writer, [numbers["msg_0"], numbers["msg_2"]])
    assert set(states(writer)) == {"msg_1"}


def test_only_the_profiles_webhooks_go_with_it(writer: Connection, account: int, stranger: int) -> None:  # X3
    add(writer, *(delivery(account, number, number) for number in range(3)), delivery(stranger, 9))
    outbox.delete_of_profiles(writer, account, [0, 2])
    assert due(writer, 0) == ["msg_1", "msg_9"]
    assert writer.exec_driver_sql("SELECT count(*) FROM outbox_lanes").scalar_one() == 2


# Receivers


def test_a_receiver_that_is_disabled_is_sent_nothing_until_it_is_enabled(writer: Connection, account: int) -> None:
    add(writer, delivery(account, 1))
    receivers.disable(writer, account, at(0), "gone")
    assert due(writer, 5) == []
    assert outbox.next_due_us(writer) is None
    receivers.enable(writer, account, dropped_through=1)
    assert due(writer, 5) == [], "what is to be given up has to go first"
    receivers.dropped(writer, account)
    assert due(writer, 5) == ["msg_1"]


def test_the_first_failure_after_a_success_is_remembered(writer: Connection, account: int) -> None:
    assert receivers.of_account(writer, account).failing_since_us is None
    receivers.has_failed(writer, account, at(1))
    receivers.has_failed(writer, account, at(2))
    assert receivers.of_account(writer, account).failing_since_us == at(1)
    receivers.has_succeeded(writer, account)
    assert receivers.of_account(writer, account).failing_since_us is None


# Cost


def plans(connection: Connection, minute: int) -> list[str]:
    """How SQLite answers what the dispatcher asks."""
    asked: list[tuple[str, object]] = []

    def note(*arguments: object) -> None:
        asked.append((str(arguments[2]), arguments[3]))

    event.listen(connection, "before_cursor_execute", note)
    due(connection, minute, busy_profiles=((1, 5), (1, 6)))
    add(connection, delivery(1, 100))
    outbox.next_due_us(connection, at(minute))
    outbox.count_earlier(connection, 1)
    event.remove(connection, "before_cursor_execute", note)
    return [
        str(row[3])
        for sql, parameters in asked
        if sql.startswith("SELECT")
        for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", parameters)  # type: ignore[arg-type]
    ]


def test_the_queue_is_read_by_index_and_never_scanned(writer: Connection, account: int) -> None:
    add(writer, *(delivery(account, number, number % 7) for number in range(100)))
    told = plans(writer, 5)
    assert any("outbox" in line for line in told)
    scanned = [
        line
        for line in told
        if line.startswith("SCAN") and not line.startswith(("SCAN receivers", "SCAN (", "SCAN CONSTANT"))
    ]
    assert not [line for line in scanned if "some" not in line and "anon" not in line], told
    sorted_ = [line for line in told if "TEMP B-TREE" in line]
    assert sorted_ == []

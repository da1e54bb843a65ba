"""Which webhooks leave when: at least once (H4), in order, fairly, by the clock, and through a restart."""

import asyncio
import json
from random import Random

import pytest
from aiohttp import web
from msgspec.structs import replace
from structlog.testing import capture_logs

from octy.model.clock import ManualClock
from octy.model.errors import Unavailable
from octy.model.instants import US_PER_SECOND, rfc1123
from octy.model.tracing import RECORDED, Span, Trace
from octy.webhooks import dispatcher as dispatching
from octy.webhooks.addresses import NOT_PUBLIC
from octy.webhooks.counts import DELIVERED, GIVEN_UP, POSTPONED, AttemptCounts
from octy.webhooks.dispatcher import IN_FLIGHT_MAX, Dispatcher
from octy.webhooks.outbox import Delivery
from octy.webhooks.schedule import JITTER, PAUSES_US, WAIT_US_MAX
from octy.webhooks.sender import Sender
from tests.integration.webhooks.conftest import NOON_US
from tests.integration.webhooks.memory import MemoryOutbox
from tests.integration.webhooks.receiver import Receiver, Request, signing_keys

pytestmark = pytest.mark.anyio

LONGEST = 1 + JITTER
SHORTEST = 1 - JITTER
TOOK_SECONDS = 0.02


def a_dispatcher(outbox: MemoryOutbox, clock: ManualClock, *, allow_private: bool = True) -> Dispatcher:
    return Dispatcher(outbox, Sender(clock, signing_keys, allow_private=allow_private), clock, chance=Random(7))


async def let_pass(dispatcher: Dispatcher, clock: ManualClock, us: float) -> None:
    """Moves the clock, and waits until what is due then has been tried."""
    clock.move_to(clock.now_us() + int(us))
    dispatcher.wake()
    await dispatcher.drain()


# Delivery and retries


async def test_what_is_due_leaves_when_the_dispatcher_is_woken(
    dispatcher: Dispatcher, outbox: MemoryOutbox, receiver: Receiver
) -> None:
    webhook_id = outbox.add(receiver.url)
    dispatcher.wake()
    await dispatcher.drain()
    assert receiver.ids == [webhook_id]
    assert outbox.states() == ["delivered"]


async def test_any_thread_may_wake_it(dispatcher: Dispatcher, outbox: MemoryOutbox, receiver: Receiver) -> None:
    await dispatcher.drain()

    def commit() -> None:
        outbox.add(receiver.url)
        dispatcher.wake()

    await asyncio.to_thread(commit)
    await receiver.arrived(1)


async def test_a_failed_attempt_is_repeated_with_the_same_id_and_the_same_bytes(  # H4
    dispatcher: Dispatcher, outbox: MemoryOutbox, receiver: Receiver, clock: ManualClock
) -> None:
    receiver.script = [web.Response(status=500, text="No such table"), 503]
    outbox.add(receiver.url)
    await dispatcher.drain()
    assert outbox.states() == ["pending"]
    assert outbox.rows[0].error == "The receiver answered 500."
    await let_pass(dispatcher, clock, PAUSES_US[0] * LONGEST)
    await let_pass(dispatcher, clock, PAUSES_US[1] * LONGEST)
    assert outbox.states() == ["delivered"]
    assert outbox.rows[0].delivery.attempts == 3
    assert len(receiver.requests) == 3
    assert len(set(receiver.ids)) == 1
    assert len({request.body for request in receiver.requests}) == 1


async def test_of_each_attempt_is_kept_what_came_of_it(
    dispatcher: Dispatcher, outbox: MemoryOutbox, receiver: Receiver, clock: ManualClock
) -> None:
    async def fail_after_a_while(_: Request) -> web.Response:
        await asyncio.sleep(TOOK_SECONDS)
        return web.Response(status=500, text="No such table")

    receiver.answer = fail_after_a_while
    began_us = clock.now_us()
    outbox.add(receiver.url)
    await dispatcher.drain()
    [attempt] = outbox.rows[0].attempts
    assert (attempt.started_us, attempt.status, attempt.error, attempt.excerpt) == (
        began_us,
        500,
        "The receiver answered 500.",
        "No such table",
    )
    assert attempt.took_ms >= TOOK_SECONDS * 1_000


async def test_a_retry_is_never_early(
    dispatcher: Dispatcher, outbox: MemoryOutbox, receiver: Receiver, clock: ManualClock
) -> None:
    receiver.script = [500]
    outbox.add(receiver.url)
    await dispatcher.drain()
    await let_pass(dispatcher, clock, PAUSES_US[0] * SHORTEST - 1)
    assert len(receiver.requests) == 1
    await let_pass(dispatcher, clock, PAUSES_US[0] * (LONGEST - SHORTEST) + 1)
    assert len(receiver.requests) == 2


async def test_a_retry_falls_due_by_itself_once_the_clock_has_moved(
    dispatcher: Dispatcher, outbox: MemoryOutbox, receiver: Receiver, clock: ManualClock
) -> None:
    receiver.script = [500]
    outbox.add(receiver.url)
    await dispatcher.drain()
    clock.move_to(clock.now_us() + int(PAUSES_US[0] * LONGEST))
    await receiver.arrived(2)


async def test_nobody_listening_is_tried_again(
    dispatcher: Dispatcher, outbox: MemoryOutbox, receiver: Receiver, clock: ManualClock
) -> None:
    outbox.add("http://127.0.0.1:1/")
    await dispatcher.drain()
    assert outbox.rows[0].error == "No connection to the receiver came about: connection refused."
    outbox.moves_to(receiver.url)
    await let_pass(dispatcher, clock, PAUSES_US[0] * LONGEST)
    assert outbox.states() == ["delivered"]


@pytest.mark.parametrize("asked", ["60", rfc1123(NOON_US + 60 * US_PER_SECOND)], ids=["seconds", "date"])
async def test_a_receiver_may_ask_for_a_longer_pause(  # C22
    dispatcher: Dispatcher, outbox: MemoryOutbox, receiver: Receiver, clock: ManualClock, asked: str
) -> None:
    receiver.script = [web.Response(status=503, headers={"Retry-After": asked})]
    outbox.add(receiver.url)
    await dispatcher.drain()
    await let_pass(dispatcher, clock, 60 * US_PER_SECOND - 1)
    assert len(receiver.requests) == 1
    await let_pass(dispatcher, clock, 1)
    assert outbox.states() == ["delivered"]


async def test_after_the_last_attempt_it_is_kept_as_failed(
    dispatcher: Dispatcher, outbox: MemoryOutbox, receiver: Receiver, clock: ManualClock
) -> None:
    receiver.script = [500] * 100
    outbox.add(receiver.url)
    await dispatcher.drain()
    for pause_us in PAUSES_US:
        assert outbox.states() == ["pending"]
        await let_pass(dispatcher, clock, pause_us * LONGEST)
    assert outbox.states() == ["failed"]
    assert outbox.rows[0].error == "The receiver answered 500."
    await let_pass(dispatcher, clock, PAUSES_US[-1] * 10)
    assert len(receiver.requests) == len(PAUSES_US) + 1
    assert len(set(receiver.ids)) == 1


async def test_without_a_url_it_has_failed(dispatcher: Dispatcher, outbox: MemoryOutbox) -> None:
    outbox.add("")
    await dispatcher.drain()
    assert outbox.states() == ["failed"]
    assert outbox.rows[0].error == "The account has no webhook URL any more."


async def test_a_url_that_leads_inside_is_not_connected_to(
    outbox: MemoryOutbox, receiver: Receiver, clock: ManualClock
) -> None:
    dispatcher = a_dispatcher(outbox, clock, allow_private=False)
    await dispatcher.start()
    outbox.add(receiver.url)
    await dispatcher.drain()
    await dispatcher.stop()
    assert outbox.states() == ["pending"]
    assert outbox.rows[0].error == NOT_PUBLIC
    assert receiver.requests == []


# Order


async def test_deliveries_about_one_profile_leave_in_order_and_one_at_a_time(
    dispatcher: Dispatcher, outbox: MemoryOutbox, receiver: Receiver
) -> None:
    ids = [outbox.add(receiver.url, profile=5) for _ in range(20)]
    await dispatcher.drain()
    assert receiver.ids == ids
    assert receiver.most_at_once == 1


async def test_a_later_delivery_waits_while_an_earlier_one_is_retried(
    dispatcher: Dispatcher, outbox: MemoryOutbox, receiver: Receiver, clock: ManualClock
) -> None:
    receiver.script = [500]
    first, second, third = (outbox.add(receiver.url, profile=5, due_us=clock.now_us()) for _ in range(3))
    await dispatcher.drain()
    assert receiver.ids == [first]
    await let_pass(dispatcher, clock, PAUSES_US[0] * LONGEST)
    assert receiver.ids == [first, first, second, third]
    assert overtaken(receiver) == [0, 0, 0, 0]


async def test_a_later_delivery_waits_ten_minutes_at_most_and_says_that_it_is_ahead(
    dispatcher: Dispatcher, outbox: MemoryOutbox, receiver: Receiver, clock: ManualClock
) -> None:
    receiver.script = [500, 500, 500]
    ids = [outbox.add(receiver.url, profile=5, due_us=clock.now_us()) for _ in range(3)]
    await dispatcher.drain()
    await let_pass(dispatcher, clock, PAUSES_US[0] * LONGEST)
    await let_pass(dispatcher, clock, PAUSES_US[1] * LONGEST)
    await let_pass(dispatcher, clock, WAIT_US_MAX - (PAUSES_US[0] + PAUSES_US[1]) * LONGEST - 1)
    assert receiver.ids == [ids[0]] * 3
    await let_pass(dispatcher, clock, 1)
    assert receiver.ids == [ids[0]] * 3 + ids[1:]
    assert overtaken(receiver) == [0, 0, 0, 1, 1], "the first is still missing"
    await let_pass(dispatcher, clock, PAUSES_US[2] * LONGEST)
    assert receiver.ids[-1] == ids[0]
    assert overtaken(receiver)[-1] == 0


async def test_a_delivery_that_was_ahead_once_sends_the_same_bytes_ever_after(  # H4
    dispatcher: Dispatcher, outbox: MemoryOutbox, receiver: Receiver, clock: ManualClock
) -> None:
    receiver.script = [500, 500, 500, 503]
    first, second = (outbox.add(receiver.url, profile=5, due_us=clock.now_us()) for _ in range(2))
    await dispatcher.drain()
    await let_pass(dispatcher, clock, PAUSES_US[0] * LONGEST)
    await let_pass(dispatcher, clock, PAUSES_US[1] * LONGEST)
    await let_pass(dispatcher, clock, WAIT_US_MAX - (PAUSES_US[0] + PAUSES_US[1]) * LONGEST)
    await let_pass(dispatcher, clock, PAUSES_US[2] * LONGEST)
    bodies = [request.body for request in receiver.requests if request.webhook_id == second]
    assert receiver.ids.count(first) == 4
    assert len(bodies) == 2
    assert set(bodies) == {outbox.rows[1].delivery.body}
    assert overtaken(receiver)[3] == 1


async def test_of_those_that_are_due_the_one_made_first_goes_first(
    dispatcher: Dispatcher, outbox: MemoryOutbox, receiver: Receiver, clock: ManualClock
) -> None:
    retried = outbox.add(receiver.url, profile=5, due_us=clock.now_us() - 1)
    newer = outbox.add(receiver.url, profile=5, due_us=clock.now_us() - 2 - WAIT_US_MAX)
    await dispatcher.drain()
    assert receiver.ids == [retried, newer]
    assert overtaken(receiver) == [0, 0]


async def test_one_that_cannot_be_marked_as_ahead_does_not_leave(
    dispatcher: Dispatcher,
    outbox: MemoryOutbox,
    receiver: Receiver,
    clock: ManualClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(dispatching, "TROUBLE_SECONDS", 0.01)
    await dispatcher.drain()
    outbox.add("http://127.0.0.1:1/", profile=5, due_us=clock.now_us())
    outbox.add(receiver.url, profile=5, due_us=clock.now_us())
    dispatcher.wake()
    await dispatcher.drain()
    outbox.rows[0].next_attempt_us = clock.now_us() + 2 * WAIT_US_MAX
    monkeypatch.setattr(outbox, "overtaking", _fails)
    clock.move_to(clock.now_us() + WAIT_US_MAX)
    dispatcher.wake()
    await asyncio.sleep(0.05)
    assert receiver.requests == []
    monkeypatch.undo()
    await dispatcher.drain()
    await receiver.arrived(1)
    assert overtaken(receiver) == [1]


async def _fails(_: Delivery) -> Delivery:
    raise Unavailable("The outbox cannot be used now.")


def overtaken(receiver: Receiver) -> list[int]:
    """Before how many earlier deliveries each one says that it left."""
    return [json.loads(request.body)["meta"]["overtakes"] for request in receiver.requests]


# Fairness


async def test_a_dead_receiver_of_one_account_does_not_delay_anothers(
    dispatcher: Dispatcher, outbox: MemoryOutbox, receiver: Receiver, other_receiver: Receiver
) -> None:
    receiver.answer = receiver.never
    for profile in range(500):
        outbox.add(receiver.url, account=1, profile=profile)
    ids = [outbox.add(other_receiver.url, account=2, profile=profile) for profile in range(100)]
    dispatcher.wake()
    await other_receiver.arrived(100)
    assert sorted(other_receiver.ids) == sorted(ids)
    assert "delivered" not in outbox.states()[:500]


async def test_five_accounts_whose_receivers_hang_cost_the_other_forty_five_nothing(
    dispatcher: Dispatcher, outbox: MemoryOutbox, receiver: Receiver, other_receiver: Receiver
) -> None:
    """C24: entry to first attempt within a second for 99 in 100."""
    receiver.answer = receiver.never
    arrived: dict[str, float] = {}
    clock = asyncio.get_running_loop().time

    async def note(request: Request) -> web.Response:
        arrived[request.webhook_id] = clock()
        return web.Response()

    other_receiver.answer = note
    for number in range(500):
        outbox.add(receiver.url, account=number % 5, profile=number)
    dispatcher.wake()
    await receiver.arrived(10)
    entered: dict[str, float] = {}
    for number in range(900):
        webhook_id = outbox.add(other_receiver.url, account=5 + number % 45, profile=number)
        entered[webhook_id] = clock()
        dispatcher.wake()
        await asyncio.sleep(0.0005)
    await other_receiver.arrived(900)
    delays = sorted(arrived[webhook_id] - at for webhook_id, at in entered.items())
    assert delays[len(delays) * 99 // 100] <= 1.0
    assert receiver.most_at_once == 10, "two for each of the five"


async def test_a_hundred_receivers_that_hang_leave_room_for_another(
    dispatcher: Dispatcher, outbox: MemoryOutbox, receiver: Receiver, other_receiver: Receiver
) -> None:
    receiver.answer = receiver.never
    for number in range(1_000):
        outbox.add(receiver.url, account=number % 100, profile=number)
    dispatcher.wake()
    await receiver.arrived(200)
    for number in range(30):
        outbox.add(other_receiver.url, account=100, profile=number)
    dispatcher.wake()
    await other_receiver.arrived(30)
    assert receiver.at_once == len(receiver.requests) == 200, "two for each of the hundred"


async def test_a_receiver_that_takes_nothing_is_only_asked_now_and_then(
    dispatcher: Dispatcher, outbox: MemoryOutbox, receiver: Receiver, clock: ManualClock
) -> None:
    """The breaker opens, and closes again with the first success."""
    receiver.script = [500] * 100
    for profile in range(300):
        outbox.add(receiver.url, profile=profile, due_us=clock.now_us())
    await dispatcher.drain()
    asked = len(receiver.requests)
    assert 10 <= asked <= 20
    for _ in range(10):
        await let_pass(dispatcher, clock, 60 * US_PER_SECOND)
    assert len(receiver.requests) == asked + 10
    receiver.script.clear()
    await let_pass(dispatcher, clock, 60 * US_PER_SECOND)
    await let_pass(dispatcher, clock, PAUSES_US[2] * LONGEST)
    assert set(outbox.states()) == {"delivered"}


async def test_a_receiver_that_its_account_has_mended_is_sent_what_is_due_at_once(
    dispatcher: Dispatcher, outbox: MemoryOutbox, receiver: Receiver, clock: ManualClock
) -> None:
    receiver.script = [500] * 20
    for profile in range(30):
        outbox.add(receiver.url, profile=profile, due_us=clock.now_us())
    await dispatcher.drain()
    receiver.script.clear()
    asked = len(receiver.requests)
    await asyncio.to_thread(dispatcher.forgive, 1)
    await dispatcher.drain()
    assert len(receiver.requests) == 30
    assert outbox.states().count("delivered") == 30 - asked


async def test_a_receiver_gets_two_at_once_and_one_more_with_each_that_it_takes_up_to_ten(
    dispatcher: Dispatcher, outbox: MemoryOutbox, receiver: Receiver
) -> None:
    async def take(request: Request) -> web.Response:
        await receiver.arrived(_as_many_as_may_be(request))
        return web.Response()

    receiver.answer = take
    for profile in range(100):
        outbox.add(receiver.url, profile=profile)
    await dispatcher.drain()
    assert receiver.most_at_once == 10
    assert outbox.states() == ["delivered"] * 100


async def test_the_first_that_a_receiver_takes_makes_room_for_just_one_more(
    dispatcher: Dispatcher, outbox: MemoryOutbox, receiver: Receiver
) -> None:
    async def take_one(request: Request) -> web.Response:
        await receiver.arrived(2)
        return web.Response() if _number(request) == 1 else await receiver.never(request)

    receiver.answer = take_one
    for profile in range(10):
        outbox.add(receiver.url, profile=profile)
    dispatcher.wake()
    await receiver.arrived(4)
    await asyncio.sleep(0.05)
    assert len(receiver.requests) == 4, "one was taken, and three hang"


async def test_a_receiver_gets_fewer_at_once_when_it_fails(
    dispatcher: Dispatcher, outbox: MemoryOutbox, receiver: Receiver
) -> None:
    async def take_eight_and_refuse_four(request: Request) -> web.Response:
        await receiver.arrived(min(_as_many_as_may_be(request), 18))
        number = _number(request)
        return await receiver.never(request) if number > 12 else web.Response(status=200 if number <= 8 else 500)

    receiver.answer = take_eight_and_refuse_four
    for profile in range(100):
        outbox.add(receiver.url, profile=profile)
    dispatcher.wake()
    while sum(len(row.attempts) for row in outbox.rows) < 12:
        await asyncio.sleep(0)
    await asyncio.sleep(0.05)
    assert len(receiver.requests) == 18, "six hang, and no other is started"


def _number(request: Request) -> int:
    return int(request.webhook_id.removeprefix("msg_"))


def _as_many_as_may_be(request: Request) -> int:
    """How many requests have arrived when all before this one, of a hundred, were taken and it was not."""
    return min(2 * _number(request), _number(request) + 9, 100)


async def test_there_are_never_more_in_flight_than_memory_is_meant_for(
    dispatcher: Dispatcher, outbox: MemoryOutbox, receiver: Receiver
) -> None:
    async def when_all_are_there(_: Request) -> web.Response:
        await receiver.arrived(IN_FLIGHT_MAX)
        return web.Response()

    receiver.answer = when_all_are_there
    for number in range(2 * IN_FLIGHT_MAX):
        outbox.add(receiver.url, account=number % IN_FLIGHT_MAX, profile=number)
    await dispatcher.drain()
    assert receiver.most_at_once == IN_FLIGHT_MAX
    assert outbox.states() == ["delivered"] * (2 * IN_FLIGHT_MAX)


# Through trouble


async def test_what_was_in_flight_when_it_stopped_is_sent_again_after_a_restart(  # H4
    outbox: MemoryOutbox, receiver: Receiver, clock: ManualClock
) -> None:
    receiver.answer = receiver.never
    webhook_id = outbox.add(receiver.url)
    before = a_dispatcher(outbox, clock)
    await before.start()
    await receiver.arrived(1)
    await before.stop()
    assert outbox.states() == ["pending"]
    assert outbox.rows[0].delivery.attempts == 0

    receiver.answer = Receiver().answer
    after = a_dispatcher(outbox, clock)
    await after.start()
    await after.drain()
    await after.stop()
    assert receiver.ids == [webhook_id, webhook_id]
    assert outbox.states() == ["delivered"]


async def test_what_was_delivered_when_it_stopped_is_still_recorded(
    outbox: MemoryOutbox, receiver: Receiver, clock: ManualClock
) -> None:
    outbox.may_record.clear()
    outbox.add(receiver.url)
    dispatcher = a_dispatcher(outbox, clock)
    await dispatcher.start()
    await receiver.arrived(1)
    while not dispatcher._results:
        await asyncio.sleep(0)
    stopping = asyncio.create_task(dispatcher.stop())
    await asyncio.sleep(0)
    outbox.may_record.set()
    await stopping
    assert outbox.states() == ["delivered"]


async def test_an_outbox_that_does_not_answer_does_not_keep_it_from_stopping(
    outbox: MemoryOutbox, receiver: Receiver, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatching, "STOP_SECONDS_MAX", 0.01)
    outbox.may_record.clear()
    outbox.add(receiver.url)
    dispatcher = a_dispatcher(outbox, clock)
    await dispatcher.start()
    await receiver.arrived(1)
    await dispatcher.stop()
    assert outbox.states() == ["pending"]


async def test_an_outbox_that_fails_is_asked_again(
    outbox: MemoryOutbox, receiver: Receiver, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatching, "TROUBLE_SECONDS", 0.01)
    outbox.add(receiver.url)
    outbox.failures = 2
    dispatcher = a_dispatcher(outbox, clock)
    await dispatcher.start()
    await receiver.arrived(1)
    outbox.failures = 2
    await dispatcher.drain()
    assert outbox.states() == ["delivered"]
    assert outbox.failures == 0
    assert len(receiver.requests) == 1
    await dispatcher.stop()


async def test_results_that_come_while_others_are_stored_are_stored_together(
    dispatcher: Dispatcher, outbox: MemoryOutbox, receiver: Receiver
) -> None:
    outbox.may_record.clear()
    for account in range(10):
        outbox.add(receiver.url, account=account)
    dispatcher.wake()
    while len(dispatcher._results) < 10:
        await asyncio.sleep(0)
    outbox.may_record.set()
    await dispatcher.drain()
    assert sum(outbox.groups) == 10
    assert len(outbox.groups) <= 2


async def test_nothing_is_left_in_memory_when_all_is_done(
    dispatcher: Dispatcher, outbox: MemoryOutbox, receiver: Receiver
) -> None:
    for number in range(50):
        outbox.add(receiver.url, account=number % 7, profile=number)
    await dispatcher.drain()
    assert not dispatcher._in_flight
    assert not dispatcher._per_account
    assert not dispatcher._results


async def test_to_drain_or_wake_after_the_end_is_harmless(outbox: MemoryOutbox, clock: ManualClock) -> None:
    dispatcher = a_dispatcher(outbox, clock)
    dispatcher.wake()
    await dispatcher.start()
    await dispatcher.stop()
    await dispatcher.stop()
    await dispatcher.drain()
    dispatcher.wake()


# What others are told


async def told(outbox: MemoryOutbox, receiver: Receiver, clock: ManualClock, *answers: int) -> list[Span]:
    """The spans of a delivery's attempts, which were answered so."""
    spans: list[Span] = []
    sender = Sender(clock, signing_keys, allow_private=True)
    dispatcher = Dispatcher(outbox, sender, clock, chance=Random(7), report=spans.append)
    receiver.script = list(answers)
    await dispatcher.start()
    await dispatcher.drain()
    for pause_us in PAUSES_US[: len(answers) - 1]:
        await let_pass(dispatcher, clock, pause_us * LONGEST)
    await dispatcher.stop()
    return spans


async def test_each_attempt_of_a_trace_that_is_recorded_is_a_span_of_its_own(
    outbox: MemoryOutbox, receiver: Receiver, clock: ManualClock
) -> None:
    trace = Trace("ab" * 16, RECORDED)
    outbox.add(receiver.url)
    outbox.rows[0].delivery = replace(outbox.rows[0].delivery, trace=trace)
    first, second = await told(outbox, receiver, clock, 500, 200)
    assert (first.name, first.is_call, first.has_failed, second.has_failed) == ("webhook", True, True, False)
    assert {(one.trace.id, one.trace.caller) for one in (first, second)} == {(trace.id, trace.span)}
    assert first.trace.span != second.trace.span
    assert [request.headers["traceparent"] for request in receiver.requests] == [
        first.trace.traceparent,
        second.trace.traceparent,
    ]
    assert [one.facts for one in (first, second)] == [
        {"http.request.method": "POST", "http.request.resend_count": count, "http.response.status_code": status}
        for count, status in enumerate((500, 200))
    ]


async def test_an_attempt_that_got_no_answer_has_no_status(
    outbox: MemoryOutbox, receiver: Receiver, clock: ManualClock
) -> None:
    outbox.add("http://127.0.0.1:1/")
    outbox.rows[0].delivery = replace(outbox.rows[0].delivery, trace=Trace("ab" * 16, RECORDED))
    (span,) = await told(outbox, receiver, clock, 200)
    assert span.has_failed
    assert span.facts == {"http.request.method": "POST", "http.request.resend_count": 0}


async def test_an_attempt_of_no_recorded_trace_is_no_span(
    outbox: MemoryOutbox, receiver: Receiver, clock: ManualClock
) -> None:
    outbox.add(receiver.url)
    outbox.add(receiver.url, profile=1)
    outbox.rows[1].delivery = replace(outbox.rows[1].delivery, trace=Trace("ab" * 16))
    assert await told(outbox, receiver, clock, 200) == []
    assert outbox.states() == ["delivered", "delivered"]


async def test_the_log_says_what_came_of_each_attempt(
    dispatcher: Dispatcher, outbox: MemoryOutbox, receiver: Receiver, clock: ManualClock
) -> None:
    receiver.script = [500, 204, 410]
    outbox.add(receiver.url)
    with capture_logs() as lines:
        await dispatcher.drain()
        await let_pass(dispatcher, clock, PAUSES_US[0] * LONGEST)
        outbox.add(receiver.url, account=2)
        await let_pass(dispatcher, clock, 1)
    postponed, delivered, given_up = lines
    assert 4 <= postponed.pop("pause_seconds") <= 6
    whose = {"webhook_id": "msg_1", "account_id": 1}
    assert postponed == whose | {
        "event": "webhooks.postponed",
        "log_level": "info",
        "attempts": 1,
        "reason": "The receiver answered 500.",
    }
    assert delivered == whose | {
        "event": "webhooks.delivered",
        "log_level": "debug",
        "attempts": 2,
        "status": 204,
    }
    assert given_up == {
        "event": "webhooks.given_up",
        "log_level": "warning",
        "webhook_id": "msg_2",
        "account_id": 2,
        "attempts": 1,
        "reason": "The receiver answered 410.",
    }


async def test_attempts_are_counted_by_what_came_of_them_and_first_ones_by_themselves(
    outbox: MemoryOutbox, receiver: Receiver, clock: ManualClock
) -> None:
    counts = AttemptCounts()
    sender = Sender(clock, signing_keys, allow_private=True)
    dispatcher = Dispatcher(outbox, sender, clock, chance=Random(7), counts=counts)
    receiver.script = [500, 200, 410]
    outbox.add(receiver.url)
    await dispatcher.start()
    await dispatcher.drain()
    assert counts.outcomes == {DELIVERED: 0, POSTPONED: 1, GIVEN_UP: 0}
    await let_pass(dispatcher, clock, PAUSES_US[0] * LONGEST)
    outbox.add(receiver.url, account=2)
    outbox.add("", account=3)
    await let_pass(dispatcher, clock, 1)
    await dispatcher.stop()
    assert counts.outcomes == {DELIVERED: 1, POSTPONED: 1, GIVEN_UP: 2}
    assert counts.in_flight == 0
    assert (sum(counts.first_attempts.counts), sum(counts.attempts.counts)) == (2, 3)

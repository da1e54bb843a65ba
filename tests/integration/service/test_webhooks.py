"""What webhooks say beside H1, what they are signed with, and when a receiver is sent nothing any more."""

import asyncio
from collections.abc import Sequence

import pytest

from octy.model.errors import StoreError
from octy.model.instants import US_PER_DAY, US_PER_HOUR, iso
from octy.model.webhooks import DeliveryFilter, DeliveryState
from octy.service import receivers as service_receivers
from octy.service.octy import Octy
from octy.service.transaction import Transaction
from octy.store.folder import open_store
from octy.store.vault import KEY_FILE
from octy.webhooks.outbox import Attempt, Busy, Delivery, GivenUp, Postponed, Result, Succeeded
from octy.webhooks.signing import secret_of
from tests.integration.service.serving import Service, StandingClock, done, eventually
from tests.integration.service.world import Shop

ALL = 10_000


@pytest.fixture
def telling(shop: Shop) -> Shop:
    """A shop that hears of every view."""
    shop.wants_webhooks()
    shop.live("viewing", "view")
    return shop


def due(shop: Shop) -> Sequence[Delivery]:
    """What would be sent now."""
    return asyncio.run(shop.octy.outbox.due(shop.service.clock.now_us(), ALL, ALL, Busy()))


def records(shop: Shop, *results: Result) -> None:
    asyncio.run(shop.octy.outbox.record(results))


def answered(shop: Shop, status: int) -> Attempt:
    error = None if status < 300 else f"The receiver answered {status}."
    return Attempt(shop.service.clock.now_us(), 12, status, error, "")


def takes(shop: Shop, one: Delivery) -> None:
    """The receiver takes it."""
    records(shop, Succeeded(one.delivery_id, one.attempts + 1, shop.service.clock.now_us(), answered(shop, 200)))


def refuses(shop: Shop, one: Delivery, again_us: int = US_PER_HOUR) -> None:
    """The receiver does not, and is asked again later."""
    now_us = shop.service.clock.now_us()
    error = "The receiver answered 500."
    records(shop, Postponed(one.delivery_id, one.attempts + 1, now_us, now_us + again_us, error, answered(shop, 500)))


def sequences(shop: Shop, who: str) -> list[int]:
    mine = [body for body in shop.bodies() if body["body"]["profile_id"] == shop.customers[who]]
    return [body["meta"]["sequence"] for body in mine]


# What they say


def test_a_match_by_an_event_names_that_event_as_its_action_and_its_match(telling: Shop) -> None:
    view = telling.views("ana", at="12:00")
    (body,) = telling.bodies()
    moment = {"event_id": view.event_id, "at": "2024-02-28T12:00:00.000000Z"}
    assert body["meta"]["action"] == body["meta"]["match"] == moment
    assert body["meta"]["cause"] == "event"
    assert body["meta"]["delivery_id"] == telling.deliveries()[0]


def test_after_downtime_a_match_says_through_when_all_was_evaluated(shop: Shop) -> None:
    """T6: it is made at its due instant, and known at the restart."""
    shop.wants_webhooks()
    shop.live("idle", "view", unless="pay")
    view = shop.views("ana", at="12:00")
    shop.service.restart(shop.service.clock.now_us() + US_PER_HOUR)
    (body,) = shop.bodies()
    assert body["meta"]["action"] == {"event_id": view.event_id, "at": "2024-02-28T12:00:00.000000Z"}
    assert body["meta"]["match"]["at"] == "2024-02-28T12:05:00.000000Z"
    assert body["meta"]["evaluated_through"] == "2024-02-28T13:00:00.000000Z"


def test_each_profile_and_segment_counts_without_gaps_through_restarts_and_forgotten_deliveries(telling: Shop) -> None:
    telling.live("seeing", "view")
    for minute in range(3):
        telling.views("ana", at=f"12:0{minute}")
        telling.views("ben", at=f"12:0{minute}")
    assert sequences(telling, "ana") == [1, 1, 2, 2, 3, 3]
    telling.service.restart()
    done(telling.octy._writer.submit(0, _forgets_deliveries))
    telling.views("ana", at="12:04")
    assert sequences(telling, "ana") == [4, 4]


def test_a_number_is_given_only_with_its_webhook(telling: Shop) -> None:
    """H3: a commit that fails takes the number back."""
    telling.views("ana", at="12:00")
    telling.service.rows("SELECT 1")
    numbers = telling.service.rows("SELECT last_number FROM webhook_sequences")
    assert numbers == [(1,)]
    with telling.service.keeps_the_writer_busy():
        broken = telling.octy._writer.submit(0, _breaks)
        views = telling.octy.ingest(telling.account, [telling.draft("ana", "view", "12:01")])
    assert broken.exception() is not None
    views.exception()
    done(telling.octy.ingest(telling.account, [telling.draft("ana", "view", "12:02")]))
    assert sequences(telling, "ana") == list(range(1, len(telling.bodies()) + 1))


def _forgets_deliveries(tx: Transaction) -> None:
    tx.connection.exec_driver_sql("DELETE FROM outbox")


def _breaks(_: object) -> None:
    raise RuntimeError("no disk")


# What they are signed with


def test_every_account_has_a_secret_of_its_own_from_its_beginning(telling: Shop) -> None:
    other = Shop(telling.service)
    secrets = [telling.octy.webhook_secrets(shop.account)[0].secret for shop in (telling, other)]
    assert len(set(secrets)) == 2
    now_us = telling.service.clock.now_us()
    assert secret_of(telling.octy.signing_keys.valid(telling.account, now_us)[0]) == secrets[0]


def test_a_replaced_secret_stays_valid_for_a_while_and_at_most_two_are(telling: Shop) -> None:
    """C21."""
    (first,) = telling.octy.webhook_secrets(telling.account)
    done(telling.octy.rotate_webhook_secret(telling.account, 24))
    second, former = telling.octy.webhook_secrets(telling.account)
    assert former.secret == first.secret
    assert former.expires_us == telling.service.clock.now_us() + 24 * US_PER_HOUR
    telling.service.restart()
    assert telling.octy.webhook_secrets(telling.account) == [second, former]
    telling.waits_until("1d 11:59:59.999999")
    assert len(telling.octy.webhook_secrets(telling.account)) == 2
    telling.waits_until("1d 12:00")
    assert telling.octy.webhook_secrets(telling.account) == [second]
    done(telling.octy.rotate_webhook_secret(telling.account, 24))
    done(telling.octy.rotate_webhook_secret(telling.account, 24))
    assert second.secret not in {one.secret for one in telling.octy.webhook_secrets(telling.account)}
    assert len(telling.octy.webhook_secrets(telling.account)) == 2


def test_a_secret_that_has_leaked_is_invalid_at_once(telling: Shop) -> None:
    (leaked,) = telling.octy.webhook_secrets(telling.account)
    done(telling.octy.rotate_webhook_secret(telling.account, 0))
    (new,) = telling.octy.webhook_secrets(telling.account)
    assert new.secret != leaked.secret


def test_no_secret_is_in_the_database_in_clear(telling: Shop) -> None:
    """C21, C31."""
    done(telling.octy.rotate_webhook_secret(telling.account, 24))
    keys = telling.octy.signing_keys.valid(telling.account, telling.service.clock.now_us())
    telling.service.stop()
    stored = b"".join(path.read_bytes() for path in telling.service.folder.glob("octy.db*"))
    for key in keys:
        assert key not in stored
        assert secret_of(key).removeprefix("whsec_").encode() not in stored
    telling.service.open()


def test_without_its_key_a_store_is_not_served_but_with_new_secrets(telling: Shop) -> None:
    before = telling.octy.webhook_secrets(telling.account)
    telling.service.stop()
    (telling.service.folder / KEY_FILE).unlink()
    lost = Octy(open_store(telling.service.folder), telling.service.clock)
    with pytest.raises(StoreError, match="start once with --new-webhook-secrets"):
        lost.start()
    lost.stop()
    renewed = Octy(open_store(telling.service.folder), telling.service.clock, new_webhook_secrets=True)
    renewed.start()
    after = renewed.webhook_secrets(telling.account)
    renewed.stop()
    assert after != before
    telling.service.open()
    assert telling.octy.webhook_secrets(telling.account) == after


def test_a_webhook_waits_ten_minutes_for_an_earlier_one_about_its_profile(telling: Shop) -> None:
    telling.views("ana", at="12:00")
    refuses(telling, due(telling)[0])
    telling.views("ana", at="12:01")
    telling.waits_until("12:10:59.999999")
    assert due(telling) == []
    telling.waits_until("12:11")
    (later,) = due(telling)
    assert later.attempts == 0


# When a receiver is sent nothing any more


def test_a_receiver_that_says_that_it_is_gone_is_sent_nothing_any_more(telling: Shop) -> None:
    """C22: 410."""
    telling.views("ana", at="12:00")
    telling.views("ben", at="12:00")
    first, _ = due(telling)
    gone = answered(telling, 410)
    now_us = telling.service.clock.now_us()
    records(telling, GivenUp(first.delivery_id, 1, now_us, "The receiver answered 410.", gone, is_gone=True))
    assert due(telling) == []
    telling.service.restart()
    assert due(telling) == []
    assert telling.octy.reading.deliveries(telling.account) == {"pending": 1, "delivered": 0, "failed": 1}


def test_a_receiver_that_has_only_failed_for_five_days_is_sent_nothing_any_more(production: Service) -> None:
    """C22."""
    shop = Shop(production)
    shop.has("ana", "ben")
    shop.wants_webhooks()
    shop.live("viewing", "view")
    shop.views("ana")
    shop.views("ben")
    refuses(shop, due(shop)[0])
    _passes(shop, 5 * US_PER_DAY - 1)
    refuses(shop, due(shop)[0])
    assert due(shop)
    _passes(shop, 1)
    refuses(shop, due(shop)[0])
    assert due(shop) == []
    receiver = shop.service.rows("SELECT disabled_us, disabled_reason FROM receivers")
    assert receiver == [(production.clock.now_us(), "For 5 days every attempt has failed.")]


def test_one_success_within_the_five_days_is_enough(production: Service) -> None:
    shop = Shop(production)
    shop.has("ana", "ben")
    shop.wants_webhooks()
    shop.live("viewing", "view")
    shop.views("ana")
    shop.views("ben")
    refuses(shop, due(shop)[0])
    _passes(shop, 4 * US_PER_DAY)
    takes(shop, due(shop)[1])
    _passes(shop, 2 * US_PER_DAY)
    refuses(shop, due(shop)[0])
    assert shop.service.rows("SELECT disabled_us FROM receivers") == [(None,)]


def _passes(shop: Shop, us: int) -> None:
    assert isinstance(shop.service.clock, StandingClock)
    shop.service.clock.move_to(shop.service.clock.now_us() + us)


# Order, through the store


def test_one_that_is_ahead_of_an_earlier_one_says_so_for_ever(telling: Shop) -> None:
    """H4: also after a restart, and when the earlier one has arrived at last."""
    telling.views("ana", at="12:00")
    telling.views("ana", at="12:01")
    first = due(telling)[0]
    refuses(telling, first)
    telling.waits_until("12:11")
    (second,) = due(telling)
    assert second.is_ahead
    marked = asyncio.run(telling.octy.outbox.overtaking(second))
    assert marked.body.endswith(b'"overtakes":1}}')
    refuses(telling, marked, again_us=2 * US_PER_HOUR)
    telling.service.restart()
    telling.waits_until("13:30")
    takes(telling, due(telling)[0])
    telling.waits_until("14:30")
    (again,) = due(telling)
    assert again.body == marked.body
    assert not again.is_ahead
    assert iso(telling.service.clock.now_us()) > telling.bodies()[1]["meta"]["evaluated_through"]


# Enabled again


def gone(shop: Shop) -> None:
    """The receiver answers 410."""
    now_us = shop.service.clock.now_us()
    one = due(shop)[0]
    attempt = answered(shop, 410)
    records(
        shop, GivenUp(one.delivery_id, one.attempts + 1, now_us, "The receiver answered 410.", attempt, is_gone=True)
    )
    assert due(shop) == []


def counts(shop: Shop) -> dict[str, int]:
    shop.service.asks_nothing()
    return shop.octy.reading.deliveries(shop.account)


def test_the_account_sees_that_its_receiver_is_disabled_and_why(telling: Shop) -> None:
    telling.views("ana", at="12:00")
    gone(telling)
    receiver = telling.octy.reading.receiver(telling.account)
    assert receiver.disabled_us == telling.service.clock.now_us()
    assert receiver.disabled_reason == "The receiver answered 410: it wants no webhooks any more."


def test_another_url_has_not_failed_yet(telling: Shop) -> None:
    telling.views("ana", at="12:00")
    refuses(telling, due(telling)[0])
    assert telling.octy.reading.receiver(telling.account).failing_since_us is not None
    telling.wants_webhooks("https://hooks.example.org/other")
    assert telling.octy.reading.receiver(telling.account).failing_since_us is None


def test_who_sets_enables_or_tries_out_a_receiver_says_that_it_works_now(telling: Shop) -> None:
    mended: list[int] = []
    telling.octy.on_webhooks(lambda: None, mended.append)
    telling.views("ana", at="12:00")
    (delivery_id,) = telling.deliveries()
    telling.wants_webhooks("https://hooks.example.org/other")
    done(telling.octy.enable_webhooks(telling.account, replay=False))
    done(telling.octy.replay_delivery(telling.account, delivery_id))
    done(telling.octy.test_webhook(telling.account))
    telling.service.asks_nothing()
    assert mended == [telling.account] * 4


@pytest.mark.parametrize("replay", [True, False])
def test_a_receiver_that_is_enabled_again_is_sent_what_is_made_from_then_on_and_what_waits_if_wanted(
    telling: Shop, replay: bool
) -> None:
    telling.views("ana", at="12:00")
    gone(telling)
    for minute in range(1, 4):
        telling.views("ben", at=f"12:0{minute}")
    assert due(telling) == []
    receiver = done(telling.octy.enable_webhooks(telling.account, replay=replay))
    assert (receiver.disabled_us, receiver.failing_since_us) == (None, None)
    assert counts(telling) == {"pending": 3 if replay else 0, "delivered": 0, "failed": 1 if replay else 4}
    telling.views("ana", at="12:04")
    sent = {one.profile_key for one in due(telling)}
    assert sent == ({0, 1} if replay else {0})


def test_what_was_not_sent_says_so_and_can_be_sent_by_time(telling: Shop) -> None:
    telling.views("ana", at="12:00")
    gone(telling)
    telling.views("ben", at="12:01")
    done(telling.octy.enable_webhooks(telling.account, replay=False))
    telling.service.asks_nothing()
    asked = DeliveryFilter(state=DeliveryState.FAILED, profile_id="ben")
    (one,) = telling.octy.reading.delivery_page(telling.account, asked, 10).deliveries
    assert one.last_error == "It was made while the receiver was disabled, and not sent when that was enabled again."
    assert done(telling.octy.replay_deliveries(telling.account, asked, None)).count == 1
    assert [one.profile_key for one in due(telling)] == [1]


def test_another_url_is_another_receiver(telling: Shop) -> None:
    telling.views("ana", at="12:00")
    gone(telling)
    telling.views("ben", at="12:01")
    telling.wants_webhooks()
    assert due(telling) == [], "the same URL is not"
    telling.wants_webhooks("https://hooks.example.org/other")
    assert counts(telling)["pending"] == 0
    telling.views("ana", at="12:02")
    assert len(due(telling)) == 1


def test_many_are_given_up_some_at_a_time_and_nothing_is_sent_before(
    telling: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    telling.views("ana", at="12:00")
    gone(telling)
    for minute in range(1, 8):
        telling.views("ben", at=f"12:0{minute}")
    monkeypatch.setattr(service_receivers, "DROPPED_AT_ONCE", 2)
    begun = telling.octy._writer.submit(0, lambda tx: service_receivers.enable(tx, telling.account, replay=False))
    done(begun)
    assert due(telling) == []
    telling.service.restart()
    telling.service.asks_nothing()
    eventually(lambda: telling.octy.reading.deliveries(telling.account)["pending"] == 0)
    telling.views("ana", at="12:08")
    eventually(lambda: len(due(telling)) == 1)


def test_what_has_waited_for_a_disabled_receiver_for_thirty_days_is_given_up(telling: Shop) -> None:
    telling.views("ana", at="12:00")
    gone(telling)
    telling.views("ben", at="12:01")
    telling.waits_until("29d 12:00")
    assert counts(telling)["pending"] == 1
    telling.waits_until("31d 12:00")
    assert counts(telling)["pending"] == 0

"""A server that comes back is the one that went (docs/decisions/0006), and catches up with what fell due (T6, G5)."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

import pytest

from octy.model.clock import ManualClock
from tests.integration.service.serving import Service
from tests.integration.service.world import Shop
from tests.unit.engine.shop import did, instant

Step: TypeAlias = Callable[[Shop], object]

DAY: list[Step] = [
    lambda shop: shop.views("ana", at="12:01", a="x"),
    lambda shop: shop.pays("ben", at="12:02"),
    lambda shop: shop.views("ana", at="11:30", a="y"),
    lambda shop: shop.learns("ana", plan="gold"),
    lambda shop: shop.pays("ana", at="11:45"),
    lambda shop: shop.live("later", "cart", unless="view"),
    lambda shop: shop.does("ana", "cart", at="12:03"),
    lambda shop: shop.does("ben", "cart", at="12:04"),
    lambda shop: shop.views("ana", at="12:05:59"),
    lambda shop: shop.has("cid", plan="gold"),
    lambda shop: shop.views("cid", a="x"),
    lambda shop: shop.waits_until("12:06:01"),
    lambda shop: shop.past("backfilled", "cart", "view", days=1),
    lambda shop: shop.deletes("shy"),
    lambda shop: shop.pays("cid", at="12:09"),
    lambda shop: shop.views("ben", at="12:08", a="x"),
    lambda shop: shop.forgets("cid"),
    lambda shop: shop.has("dora"),
    lambda shop: shop.views("dora", at="12:20", a="x"),
    lambda shop: shop.learns("ana", plan=None),
    lambda shop: shop.waits_until("12:25"),
    lambda shop: shop.waits_until("1d 12:02"),
    lambda shop: shop.views("ben", at="1d 10:00", a="x"),
    lambda shop: shop.waits_until("3d 12:06"),
    lambda shop: shop.waits_until("9d 00:00"),
]


def opened(service: Service) -> Shop:
    """A shop with a segment of each kind."""
    shop = Shop(service)
    shop.wants_webhooks()
    shop.has("ana", "ben")
    shop.live("viewing x", did("view", a="x"))
    shop.live("idle", "view", unless="pay")
    shop.live("shy", "pay", unless="view", within_minutes=10)
    shop.past("viewed", "view", days=1)
    shop.past("bought", "view", "pay", days=1)
    shop.past("unpaid", "view", unless="pay", days=1)
    shop.past("gold", "view", days=2, plan="gold")
    shop.past("gold, unpaid", "view", unless="pay", days=2, plan="gold")
    return shop


def seen(shop: Shop) -> dict[str, object]:
    """All that the account can see."""
    return {
        "customers": {
            who: (shop.tags(who), shop.history(who), shop.log(who)) for who in shop.customers if there(shop, who)
        },
        "segments": shop.statuses(),
        "webhooks": shop.webhooks(),
        "now": shop.now,
    }


def there(shop: Shop, who: str) -> bool:
    return bool(shop.octy.reading.profiles(shop.account, customer_id=who).total)


@pytest.fixture
def twins(tmp_path: Path) -> Iterator[tuple[Shop, Shop]]:
    services = [Service(tmp_path / name, ManualClock(instant("12:00"))) for name in ("one", "other")]
    yield opened(services[0]), opened(services[1])
    for service in services:
        service.stop()


def test_a_server_that_restarts_at_every_step_lives_as_one_that_never_does(twins: tuple[Shop, Shop]) -> None:
    steady, restless = twins
    for step in DAY:
        step(steady)
        step(restless)
        restless.service.restart()
        assert seen(restless) == seen(steady)
    assert len(steady.history("ana")) > 10


@pytest.mark.parametrize("number", range(0, len(DAY), 3))
def test_one_restart_anywhere_changes_nothing_afterwards(tmp_path: Path, number: int) -> None:
    """What the engine had in mind is seen by what becomes of it."""
    histories = []
    for restarts in (False, True):
        service = Service(tmp_path / str(restarts), ManualClock(instant("12:00")))
        shop = opened(service)
        for at, step in enumerate(DAY):
            step(shop)
            if restarts and at == number:
                service.restart()
        histories.append(seen(shop))
        service.stop()
    assert histories[0] == histories[1]


def test_what_fell_due_while_the_server_was_down_is_recorded_at_its_return_in_order(shop: Shop) -> None:
    """T6, G5: each at its own instant; known when the server came back."""
    shop.wants_webhooks()
    shop.live("idle", "view", unless="pay")
    shop.past("viewed", "view", days=1)
    shop.past("unpaid", "cart", unless="pay", days=1)
    shop.pays("ana")
    shop.does("ana", "cart", at="12:10")
    shop.views("ben", at="12:20")
    shop.views("ana", at="12:21")
    shop.service.restart(instant("9d 09:00"))
    assert shop.history("ana")[1:] == [
        "idle created at 12:26 by elapsed time, known at 9d 09:00",
        "unpaid created at 1d 12:00 by elapsed time, known at 9d 09:00",
        "unpaid removed at 1d 12:10 by elapsed time, known at 9d 09:00",
        "viewed removed at 1d 12:21 by elapsed time, known at 9d 09:00",
    ]
    assert shop.tags("ana") == {"idle": "12:26"}
    assert shop.tags("ben") == {"idle": "12:25"}
    assert shop.webhooks() == ["created idle for ben", "created idle for ana"]
    assert [body["date_time"] for body in shop.bodies()] == [
        "Wed, 28 Feb 2024 12:25:00 GMT",
        "Wed, 28 Feb 2024 12:26:00 GMT",
    ]


def test_what_was_due_just_before_the_end_is_not_recorded_again(shop: Shop) -> None:
    """T6."""
    shop.live("idle", "view", unless="pay")
    shop.views("ana")
    shop.waits_until("12:05")
    before = seen(shop)
    shop.service.restart()
    assert seen(shop) == before


def test_a_clock_that_went_back_while_the_server_was_down_does_not_undo_time(shop: Shop) -> None:
    """T2, docs/decisions/0007: a store's time never goes back."""
    shop.past("viewed", "view", days=1)
    shop.views("ana", at="12:30")
    shop.service.restart(instant("09:00"))
    assert shop.now == "12:30"
    shop.views("ben")
    assert shop.tags("ben") == {"viewed": "12:30"}


def test_event_ids_stay_the_same_over_a_restart(shop: Shop) -> None:
    """E8, G5, docs/decisions/0008."""
    shop.live("viewing", "view")
    event = shop.views("ana")
    shop.service.restart()
    assert shop.causes("ana") == [event.event_id]
    assert [one.event_id for one in shop.octy.reading.profile_events(shop.account, shop.customers["ana"], 5)] == [
        event.event_id
    ]


def test_a_live_segment_after_a_restart_still_sees_nothing_from_before_its_creation(shop: Shop) -> None:
    """L1: neither what had been stored, nor what comes late."""
    shop.views("ana", at="12:01")
    shop.waits_until("12:02")
    shop.live("idle", "view", unless="pay")
    shop.live("viewing", "view")
    shop.service.restart()
    shop.views("ben", at="12:01")
    shop.waits_until("13:00")
    assert shop.tags("ana") == shop.tags("ben") == {}

"""A production server with windows open and webhooks waiting, on a machine whose clock is set (C37, decision 0019).

What is followed is up to an hour: more is no more than a line in the log.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from structlog.testing import capture_logs

from octy.model.instants import US_PER_DAY, US_PER_HOUR, US_PER_MINUTE, US_PER_SECOND
from tests.integration.service.serving import Service
from tests.integration.service.test_restart import opened, seen
from tests.integration.service.test_webhooks import due, refuses
from tests.integration.service.world import Shop
from tests.unit.engine.shop import instant
from tests.unit.service.machine import MachineClock

Step: TypeAlias = Callable[[Shop], object]

YEAR_US = 365 * US_PER_DAY
FAR = [US_PER_DAY, -US_PER_DAY, 10 * YEAR_US, -10 * YEAR_US, US_PER_HOUR + 1, -US_PER_HOUR - 1]
"""Steps that are not followed."""

DAY: list[Step] = [
    lambda shop: shop.views("ana", a="x"),
    lambda shop: shop.waits_until("12:01"),
    lambda shop: shop.views("ben"),
    lambda shop: shop.does("ben", "cart"),
    lambda shop: refuses(shop, due(shop)[0]),
    lambda shop: shop.waits_until("12:04:59.999999"),
    lambda shop: shop.waits_until("12:05"),
    lambda shop: shop.pays("ben"),
    lambda shop: shop.views("ana", at="12:06", a="x"),
    lambda shop: shop.views("ana", at="11:30", a="y"),
    lambda shop: shop.learns("ana", plan="gold"),
    lambda shop: shop.waits_until("12:30"),
    lambda shop: shop.past("later", "cart", "view", days=1),
    lambda shop: shop.waits_until("13:02"),
    lambda shop: refuses(shop, due(shop)[0]),
    lambda shop: shop.waits_until("1d 12:01"),
    lambda shop: shop.views("ben"),
    lambda shop: shop.waits_until("1d 12:05"),
    lambda shop: shop.waits_until("9d 00:00"),
]


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    service = Service(tmp_path / "jumpy", MachineClock(instant("12:00")))
    yield service
    service.stop()


@pytest.fixture
def shop(service: Service) -> Shop:
    """Somebody who views is idle five minutes later, unless she pays, and has viewed for a day."""
    shop = Shop(service)
    shop.has("ana", "ben")
    shop.wants_webhooks()
    shop.live("idle", "view", unless="pay")
    shop.past("viewed", "view", days=1)
    return shop


def machine(shop: Shop) -> MachineClock:
    """The clock that the shop's server has now."""
    assert isinstance(shop.service.clock, MachineClock)
    return shop.service.clock


def passes(shop: Shop, us: int) -> None:
    """Time elapses, and all that is due on the way is done."""
    machine(shop).passes(us)
    shop.service.asks_nothing()


def steps(shop: Shop, us: int) -> None:
    """The machine's clock is set, and all that is due then is done."""
    machine(shop).steps(us)
    shop.service.asks_nothing()


def waiting(shop: Shop) -> list[tuple[Any, ...]]:
    """Webhooks, and when they are tried next."""
    return shop.service.rows("SELECT state, attempts, next_attempt_us FROM outbox ORDER BY delivery_id")


@pytest.mark.parametrize("far_us", FAR[:4])
def test_a_server_whose_machine_is_set_far_and_back_lives_as_one_whose_is_not(tmp_path: Path, far_us: int) -> None:
    """Before every other step of a week it is set, and put right again before the next."""
    services = [Service(tmp_path / name, MachineClock(instant("12:00"))) for name in ("steady", "jumpy")]
    steady, jumpy = (opened(service) for service in services)
    for number, step in enumerate(DAY):
        steps(jumpy, -far_us if number % 2 else far_us)
        step(steady)
        step(jumpy)
        assert seen(jumpy) == seen(steady)
        assert waiting(jumpy) == waiting(steady)
    assert [line for line in steady.history("ana") if line.startswith("idle")] == [
        "idle created at 12:05 by elapsed time",
        "idle updated at 12:10 by elapsed time",
    ]
    for service in services:
        service.stop()


@pytest.mark.parametrize("far_us", FAR)
def test_a_far_step_is_told_once_and_so_is_the_way_back(shop: Shop, far_us: int) -> None:
    """However often the clock is looked at."""
    with capture_logs() as said:
        for step_us in (far_us, -far_us):
            steps(shop, step_us)
            for _ in range(5):
                shop.views("ana")
                passes(shop, US_PER_MINUTE)
    assert [(line["event"], line["seconds"], line["log_level"]) for line in said] == [
        ("clock.stepped", far_us / US_PER_SECOND, "warning"),
        ("clock.stepped", -far_us / US_PER_SECOND, "warning"),
    ]


def test_a_step_of_an_hour_forward_is_followed_and_all_it_passes_falls_due_in_order(shop: Shop) -> None:
    """T6: each at its own instant, once; the way back makes nothing due again, and loses nothing that comes later."""
    shop.views("ana")
    passes(shop, US_PER_MINUTE)
    shop.views("ben")
    steps(shop, US_PER_HOUR)
    assert shop.now == "13:01"
    assert shop.tags("ana") == {"viewed": "12:00", "idle": "12:05"}
    assert shop.webhooks() == ["created idle for ana", "created idle for ben"]
    shop.views("ana")
    steps(shop, -US_PER_HOUR)
    assert shop.now == "13:01"
    passes(shop, US_PER_HOUR)
    assert shop.now == "13:01"
    assert len(shop.webhooks()) == 2, "it stands still"
    passes(shop, 5 * US_PER_MINUTE - 1)
    assert len(shop.webhooks()) == 2
    passes(shop, 1)
    assert shop.webhooks()[2:] == ["updated idle for ana"]
    passes(shop, US_PER_DAY)
    assert shop.history("ana") == [
        "viewed created at 12:00 by event",
        "idle created at 12:05 by elapsed time",
        "idle updated at 13:06 by elapsed time",
        "viewed removed at 1d 13:01 by elapsed time",
    ]


@pytest.mark.parametrize("minutes_until_put_right", [0, 1, 30, 60])
def test_a_step_of_an_hour_back_delays_and_makes_nothing_early(shop: Shop, minutes_until_put_right: int) -> None:
    """Time stands still until the machine's clock is there again, by itself or because somebody puts it right."""
    shop.views("ana")
    passes(shop, US_PER_MINUTE)
    steps(shop, -US_PER_HOUR)
    passes(shop, minutes_until_put_right * US_PER_MINUTE)
    assert shop.now == "12:01"
    assert shop.webhooks() == []
    if minutes_until_put_right < 5:
        steps(shop, US_PER_HOUR)
        passes(shop, (4 - minutes_until_put_right) * US_PER_MINUTE - 1)
    else:
        passes(shop, (60 - minutes_until_put_right + 4) * US_PER_MINUTE - 1)
    assert shop.webhooks() == []
    passes(shop, 1)
    assert shop.webhooks() == ["created idle for ana"]
    assert shop.tags("ana")["idle"] == "12:05"


def test_while_time_stands_still_events_keep_the_order_in_which_they_were_accepted(shop: Shop) -> None:
    """T2: at one instant, by number; no number and no id is given twice."""
    steps(shop, -US_PER_HOUR)
    events = [shop.does("ana", what) for what in ("view", "pay", "view", "cart") for _ in range(10)]
    passes(shop, US_PER_HOUR)
    events += [shop.does("ana", "view")]
    assert {event.created_us for event in events} == {instant("12:00")}
    assert len({event.event_id for event in events}) == len(events)
    shown = shop.octy.reading.profile_events(shop.account, shop.customers["ana"], 100)
    assert [event.event_id for event in shown] == [event.event_id for event in reversed(events)]
    passes(shop, 5 * US_PER_MINUTE)
    assert shop.webhooks() == ["created idle for ana"], "the last view was not paid for"


@pytest.mark.parametrize("ppm", [500, -500])
def test_on_a_clock_that_drifts_each_window_ends_once_at_its_instant(shop: Shop, ppm: int) -> None:
    """Four hours, a look every minute: the machine's clock ends up 7.2 s from where it would be."""
    with capture_logs() as said:
        for _ in range(24):
            shop.views("ana")
            for _ in range(10):
                machine(shop).drifts(US_PER_MINUTE, ppm)
                shop.service.asks_nothing()
    assert said == []
    viewed = [event.created_us for event in shop.octy.reading.profile_events(shop.account, shop.customers["ana"], 100)]
    changes = shop.octy.reading.tag_history(shop.account, shop.customers["ana"])
    idle_us = [change.effective_us for change in changes if change.segment_tag == "idle"]
    assert idle_us == [created_us + 5 * US_PER_MINUTE for created_us in reversed(viewed)]
    assert machine(shop).now_us() == machine(shop).system_us


# Events of the future (T4)


@pytest.mark.parametrize("far_us", [US_PER_DAY, 10 * YEAR_US])
def test_events_by_a_clock_that_is_far_ahead_are_refused_and_told_what_time_it_is(shop: Shop, far_us: int) -> None:
    steps(shop, far_us)
    passes(shop, US_PER_MINUTE)
    outcome = shop.sends(
        shop.draft("ana", at="1d 12:01"), shop.draft("ana", at="12:02:00.000001"), shop.draft("ana", at="12:02")
    )
    assert [failure.index for failure in outcome.failed] == [0, 1]
    assert all("2024-02-28T12:01:00.000000Z" in failure.message for failure in outcome.failed)
    assert shop.log("ana") == [("view", "12:01")]


def test_after_a_step_back_of_an_hour_a_client_whose_clock_is_right_is_refused_until_time_goes_on(shop: Shop) -> None:
    """The price of standing still: 60 s ahead are taken as now, and what is more has to wait."""
    steps(shop, -US_PER_HOUR)
    passes(shop, 2 * US_PER_MINUTE)
    assert shop.sends(shop.draft("ana", at="12:02")).failed
    steps(shop, US_PER_HOUR)
    assert not shop.sends(shop.draft("ana", at="12:02")).failed


# Restarts


@pytest.mark.parametrize("back_us", [1, US_PER_MINUTE, US_PER_HOUR])
def test_a_restart_with_the_clock_set_back_by_up_to_an_hour_stands_still_until_then(shop: Shop, back_us: int) -> None:
    shop.views("ana")
    passes(shop, US_PER_MINUTE)
    shop.service.restart(instant("12:01") - back_us)
    assert shop.now == "12:01"
    passes(shop, back_us + 4 * US_PER_MINUTE - 1)
    assert shop.webhooks() == []
    passes(shop, 1)
    assert shop.webhooks() == ["created idle for ana"]
    assert shop.history("ana")[1:] == ["idle created at 12:05 by elapsed time"]


@pytest.mark.parametrize("back_us", [US_PER_HOUR + 1, US_PER_DAY, 10 * YEAR_US])
def test_a_restart_with_the_clock_set_back_further_goes_on_from_the_last_commit(shop: Shop, back_us: int) -> None:
    """T2: neither early nor never."""
    shop.views("ana")
    passes(shop, US_PER_MINUTE)
    with capture_logs() as said:
        shop.service.restart(instant("12:01") - back_us)
    assert [line["event"] for line in said if line["log_level"] == "warning"] == ["clock.behind_the_store"]
    shop.views("ben")
    passes(shop, 4 * US_PER_MINUTE - 1)
    assert shop.webhooks() == []
    passes(shop, 1)
    assert shop.webhooks() == ["created idle for ana"]
    passes(shop, US_PER_MINUTE)
    assert shop.webhooks()[1:] == ["created idle for ben"]
    assert shop.history("ben") == ["viewed created at 12:01 by event", "idle created at 12:06 by elapsed time"]


@pytest.mark.parametrize(("forward_us", "known"), [(US_PER_HOUR, "13:01"), (US_PER_DAY, "1d 12:01")])
def test_a_restart_with_the_clock_set_forward_is_as_long_a_downtime(shop: Shop, forward_us: int, known: str) -> None:
    """G5: a start takes the system's word. All that fell due falls due at its own instant, in order, once."""
    shop.views("ana")
    passes(shop, US_PER_MINUTE)
    shop.views("ben")
    shop.service.restart(instant("12:01") + forward_us)
    assert shop.now == known
    assert shop.webhooks() == ["created idle for ana", "created idle for ben"]
    assert shop.history("ana")[1] == f"idle created at 12:05 by elapsed time, known at {known}"
    shop.service.restart(instant("12:02"))
    assert shop.now == known
    shop.views("ana")
    assert shop.webhooks() == ["created idle for ana", "created idle for ben"]


def test_a_store_that_was_served_ten_years_ahead_goes_on_from_there(shop: Shop) -> None:
    """What was committed at instants of the future stays there; a window opened then ends, in real elapsed time."""
    shop.service.restart(instant("12:00") + 10 * YEAR_US)
    event = shop.views("ana")
    shop.service.restart(instant("12:00"))
    passes(shop, 5 * US_PER_MINUTE - 1)
    assert shop.webhooks() == []
    passes(shop, 1)
    assert shop.webhooks() == ["created idle for ana"]
    assert shop.views("ana").event_id != event.event_id

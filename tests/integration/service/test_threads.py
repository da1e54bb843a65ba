"""Many senders at once: what was acknowledged is there once, and the tags are what the log says (T2, T5)."""

import random
import threading
from collections.abc import Callable

from octy.model.definitions import from_wire
from octy.model.events import EventInstance
from octy.model.segments import SegmentDefinition
from tests.integration.service.serving import eventually
from tests.integration.service.world import Shop, definition, step
from tests.reference.life import Occurrence
from tests.reference.model import Model
from tests.unit.engine.shop import OPENING_US, did, instant

SENDERS, BATCHES, EVENTS = 8, 50, 4
WHO = [f"customer {number}" for number in range(20)]
SEGMENTS = {
    "viewing a": definition("viewing a", "live", 1, 0, [step(did("view", a="x"))]),
    "viewed": definition("viewed", "past", 1, 1, [step("view")]),
    "bought": definition("bought", "past", 1, 1, [step("view"), step("pay")]),
    "unpaid": definition("unpaid", "past", 2, 1, [step("view"), step("pay", "inaction")]),
}


def sender(shop: Shop, number: int, acknowledged: list[EventInstance]) -> Callable[[], None]:
    """Sends batch after batch, some events late, each message twice."""
    chance = random.Random(number)

    def send() -> None:
        for batch in range(BATCHES):
            drafts = [
                shop.draft(
                    chance.choice(WHO),
                    chance.choice(("view", "pay", "cart")),
                    chance.choice((None, None, "11:00", "09:30", "-1d 13:00")),
                    message_id=f"{number}/{batch}/{event}",
                    a=chance.choice("xy"),
                )
                for event in range(EVENTS)
            ]
            outcome = shop.sends(*drafts)
            assert not outcome.failed
            acknowledged.extend(outcome.done)
            if batch % 10 == 0:
                assert all(event.duplicate for event in shop.sends(*drafts).done)

    return send


def test_eight_senders_at_once_get_what_one_after_the_other_would(busy_shop: Shop) -> None:
    busy_shop.has(*WHO)
    for name, raw in SEGMENTS.items():
        segment, _ = busy_shop.octy.create_segment(busy_shop.account, raw).result(60)
        busy_shop.segments[name] = segment.segment_id
    eventually(lambda: set(busy_shop.statuses().values()) == {"active"})
    acknowledged: list[EventInstance] = []
    errors: list[BaseException] = []
    threads = [threading.Thread(target=guarded(sender(busy_shop, n, acknowledged), errors)) for n in range(SENDERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert len(acknowledged) == SENDERS * BATCHES * EVENTS
    assert len({event.event_id for event in acknowledged}) == len(acknowledged)
    stored = [
        event.event_id
        for who in WHO
        for event in busy_shop.octy.reading.profile_events(busy_shop.account, busy_shop.customers[who], 10_000)
    ]
    assert sorted(stored) == sorted(event.event_id for event in acknowledged)
    model = told(busy_shop)
    assert {who: dict(tags(busy_shop, who)) for who in WHO} == model
    busy_shop.service.restart(instant("1d 11:00"))
    assert {who: dict(tags(busy_shop, who)) for who in WHO} == told(busy_shop, instant("1d 11:00"))


def told(shop: Shop, until_us: int | None = None) -> dict[str, dict[str, int]]:
    """What the reference model says of the log, in the order of its numbers."""
    names = list(shop.customers)
    model = Model(OPENING_US)
    for _ in names:
        model.add_profile()
    for key, raw in enumerate(SEGMENTS.values(), 1):
        found: SegmentDefinition = from_wire(raw)[0]
        if found.timeframe_days:
            model.begin_backfill(key, found)
            model.finish_backfill(key)
    model.advance(instant("12:00"))
    model.create_live(1, from_wire(SEGMENTS["viewing a"])[0])
    rows = shop.service.rows(
        "SELECT profile_key, name, events.created_us, accepted_us, json_extract(events.properties, '$.a')"
        " FROM events JOIN event_types USING (type_id) ORDER BY seq"
    )
    model.accept([Occurrence(profile, kind, at_us, known_us, {"a": a}) for profile, kind, at_us, known_us, a in rows])
    if until_us is not None:
        model.advance(until_us)
    borne: dict[str, dict[str, int]] = {who: {} for who in WHO}
    for (key, profile), created_us in model.tags().items():
        borne[names[profile]][list(SEGMENTS)[key - 1]] = created_us
    return borne


def tags(shop: Shop, who: str) -> list[tuple[str, int]]:
    return [(tag.segment_tag, tag.created_us) for tag in shop.profile(who).segment_tags]


def guarded(work: Callable[[], None], errors: list[BaseException]) -> Callable[[], None]:
    """What goes wrong in a thread is not lost."""

    def run() -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - told by the test
            errors.append(error)

    return run

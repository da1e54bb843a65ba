"""The segments that the examples are about, in the wire's form."""

from typing import Any

from tests.unit.model.shapes import live_1, live_2, past_1, past_2, past_3, past_4, step

VIEW, PAY = step("view"), step("pay", "inaction")

VIEWERS = live_1()
SHOES = live_1(event_sequence=[step("view", page="shoes")])
CHECKOUT = live_2(5)
IDLE = live_2(event_sequence=[step("view", exp_timeframe=5, page="shoes"), step("view", "inaction")])
VISITORS = past_1(segment_timeframe=1)
BUYERS = past_1(segment_timeframe=1, event_sequence=[step("view"), step("pay")])
KEEN = past_1(segment_timeframe=1, event_sequence=[step("view", page="shoes"), step("view")])
SLEEPERS = past_2(segment_timeframe=2)
GOLD = past_3(segment_timeframe=2)
GOLD_SLEEPERS = past_4(segment_timeframe=2)


def shown(value: object) -> dict[str, Any]:
    """A live segment that asks for a value of `size`."""
    return live_1(event_sequence=[step("view", size=value)])

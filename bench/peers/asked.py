"""What does a past segment ask of the events? The definition in words that both peers' SQL shares.

Where no two events share an instant (`bench.history`), a match exists (P2) exactly when the first half of the actions,
each taken as early as may be, ends before the second half, each taken as late as may be, begins. So one action needs no
order at all, two need a minimum and a maximum, and three or four one more look at the events between.
"""

from typing import Any

from msgspec import Struct

from octy.model.instants import US_PER_DAY

ACTIONS_MAX = 4
"""What the peers' queries are written for; definitions have up to 10."""


class Asked(Struct, frozen=True):
    """A past segment as conditions in SQL."""

    window: str
    """P1."""
    actions: tuple[str, ...]
    """Each true of the events that match (V1)."""
    inaction: str | None


def asked(definition: dict[str, Any], now_us: int) -> Asked:
    """A definition in wire form, of sub-type 1 or 2, that `octy.model` has accepted."""
    since_us = now_us - definition["segment_timeframe"] * US_PER_DAY
    steps = definition["event_sequence"]
    actions = tuple(_condition(step) for step in steps if step["action_inaction"] == "action")
    inactions: list[str | None] = [_condition(step) for step in steps if step["action_inaction"] == "inaction"]
    assert len(actions) <= ACTIONS_MAX
    return Asked(f"created_us > {since_us} AND created_us <= {now_us}", actions, *inactions or [None])


def either(*conditions: str) -> str:
    """True of the events for which any of the conditions is."""
    return "(" + " OR ".join(f"({condition})" for condition in conditions) + ")"


def _condition(step: dict[str, Any]) -> str:
    texts = {"event_type": step["event_type"]} | (step["event_properties"] or {})
    return " AND ".join(f"{column} = '{text}'" for column, text in texts.items())

"""Definitions in the wire's form, each valid until a test changes it."""

from typing import Any


def step(
    event_type: str, action_inaction: str = "action", exp_timeframe: object = 0, **properties: Any
) -> dict[str, Any]:
    """One element of an `event_sequence`."""
    return {
        "event_type": event_type,
        "exp_timeframe": exp_timeframe,
        "action_inaction": action_inaction,
        "event_properties": properties or None,
    }


def steps(count: int) -> list[dict[str, Any]]:
    """As many different actions."""
    return [step(f"event {number}") for number in range(count)]


def live_1(**fields: Any) -> dict[str, Any]:
    """Who views."""
    return {
        "segment_name": "viewers",
        "segment_type": "live",
        "segment_sub_type": 1,
        "segment_timeframe": 0,
        "event_sequence": [step("view")],
    } | fields


def live_2(exp_timeframe: object = 5, **fields: Any) -> dict[str, Any]:
    """Who views and does not pay in time."""
    sequence = [step("view", exp_timeframe=exp_timeframe), step("pay", "inaction")]
    return live_1(segment_sub_type=2, event_sequence=sequence) | fields


def past_1(**fields: Any) -> dict[str, Any]:
    """Who has viewed in 30 days."""
    return live_1(segment_type="past", segment_timeframe=30) | fields


def past_2(**fields: Any) -> dict[str, Any]:
    """Who has viewed and not paid in 30 days."""
    return past_1(segment_sub_type=2, event_sequence=[step("view"), step("pay", "inaction")]) | fields


def past_3(**fields: Any) -> dict[str, Any]:
    """As past 1, with a property."""
    return past_1(segment_sub_type=3, profile_property_name="plan", profile_property_value="gold") | fields


def past_4(**fields: Any) -> dict[str, Any]:
    """As past 2, with a property."""
    return past_3(segment_sub_type=4, event_sequence=past_2()["event_sequence"]) | fields


def without(raw: dict[str, Any], *fields: str) -> dict[str, Any]:
    """The same with fields left out."""
    return {field: value for field, value in raw.items() if field not in fields}

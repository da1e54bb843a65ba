"""A shop's two days that make a webhook of each kind, and what the documentation shows of them."""

import json
import re
from pathlib import Path
from typing import Any

from octy.model.webhooks import CHOICE_OF_EVENTS
from tests.integration.service.world import Shop

DOCUMENTATION = Path(__file__).parents[3] / "docs" / "webhooks.md"
IDS = ("delivery_id", "profile_id", "segment_id", "event_id", "retracts")
EVENTS = tuple(event.value for event in CHOICE_OF_EVENTS)


def live_through(shop: Shop) -> None:
    """All that the documentation's examples tell of."""
    shop.wants_webhooks(webhook_events=EVENTS)
    shop.live("abandoned cart", "cart", unless="pay", within_minutes=30)
    shop.past("viewers", "view", days=1)
    shop.views("ana", at="12:00")
    shop.does("ana", "cart", at="12:00:30")
    shop.waits_until("12:45")
    shop.pays("ana", at="12:45")
    shop.waits_until("1d 12:00")
    shop.has("cem", "dan")
    shop.wants_webhooks(webhook_events=EVENTS, webhooks_per_minute=1, webhook_breaker_share=0.5)
    for second, who in enumerate(("ben", "cem", "dan")):
        shop.views(who, at=f"1d 12:10:{second:02}")


def examples() -> dict[str, list[Any]]:
    """By event, the bodies that the documentation shows."""
    found: dict[str, list[Any]] = {}
    for block in re.findall(r"```json\n(.*?)```", DOCUMENTATION.read_text(), re.DOTALL):
        body = json.loads(block)
        if "meta" in body:
            found.setdefault(body["meta"]["event"], []).append(body)
    return found


def without_ids(value: Any) -> Any:
    """The same, with every id that differs from run to run as the documentation writes it."""
    if isinstance(value, dict):
        return {key: "…" if key in IDS and inner else without_ids(inner) for key, inner in value.items()}
    return [without_ids(inner) for inner in value] if isinstance(value, list) else value

"""The bench's shop: profiles, 20 segments of all kinds, and events in the proportions of a real shop's.

Event types and their frequencies are those of `examples/ecom`. Definitions repeat in variants where more are wanted.
"""

import random
from typing import Any

from bench.server import Running

PROFILES = 10_000
BATCH = 500

WEIGHTS = {
    "product_view": 6851,
    "catalog": 6521,
    "search": 4011,
    "home": 2762,
    "filter_results": 2610,
    "add_to_cart": 1346,
    "cart": 1204,
    "shipping_details": 958,
    "wishlist_add": 812,
    "promo_page": 796,
    "payment_details": 709,
    "account_page": 659,
    "charged": 470,
    "review_page": 406,
    "support_chat": 277,
    "error_page": 276,
    "compare": 275,
    "payment_error": 119,
}

LIVE = (
    (["payment_error"], None),
    (["error_page"], {"plan": "gold"}),
    (["promo_page"], {"page": "/p/7"}),
    (["payment_details"], "charged"),
    (["cart"], "shipping_details"),
    (["shipping_details"], "charged"),
)
"""Actions, and either an inaction (live 2) or properties (live 1)."""

PAST = (
    (["search", "product_view", "wishlist_add"], None, 14, None),
    (["add_to_cart", "cart"], "charged", 14, None),
    (["home"], "charged", 60, None),
    (["product_view", "charged"], None, 90, None),
    (["catalog"], "charged", 30, {"plan": "gold"}),
    (["promo_page", "product_view", "add_to_cart"], None, 7, None),
    (["compare"], "charged", 30, None),
    (["support_chat", "charged"], None, 60, None),
    (["charged", "review_page"], None, 30, None),
    (["account_page"], "support_chat", 90, {"plan": "free"}),
    (["search", "filter_results", "product_view", "add_to_cart"], "charged", 30, None),
    (["payment_error"], "charged", 7, None),
    (["wishlist_add"], "add_to_cart", 14, {"plan": "gold"}),
    (["home", "catalog", "product_view"], None, 3, {"plan": "gold"}),
)
"""Actions, inaction, days, properties of the first action."""


def definitions(count: int) -> list[dict[str, Any]]:
    """Six live and fourteen past segments in turn, each with a name of its own."""
    made = [*(_live(*one) for one in LIVE), *(_past(*one) for one in PAST)]
    return [made[number % len(made)] | {"segment_name": f"segment {number}"} for number in range(count)]


def furnish(server: Running, segments: int, profiles: int = PROFILES) -> list[str]:
    """Creates everything but events; returns the profile ids."""
    types = [{"event_type": name, "event_properties": ["plan", "page"]} for name in WEIGHTS if name != "charged"]
    server.post("/v1/retention/events/types/create", {"event_types": types})
    ids: list[str] = []
    for first in range(0, profiles, BATCH):
        drafts = [
            {"customer_id": f"customer {n}", "has_charged": False, "profile_data": {}, "platform_info": {}}
            for n in range(first, first + BATCH)
        ]
        answer = server.post("/v1/retention/profiles/create", {"profiles": drafts})
        ids += [profile["profile_id"] for profile in answer["profiles"]]
    for definition in definitions(segments):
        server.post("/v1/retention/segments/create", definition)
    return ids


def events(profile_ids: list[str], count: int, seed: int) -> list[dict[str, Any]]:
    """Events without a time of their own: they happen when they arrive."""
    chance = random.Random(seed)
    names = chance.choices(list(WEIGHTS), list(WEIGHTS.values()), k=count)
    return [
        {
            "event_type": name,
            "profile_id": chance.choice(profile_ids),
            "event_properties": {
                "plan": chance.choice(("gold", "silver", "free")),
                "page": f"/p/{chance.randrange(500)}",
            },
        }
        for name in names
    ]


def _live(actions: list[str], other: str | dict[str, str] | None) -> dict[str, Any]:
    if isinstance(other, str):
        return _definition("live", 2, 0, [_step(actions[0], minutes=30), _step(other, kind="inaction")])
    return _definition("live", 1, 0, [_step(actions[0], properties=other)])


def _past(actions: list[str], inaction: str | None, days: int, properties: dict[str, str] | None) -> dict[str, Any]:
    steps = [_step(name, properties=None if place else properties) for place, name in enumerate(actions)]
    if inaction is None:
        return _definition("past", 1, days, steps)
    return _definition("past", 2, days, [*steps, _step(inaction, kind="inaction")])


def _definition(segment_type: str, sub_type: int, days: int, steps: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "segment_type": segment_type,
        "segment_sub_type": sub_type,
        "segment_timeframe": days,
        "event_sequence": steps,
    }


def _step(
    name: str, *, kind: str = "action", minutes: int = 0, properties: dict[str, str] | None = None
) -> dict[str, Any]:
    return {"event_type": name, "exp_timeframe": minutes, "action_inaction": kind, "event_properties": properties}

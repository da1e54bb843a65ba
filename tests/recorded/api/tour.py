"""A day with every operation: the requests that the API reference shows, each at a time when it has something to do.

Sent to a sandbox in this process whose jobs never begin: they would end at another moment each time.
"""

import json
import re
from pathlib import Path
from typing import Any

from octy.http.auth import needed_role
from octy.model.keys import Role
from tests.integration.http.world import World, live
from tests.recorded.api import Answered, Shown
from tests.recorded.steady import Steady

R = "/v1/retention"
W = "/v1/webhooks"
EVENT = {
    "event_type": "cart",
    "profile_id": "PROFILE",
    "event_properties": {"product": "merino"},
    "created_at": "2024-01-01 09:00:00",
    "message_id": "order-17-line-1",
}
PROFILE = {"customer_id": "ana", "profile_data": {"plan": "gold"}, "platform_info": {"device": "phone"}}
ITEM = {
    "item_id": "merino",
    "item_category": "yarn",
    "item_name": "Merino",
    "item_description": "soft",
    "item_price": 9,
}
SEGMENT = live("carts", "cart")
NAMES = {
    "PROFILE": ("profiles", "profile_id"),
    "TYPE": ("event_types", "event_type_id"),
    "SEGMENT": ("", "segment_id"),
    "DELIVERY": ("deliveries", "delivery_id"),
    "DATASET": ("dataset", "dataset_id"),
}
"""What stands for an id, and where the first answer has it that has one."""

LINE_CHARACTERS_MAX = 80

TOUR = (
    Shown("GET /v1/account/authenticate"),
    Shown(
        "POST /v1/configurations/account/set", body={"contact_name": "Ana", "webhook_url": "http://127.0.0.1:9/octy"}
    ),
    Shown("POST /v1/configurations/account/set", body={"webhook_url": "ftp://shop.example"}, is_refused=True),
    Shown("GET /v1/configurations/account"),
    Shown(
        "POST /v1/configurations/retention/algorithms/set",
        body={"algorithm_name": "churn", "configurations": {"profile_features": ["plan"], "horizon_days": 30}},
    ),
    Shown("POST /v1/configurations/retention/algorithms/set", body={"algorithm_name": "magic"}, is_refused=True),
    Shown("GET /v1/configurations/retention/algorithms"),
    Shown(
        f"POST {R}/events/types/create", body={"event_types": [{"event_type": "cart", "event_properties": ["product"]}]}
    ),
    Shown(
        f"POST {R}/events/types/create",
        body={"event_types": [{"event_type": "charged", "event_properties": []}]},
        is_refused=True,
    ),
    Shown(f"GET {R}/events/types"),
    Shown(f"POST {R}/segments/create", body=SEGMENT),
    Shown(f"POST {R}/segments/create", body=SEGMENT | {"segment_timeframe": 5}, is_refused=True),
    Shown(f"GET {R}/segments"),
    Shown(f"POST {R}/profiles/create", body={"profiles": [PROFILE]}),
    Shown(f"POST {R}/profiles/create", body={"profiles": [PROFILE]}, is_refused=True),
    Shown(
        f"POST {R}/profiles/update",
        body={"profiles": [PROFILE | {"profile_id": "PROFILE", "profile_data": {"city": "Bonn"}}]},
    ),
    Shown(
        f"POST {R}/profiles/update",
        body={"profiles": [PROFILE | {"profile_id": "PROFILE", "profile_data": {"city": ["Bonn"]}}]},
        is_refused=True,
    ),
    Shown(f"POST {R}/events/create", body=EVENT),
    Shown(f"POST {R}/events/create", body=EVENT | {"event_type": "look"}, is_refused=True),
    Shown(
        f"POST {R}/events/create/batch",
        body={"events": [EVENT | {"message_id": "order-17-line-2"}, {"event_type": "look", "profile_id": "PROFILE"}]},
    ),
    Shown(f"POST {R}/events/create/batch", body={"events": []}, is_refused=True),
    Shown(f"GET {R}/profiles", "?id=ana"),
    Shown(f"GET {R}/profiles", "?limit=0", is_refused=True),
    Shown(f"GET {R}/profiles/metadata", "?ids=ana,nobody"),
    Shown(f"GET {R}/profiles/history", "?id=ana"),
    Shown(f"GET {R}/profiles/history", "?id=nobody", is_refused=True),
    Shown(f"GET {R}/profiles/events", "?id=ana&limit=1"),
    Shown(f"GET {R}/profiles/events", "?id=nobody", is_refused=True),
    Shown(f"GET {R}/profiles/export", "?id=ana"),
    Shown(f"GET {R}/profiles/export", "?id=nobody", is_refused=True),
    Shown(f"POST {R}/items/create", body={"items": [ITEM]}),
    Shown(f"POST {R}/items/create", body={"items": [ITEM | {"item_price": "nine"}]}, is_refused=True),
    Shown(f"POST {R}/items/update", body={"items": [ITEM | {"item_price": 8}]}),
    Shown(f"POST {R}/items/update", body={"items": [ITEM | {"item_id": "silk"}]}, is_refused=True),
    Shown(f"GET {R}/items"),
    Shown(f"GET {W}/secrets"),
    Shown(f"POST {W}/secrets/rotate", body={"overlap_hours": 24}),
    Shown(f"POST {W}/secrets/rotate", body={"overlap_hours": -1}, is_refused=True),
    Shown(f"POST {W}/test", body={}),
    Shown(f"POST {W}/enable", body={"replay": False}),
    Shown(f"GET {W}/deliveries", "?event=live_segment.matched&limit=1"),
    Shown(f"GET {W}/deliveries", "?state=lost", is_refused=True),
    Shown(f"GET {W}/deliveries/{{delivery_id}}"),
    Shown(f"GET {W}/deliveries/{{delivery_id}}/changes"),
    Shown(f"POST {W}/deliveries/{{delivery_id}}/replay", body={}),
    Shown(f"POST {W}/deliveries/replay", body={"from": "2024-01-01T00:00:00Z"}),
    Shown(f"POST {W}/deliveries/replay", body={"from": "yesterday"}, is_refused=True),
    Shown(f"POST {W}/release", body={"segment_id": "SEGMENT"}, is_refused=True),
    Shown(f"POST {R}/datasets", body={"every": "7d", "from": "2023-12-01", "to": "2023-12-31", "label": "churn:30d"}),
    Shown(f"POST {R}/datasets", body={"as_of": "2124-01-01"}, is_refused=True),
    Shown(f"GET {R}/datasets"),
    Shown(f"GET {R}/datasets/file", "?id=DATASET", is_refused=True),
    Shown(f"POST {R}/datasets/delete", body={"datasets": ["DATASET"]}),
    Shown(f"POST {R}/datasets/delete", body={"datasets": ["dataset_unknown"]}, is_refused=True),
    Shown(f"POST {R}/training/start", body={"algorithm": "churn"}),
    Shown(f"POST {R}/training/start", body={"algorithm": "magic"}, is_refused=True),
    Shown(f"GET {R}/training"),
    Shown(f"GET {R}/churn_prediction/report", is_refused=True),
    Shown(f"POST {R}/segments/delete", body={"segments": ["SEGMENT"]}),
    Shown(f"POST {R}/segments/delete", body={"segments": ["segment_unknown"]}, is_refused=True),
    Shown(f"POST {R}/segments/restore", body={"segments": ["SEGMENT"]}),
    Shown(f"POST {R}/segments/restore", body={"segments": ["segment_unknown"]}, is_refused=True),
    Shown(f"GET {R}/segments/receipts"),
    Shown(f"POST {R}/events/types/delete", body={"event_type_ids": ["TYPE"]}, is_refused=True),
    Shown(f"POST {R}/profiles/delete", body={"profiles": ["PROFILE"]}),
    Shown(f"POST {R}/profiles/delete", body={"profiles": ["profile_unknown"]}, is_refused=True),
    Shown("POST /v1/sandbox/clock", body={"now": "2024-01-02T00:00:00Z"}),
    Shown("POST /v1/sandbox/clock", body={"now": "2023-01-01T00:00:00Z"}, is_refused=True),
    Shown("GET /v1/sandbox/clock"),
    Shown("GET /v1/admin/application/versioning", "?app=cli"),
    Shown("GET /v1/admin/application/resources/format", "?type=events"),
    Shown("GET /livez"),
    Shown("GET /healthz"),
    Shown("GET /readyz"),
    Shown("GET /metrics"),
)


class Tour:
    """The sandbox, its OpenAPI document, and the keys that each operation takes."""

    def __init__(self, folder: Path) -> None:
        self._world = World(folder)
        self._world.octy._jobs.wake = lambda: None  # type: ignore[method-assign]
        self._api = self._world.account()
        self._names: dict[str, str] = {}

    def close(self) -> None:
        """Ends the sandbox."""
        self._world.close()

    def document(self) -> dict[str, Any]:
        """The OpenAPI document."""
        found: dict[str, Any] = self._api.get("/openapi.json").json()
        return found

    def answers(self) -> list[Answered]:
        """Sends everything."""
        steady = Steady({})
        return [self._answered(shown, steady) for shown in TOUR]

    def _answered(self, shown: Shown, steady: Steady) -> Answered:
        method, _, path = shown.operation.partition(" ")
        path = self._named(path.replace("{delivery_id}", "DELIVERY") + shown.query)
        body = "" if shown.body is None else self._named(_pretty(shown.body))
        answer = self._api.get(path) if method == "GET" else self._api.post(path, body.encode())
        text = ""
        if answer.headers["content-type"].startswith("application/json"):
            self._remember(answer.json())
            text = json.dumps(answer.json(), indent=2, ensure_ascii=False)
        return Answered(shown, steady.said(path), steady.said(body), answer.status_code, steady.said(text))

    def role_of(self, operation: str) -> Role | None:
        """Which keys it takes; None for any."""
        method, _, path = operation.partition(" ")
        for route in self._world.app.routes:
            if re.sub(r":\w+\}", "}", route.path) == path:
                for handler in getattr(route, "route_handlers", ()):
                    if method in handler.http_methods:
                        return needed_role(method, handler.opt)
        raise AssertionError(f"no route for {operation}")

    def _named(self, text: str) -> str:
        for name, found in self._names.items():
            text = text.replace(name, found)
        return text

    def _remember(self, answer: dict[str, Any]) -> None:
        for name, (listed, field) in NAMES.items():
            found = answer.get(listed) if listed else answer
            first = found[0] if isinstance(found, list) and found else found
            if isinstance(first, dict) and field in first:
                self._names.setdefault(name, first[field])


def _pretty(body: object) -> str:
    """On a line, if it is a short one."""
    line = json.dumps(body)
    return line if len(line) < LINE_CHARACTERS_MAX else json.dumps(body, indent=2)

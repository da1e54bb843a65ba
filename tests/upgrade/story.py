"""What happens to an account, told in requests that every version answers: half of it before an upgrade, half after.

The clock is a sandbox's, so whoever lives through the same story has the same tags at the same instants.
"""

from collections.abc import Mapping
from typing import Any, Protocol

START = "2024-01-01T00:00:00Z"
KEYS = {"public_key": "pk_ours", "secret_key": "sk_ours"}
CUSTOMERS = ("ana", "ben", "cem", "dora")
NOBODY = "http://127.0.0.1:9/octy"
"""Where nobody listens, so that webhooks stay pending."""


class Asked(Protocol):
    """A server."""

    def get(self, path: str) -> Any:
        """The answer's JSON."""

    def post(self, path: str, content: object) -> Any:
        """The same."""


class Story:
    """One account's."""

    def __init__(self, server: Asked) -> None:
        self._server = server
        self._ids: dict[str, str] = {}
        self._messages = 0

    def begins(self) -> None:
        """Until a window is open, webhooks are pending, and much is yet to fall due."""
        contact = {"contact_name": "Ana", "contact_surname": "Octy", "contact_email_address": "ana@example.com"}
        self._post("/v1/configurations/account/set", contact | {"webhook_url": NOBODY, "authenticated_id_key": ""})
        types = [{"event_type": name, "event_properties": ["product"]} for name in ("view", "cart", "pay")]
        self._post("/v1/retention/events/types/create", {"event_types": types})
        drafts = [{"customer_id": one, "profile_data": {"plan": "gold"}, "platform_info": {}} for one in CUSTOMERS]
        self._post("/v1/retention/profiles/create", {"profiles": drafts})
        self._knows()
        self._segment("shod", "live", 1, 0, ("view", "shoes", 0))
        self._segment("left a cart", "live", 2, 0, ("cart", None, 30), ("pay", None, 0))
        self._segment("viewers", "past", 1, 30, ("view", None, 0))
        self._segment("lookers", "past", 2, 10, ("view", None, 0), ("pay", None, 0))
        self._segment("buyers", "past", 1, 20, ("view", "shoes", 0), ("cart", None, 0), ("pay", None, 0))
        self._segment("gold", "past", 3, 15, ("pay", None, 0), plan="gold")
        self._segment("going", "past", 1, 5, ("view", None, 0))
        for day in range(1, 13):
            for place, who in enumerate(CUSTOMERS):
                product = ("shoes", "hats", "größe 44")[(day + place) % 3]
                self._does(who, "view", f"2024-01-{day:02} 1{place}:00:00", product)
                if (day + place) % 3 == 0:
                    self._does(who, "cart", f"2024-01-{day:02} 1{place}:05:00", product)
                if (day + place) % 4 == 0:
                    self._does(who, "pay", f"2024-01-{day:02} 1{place}:20:00", product)
        self._does("cem", "pay", "2024-01-03 09:00:00", "hats")
        self._does("ben", "cart", "2024-01-05 09:00:00", "shoes")
        self._segment("backfilled", "past", 1, 9, ("cart", None, 0))
        going = next(one for one in self._segments() if one["segment_name"] == "going")
        self._post("/v1/retention/segments/delete", {"segments": [going["segment_id"]]})
        self._post("/v1/retention/profiles/delete", {"profiles": [self._ids.pop("dora")]})
        self._does("ana", "cart", "2024-01-13 12:00:00", "shoes")
        self._does("ben", "cart", "2024-01-13 12:10:00", "shoes")

    def goes_on(self) -> None:
        """What was pending falls due, or is prevented; and all that a store is asked for is asked."""
        self._knows()
        self._waits("2024-01-13T12:29:59.999999Z")
        self._does("ben", "pay", "2024-01-13 12:30:00", "shoes")
        self._waits("2024-01-13T12:45:00Z")
        self._does("ana", "view", "2024-01-02 08:00:00", "shoes")
        self._does("cem", "view", "2024-01-14 08:00:00", "shoes")
        self._segment("new", "past", 2, 25, ("cart", None, 0), ("pay", "hats", 0))
        self._waits("2024-01-20T00:00:00Z")
        self._does("ana", "pay", "2024-01-20 10:00:00", "hats")

    def ends(self) -> None:
        """All that time alone still does is done; webhooks that were given up are forgotten."""
        self._waits("2024-03-20T00:00:00Z")

    def repeats_itself(self) -> bool:
        """E8: whether the last event is known for what it is."""
        answer = self._send("ben", "cart", "2024-01-13 12:10:00", "shoes", self._messages)
        return bool(answer["events"][0].get("duplicate"))

    def seen(self, *, with_webhooks: bool = True) -> dict[str, Any]:
        """All that an account sees of its customers and segments, without the ids, which are random."""
        found: dict[str, Any] = {
            "segments": [(one["segment_name"], one["segment_status"], one["profile_count"]) for one in self._segments()]
        }
        for who, profile_id in self._ids.items():
            whole = self._server.get(f"/v1/retention/profiles/export?id={profile_id}")
            found[who] = {
                "tags": whole["profile"]["segment_tags"],
                "history": [_without_ids(line) for line in whole["segment_tag_history"]],
                "events": [_without_ids(event) for event in whole["events"]],
                "webhooks": [
                    (one["body"]["subject"], one["body"]["body"]["segment"]["segment_tag"], one["body"]["date_time"])
                    for one in whole["webhooks"]
                    if with_webhooks
                ],
            }
        return found

    def _knows(self) -> None:
        profiles = self._server.get("/v1/retention/profiles")["profiles"]
        self._ids = {one["customer_id"]: one["profile_id"] for one in profiles}

    def _segments(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._server.get("/v1/retention/segments")["segments"]
        return found

    def _segment(
        self, name: str, kind: str, sub_type: int, days: int, *steps: tuple[str, str | None, int], **wants: str
    ) -> None:
        """Steps are (event type, product, minutes); the last of an even sub-type is an inaction."""
        last = len(steps) - 1 if sub_type % 2 == 0 else len(steps)
        sequence = [
            {
                "event_type": event_type,
                "event_properties": None if product is None else {"product": product},
                "action_inaction": "inaction" if place == last else "action",
                "exp_timeframe": minutes,
            }
            for place, (event_type, product, minutes) in enumerate(steps)
        ]
        definition = {
            "segment_name": name,
            "segment_type": kind,
            "segment_sub_type": sub_type,
            "segment_timeframe": days,
            "event_sequence": sequence,
        }
        for key, value in wants.items():
            definition |= {"profile_property_name": key, "profile_property_value": value}
        self._post("/v1/retention/segments/create", definition)

    def _does(self, who: str, what: str, at: str, product: str) -> None:
        self._messages += 1
        self._send(who, what, at, product, self._messages)

    def _send(self, who: str, what: str, at: str, product: str, message: int) -> Any:
        event = {
            "profile_id": self._ids[who],
            "event_type": what,
            "created_at": at,
            "event_properties": {"product": product},
            "message_id": f"message {message}",
        }
        return self._post("/v1/retention/events/create/batch", {"events": [event]})

    def _waits(self, now: str) -> None:
        self._post("/v1/sandbox/clock", {"now": now})

    def _post(self, path: str, content: object) -> Any:
        return self._server.post(path, content)


def _without_ids(said: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in said.items() if not name.endswith("_id")}

"""An account, and the clients that speak for it."""

import json
from collections.abc import Sequence

from octy.model.keys import Keys
from tests.acceptance.processes import Server, wait_for
from tests.wire import shapes
from tests.wire.clients import GoClient, ScriptClient

PROFILES = "/v1/retention/profiles"
EVENT_TYPES = "/v1/retention/events/types"
SEGMENTS = "/v1/retention/segments"


class Shop:
    """What tests make of an account before they look at it."""

    def __init__(self, server: Server, keys: Keys) -> None:
        self.keys = keys
        self.go = GoClient(server.port, keys)
        self.script = ScriptClient(server.port, keys)

    def close(self) -> None:
        """Ends the connections."""
        self.go.close()
        self.script.close()

    def profile(self, customer_id: str, **profile_data: object) -> shapes.ProfileWritten:
        """A new profile, as octy-shopify makes them: one in a request."""
        reply = self.go.post(f"{PROFILES}/create", {"profiles": [visitor(customer_id, **profile_data)]})
        (profile,) = shapes.decoded(reply, 201, shapes.ProfilesCreated).profiles
        return profile

    def event_types(self, *names: str, properties: Sequence[str] = ("page",)) -> list[str]:
        """The ids of new event types."""
        body = {"event_types": [{"event_type": name, "event_properties": list(properties)} for name in names]}
        created = shapes.decoded(self.go.post(f"{EVENT_TYPES}/create", body), 201, shapes.EventTypesCreated)
        return [one.event_type_id for one in created.event_types]

    def segment(self, definition: object) -> shapes.SegmentCreated:
        """A new segment, backfilled: until then a past one tags nobody (P6)."""
        created = shapes.decoded(self.go.post(f"{SEGMENTS}/create", definition), 201, shapes.SegmentCreated)
        wait_for("the backfill's end", lambda: self._status(created.segment_id) != "backfilling")
        return created

    def _status(self, segment_id: str) -> str:
        """A segment's status, which the list tells and the client does not read."""
        listed = json.loads(self.go.get(SEGMENTS, 0).content)["segments"]
        (status,) = (one["segment_status"] for one in listed if one["segment_id"] == segment_id)
        return str(status)

    def shown(self, customer_id: str) -> shapes.ProfileShown:
        """The profile as octy-shopify asks for it."""
        return shapes.decoded(self.go.get(f"{PROFILES}?id={customer_id}"), 200, shapes.ProfileList).profiles[0]


def visitor(customer_id: str, **profile_data: object) -> dict[str, object]:
    """A profile as octy-shopify describes it: empty objects where it knows nothing."""
    return {"customer_id": customer_id, "has_charged": False, "profile_data": profile_data, "platform_info": {}}


def definition(name: str, event_type: str, **more: object) -> dict[str, object]:
    """A past segment as octy-cli sends it: the profile's property is absent where the YAML names none."""
    step = {"event_type": event_type, "exp_timeframe": 0, "action_inaction": "action", "event_properties": None}
    return {
        "segment_name": name,
        "segment_type": "past",
        "segment_sub_type": 1,
        "segment_timeframe": 30,
        "event_sequence": [step],
    } | more

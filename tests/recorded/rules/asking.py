"""T4, T5, E, H, X: what requests are answered with. Ana is there, and the event type view with its property page."""

from typing import Any

from tests.integration.http.world import live
from tests.recorded.rules import Asked, Chapter, Request, Rule

EVENTS, BATCH = "/v1/retention/events/create", "/v1/retention/events/create/batch"
PROFILES, UPDATE = "/v1/retention/profiles?id=ana", "/v1/retention/profiles/update"
TYPES, SEGMENTS = "/v1/retention/events/types", "/v1/retention/segments"
CLOCK, DELIVERIES = "/v1/sandbox/clock", "/v1/webhooks/deliveries"


def _event(**fields: Any) -> dict[str, Any]:
    return {"event_type": "view", "profile_id": "PROFILE"} | fields


def _sent(key: str | None = None, **fields: Any) -> Request:
    return Request("POST", EVENTS, _event(**fields), key)


def _updated(**fields: Any) -> Request:
    profile = {"profile_id": "PROFILE", "customer_id": "ana", "profile_data": {}, "platform_info": {}} | fields
    return Request("POST", UPDATE, {"profiles": [profile]})


VIEWERS = Request("POST", f"{SEGMENTS}/create", live("viewers", "view"))
DELETED = Request("POST", f"{SEGMENTS}/delete", {"segments": ["SEGMENT"]})
TOLD = Request("POST", "/v1/configurations/account/set", {"webhook_url": "http://127.0.0.1:9/hook"})
ANA, EVERY_SEGMENT, NOW = Request("GET", PROFILES), Request("GET", SEGMENTS), Request("GET", CLOCK)
ANA_IS_DELETED = Request("POST", "/v1/retention/profiles/delete", {"profiles": ["PROFILE"]})

ACCEPTING = Chapter(
    "Accepting",
    (
        Rule(
            "T4",
            "An event without `created_at` gets the clock's now. One with `created_at` more than 60 s ahead of the "
            "clock is rejected; up to 60 s ahead, it is accepted and stored with the clock's now. In a sandbox, an "
            "event ahead of the clock first moves the clock to it (so a file of history replays itself, everything "
            "due in between falling due on the way).",
            (
                Asked(
                    "a sandbox's clock goes to the event",
                    (_sent(created_at="2030-01-01 00:00:00"),),
                    NOW,
                    200,
                    '"now":"2030-01-01T00:00:00.000000Z"',
                ),
                Asked(
                    "elsewhere it is refused, here at 2024-01-01 00:00:00",
                    (),
                    Request("POST", EVENTS, _event(created_at="2024-01-01 00:01:01"), on_a_sandbox=False),
                    400,
                    "created_at: expected no more than 60 seconds ahead of the server's clock, which says "
                    "2024-01-01T00:00:00.000000Z",
                ),
            ),
        ),
        Rule(
            "T5",
            "An event is accepted and evaluated in one durable step: once a request is acknowledged, a read of the "
            "profile shows the tags that the event caused.",
            (
                Asked("read right afterwards", (VIEWERS, _sent()), ANA, 200, '"segment_tag":"viewers"'),
                Asked(
                    "no event was accepted, and no tag is there",
                    (VIEWERS, _sent(event_type="look")),
                    ANA,
                    200,
                    '"segment_tags":[]',
                ),
            ),
        ),
    ),
)

EVENTS_AND_PROFILES = Chapter(
    "Events, event types, profiles",
    (
        Rule(
            "E1",
            "Event types: `charged` exists in every account (a system event type, properties `item_id` and "
            "`payment_method`). Others are custom: a name and a list of property keys, created through the API, "
            "unique in the account, never named like a system type.",
            (
                Asked(
                    "a new name",
                    (),
                    Request(
                        "POST",
                        f"{TYPES}/create",
                        {"event_types": [{"event_type": "cart", "event_properties": ["product"]}]},
                    ),
                    201,
                    '"event_type":"cart","event_properties":["product"]',
                ),
                Asked(
                    "the name of the system's",
                    (),
                    Request(
                        "POST",
                        f"{TYPES}/create",
                        {"event_types": [{"event_type": "charged", "event_properties": ["sum"]}]},
                    ),
                    400,
                    'event_type: expected a name that is no system event type\'s; found "charged"',
                ),
            ),
        ),
        Rule(
            "E2",
            "An event names an existing profile and an existing event type; otherwise it alone fails, with a "
            "reason, and the rest of its batch is accepted. A batch holds 1 to 500 events.",
            (
                Asked(
                    "one of two is good",
                    (),
                    Request("POST", BATCH, {"events": [_event(), _event(event_type="look")]}),
                    201,
                    '"error_message":"event_type: expected the name of an existing event type; found "look"","index":1',
                ),
                Asked(
                    "none is",
                    (),
                    Request("POST", BATCH, {"events": [_event(profile_id="nobody")]}),
                    400,
                    'profile_id: expected the profile_id of an existing profile; found "nobody"',
                ),
                Asked(
                    "a batch of none",
                    (),
                    Request("POST", BATCH, {"events": []}),
                    400,
                    "A request holds 1 to 500 events; this one holds 0.",
                ),
            ),
        ),
        Rule(
            "E3",
            "Property keys that the event type does not declare are stored and cannot be used in definitions.",
            (
                Asked(
                    "an event with one",
                    (),
                    _sent(event_properties={"colour": "red"}),
                    201,
                    '"event_properties":{"colour":"red"}',
                ),
                Asked(
                    "a definition with one",
                    (),
                    Request("POST", f"{SEGMENTS}/create", live("red", "view", colour="red")),
                    400,
                    'D9 event_sequence[0].event_properties.colour: expected one of the properties of "view": page; '
                    'found "colour"',
                ),
            ),
        ),
        Rule(
            "E4",
            "A `charged` event sets the profile's `has_charged`; a profile update never sets it back to false.",
            (
                Asked("after a purchase", (_sent(event_type="charged"),), ANA, 200, '"has_charged":true'),
                Asked(
                    "an update that says otherwise",
                    (_sent(event_type="charged"),),
                    _updated(has_charged=False),
                    200,
                    '"has_charged":true',
                ),
                Asked("without a purchase", (_sent(),), ANA, 200, '"has_charged":false'),
            ),
        ),
        Rule(
            "E5",
            "A request may carry an `Idempotency-Key` header (1 to 255 characters): a repeat of the same key within "
            "24 hours, by the same account on the same path, gets the first answer and changes nothing; with a "
            "different body it is refused (422).",
            (
                Asked(
                    "sent twice, it is one event",
                    (_sent("k1"), _sent("k1")),
                    Request("GET", "/v1/retention/profiles/events?id=ana"),
                    200,
                    '"message":"1 event."',
                ),
                Asked(
                    "the same key with another body",
                    (_sent("k1"),),
                    _sent("k1", event_properties={"page": "home"}),
                    422,
                    "This Idempotency-Key came with another body before; use a new key for a new request.",
                ),
            ),
        ),
        Rule(
            "E6",
            "`profile_data` and `platform_info` are flat objects of scalars. An update merges: given keys replace, "
            "a null removes the key, absent keys stay. The customer id is unique in the account.",
            (
                Asked(
                    "Ana, whose plan is gold and city Bonn, moves, and has no plan any more",
                    (_updated(profile_data={"plan": "gold", "city": "Bonn", "age": 30}),),
                    _updated(profile_data={"plan": None, "city": "Rome"}),
                    200,
                    '"profile_data":{"city":"Rome","age":30}',
                ),
                Asked(
                    "an object in it",
                    (),
                    _updated(profile_data={"plan": {"name": "gold"}}),
                    400,
                    "profile_data.plan: expected a string, number, boolean or null; found an object",
                ),
            ),
        ),
        Rule(
            "E7",
            "An event type that an active segment or an event uses cannot be deleted; the error names the segments.",
            (
                Asked(
                    "nothing uses it",
                    (),
                    Request("POST", f"{TYPES}/delete", {"event_type_ids": ["TYPE"]}),
                    200,
                    '"message":"1 event type deleted."',
                ),
                Asked(
                    "a segment uses it",
                    (VIEWERS,),
                    Request("POST", f"{TYPES}/delete", {"event_type_ids": ["TYPE"]}),
                    400,
                    "viewers",
                ),
            ),
        ),
        Rule(
            "E8",
            "An event may carry a `message_id` (1 to 64 characters) of the sender's choice. The account's second "
            "event with the same `message_id` is not stored: it is answered as created, with the first one's "
            '`event_id` and `"duplicate": true`. Message ids are remembered at least 7 days, over restarts.',
            (
                Asked("the second time", (_sent(message_id="m1"),), _sent(message_id="m1"), 201, '"duplicate":true'),
                Asked(
                    "one that is too long",
                    (),
                    _sent(message_id="m" * 65),
                    400,
                    "message_id: expected 1 to 64 characters",
                ),
            ),
        ),
        Rule(
            "E9",
            "`created_at` is `YYYY-MM-DD HH:MM:SS` (UTC) or ISO 8601 with or without an offset, 1970 or later.",
            (
                Asked("UTC", (), _sent(created_at="2023-12-31 23:00:00"), 201, "Sun, 31 Dec 2023 23:00:00 GMT"),
                Asked(
                    "an offset", (), _sent(created_at="2024-01-01T00:30:00+01:00"), 201, "Sun, 31 Dec 2023 23:30:00 GMT"
                ),
                Asked(
                    "another form",
                    (),
                    _sent(created_at="31.12.2023"),
                    400,
                    "created_at: expected 'YYYY-MM-DD HH:MM:SS' (UTC) or ISO 8601, 1970 or later; found \"31.12.2023\"",
                ),
            ),
        ),
    ),
)

WEBHOOKS = Chapter(
    "Webhooks",
    (
        Rule(
            "H1",
            "Each live match sends one webhook to the account's `webhook_url`: subject `Live segment tag created`, "
            "or `Live segment tag updated` if the profile already bore the tag.",
            (
                Asked(
                    "two matches",
                    (TOLD, VIEWERS, _sent(), _sent()),
                    Request("GET", DELIVERIES),
                    200,
                    '"message":"2 of the account\'s deliveries."',
                ),
                Asked(
                    "no match",
                    (TOLD, VIEWERS, _sent(event_type="charged")),
                    Request("GET", DELIVERIES),
                    200,
                    '"message":"0 of the account\'s deliveries."',
                ),
            ),
        ),
    ),
    (
        ("H2", "A completed or failed training job sends one. See [webhooks](webhooks.md#what-is-told)."),
        (
            "H3",
            "The webhook is stored in the same transaction as the change that causes it: neither exists without the "
            "other. Tests kill the server at every step (`make crash`).",
        ),
        (
            "H4",
            "Delivery is at least once, with an id that stays the same over all attempts, so that a receiver can drop "
            "repeats. See [webhooks](webhooks.md#answering).",
        ),
    ),
)

DELETION = Chapter(
    "Deletion",
    (
        Rule(
            "X1",
            "Deleting a segment sets its status to `pending deletion`: from then on it makes no tag and no webhook; "
            "existing tags stay visible; its name stays taken.",
            (
                Asked("the tag stays", (VIEWERS, _sent(), DELETED), ANA, 200, '"segment_tag":"viewers"'),
                Asked("none is made", (VIEWERS, DELETED, _sent()), ANA, 200, '"segment_tags":[]'),
                Asked(
                    "the name is taken",
                    (VIEWERS, DELETED),
                    VIEWERS,
                    400,
                    "D1 segment_name: expected a name that no other segment of the account bears, those pending "
                    'deletion included; found "viewers"',
                ),
            ),
        ),
        Rule(
            "X2",
            "The segment and all its tags are removed once a training job has completed with a dataset built after the "
            "request (so without its tags), and no later than 72 hours after the request, whichever comes first.",
            (
                Asked(
                    "72 hours later",
                    (VIEWERS, _sent(), DELETED, Request("POST", CLOCK, {"now": "LATER+72h"})),
                    ANA,
                    200,
                    '"segment_tags":[]',
                ),
                Asked(
                    "71 hours later",
                    (VIEWERS, _sent(), DELETED, Request("POST", CLOCK, {"now": "LATER+71h"})),
                    EVERY_SEGMENT,
                    200,
                    '"segment_status":"pending deletion"',
                ),
            ),
        ),
        Rule(
            "X3",
            "No other call removes a tag. Deleting a profile removes its events, tags and history.",
            (
                Asked("an update does not", (VIEWERS, _sent(), _updated()), ANA, 200, '"segment_tag":"viewers"'),
                Asked(
                    "her deletion does",
                    (VIEWERS, _sent(), ANA_IS_DELETED),
                    Request("GET", "/v1/retention/profiles/history?id=PROFILE"),
                    404,
                    "There is no profile with the id",
                ),
            ),
        ),
    ),
)

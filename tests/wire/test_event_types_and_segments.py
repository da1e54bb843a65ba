"""Event types and segments, as octy-cli creates, lists and deletes them (wire.md 0.8, 1.2, 3.4, 3.5)."""

import re

import pytest

from tests.acceptance.raw import Reply
from tests.wire import shapes
from tests.wire.refusals import message, refused
from tests.wire.shop import EVENT_TYPES, SEGMENTS, Shop, definition

KEPT_TYPES = {"five": 5, "half": 1.5, "yes": True, "text": "5", "nothing": None}
"""What a YAML file may hold in `eventProperties`."""
WRONG: list[tuple[dict[str, object], str]] = [
    ({"segment_type": "other"}, "segment_type"),
    ({"segment_sub_type": 5}, "segment_sub_type"),
    ({"segment_type": "live"}, "segment_timeframe"),
    ({"segment_name": ""}, "segment_name"),
    ({"segment_sub_type": 3}, "profile_property_name"),
    ({"profile_property_name": "age", "profile_property_value": "25"}, "profile_property_name"),
    ({"event_sequence": []}, "event_sequence"),
    ({"event_sequence": None}, "event_sequence"),
    ({"segment_timeframe": "30"}, "segment_timeframe"),
    ({"event_sequence": [{"event_type": "viewed", "exp_timeframe": 5, "action_inaction": "action"}]}, "exp_timeframe"),
    ({"event_sequence": [{"event_type": "viewed", "exp_timeframe": 0, "action_inaction": "inaction"}]}, "action"),
]
"""A definition's other fields, and what of it is complained of. octy-cli checks nothing."""


def segments(reply: Reply) -> list[shapes.Segment]:
    return shapes.decoded(reply, 200, shapes.SegmentList).segments


def test_event_types_are_answered_with_ids_that_look_like_the_public_ones(shop: Shop) -> None:
    body = {"event_types": [{"event_type": "viewed", "event_properties": ["page", "plan"]}]}
    answer = shapes.decoded(shop.go.post(f"{EVENT_TYPES}/create", body), 201, shapes.EventTypesCreated)
    (created,) = answer.event_types
    assert created.event_type_id.startswith("custom_event_type_")
    assert (created.event_type, created.event_properties) == ("viewed", ["page", "plan"])
    (listed,) = shapes.decoded(shop.go.get(EVENT_TYPES, 0), 200, shapes.EventTypeList).event_types
    assert listed == created, "of all types the custom ones"


def test_a_bad_event_type_does_not_void_the_others(shop: Shop) -> None:
    shop.event_types("taken")
    names = ("good", "taken", "")
    body = {"event_types": [{"event_type": name, "event_properties": ["page"]} for name in names]}
    answer = shapes.decoded(shop.go.post(f"{EVENT_TYPES}/create", body), 201, shapes.EventTypesCreated)
    assert [one.event_type for one in answer.event_types] == ["good"]
    assert [one.event_type for one in answer.failed_to_create] == ["taken", ""]
    assert all(one.error_message for one in answer.failed_to_create)


def test_all_event_types_of_a_file_come_in_one_request(shop: Shop) -> None:
    """octy-cli does not cut it into parts; this server takes 500, and refuses more in words."""
    types = [{"event_type": f"type {number}", "event_properties": ["page"]} for number in range(501)]
    assert "500" in message(shop.go.post(f"{EVENT_TYPES}/create", {"event_types": types}))
    answer = shop.go.post(f"{EVENT_TYPES}/create", {"event_types": types[:500]})
    assert len(shapes.decoded(answer, 201, shapes.EventTypesCreated).event_types) == 500


def test_event_types_are_deleted_at_once(shop: Shop) -> None:
    """200, and no other success."""
    one, two = shop.event_types("one", "two")
    shop.segment(definition("uses two", "two"))
    body = {"event_type_ids": [one, two, "nothing"]}
    answer = shapes.decoded(shop.go.post(f"{EVENT_TYPES}/delete", body), 200, shapes.EventTypesDeleted)
    assert [gone.event_type_id for gone in answer.deleted_event_types] == [one]
    assert [kept.event_type_id for kept in answer.failed_to_delete] == [two, "nothing"]
    assert all(kept.error_message for kept in answer.failed_to_delete)
    refused(shop.go.post(f"{EVENT_TYPES}/delete", {"event_type_ids": ["nothing"]}), 400)


def test_the_system_s_event_types_are_there_without_being_listed(shop: Shop) -> None:
    """`charged` among them, with `item_id` and `payment_method`."""
    bought = definition("buyers", "charged")
    steps = bought["event_sequence"]
    assert isinstance(steps, list)
    steps[0]["event_properties"] = {"item_id": "7", "payment_method": "card"}
    shop.segment(bought)
    assert shapes.decoded(shop.go.get(EVENT_TYPES, 0), 200, shapes.EventTypeList).event_types == []


def test_a_segment_is_answered_at_top_level(shop: Shop) -> None:
    shop.event_types("viewed")
    created = shop.segment(definition("Viewers", "viewed"))
    assert created.segment_id
    assert (created.segment_name, created.segment_type, created.segment_sub_type) == ("Viewers", "past", 1)


def test_a_segment_is_listed_as_it_was_sent(shop: Shop) -> None:
    """Its event properties keep the types that they have in the YAML file."""
    shop.event_types("viewed", properties=list(KEPT_TYPES))
    step = {
        "event_type": "viewed",
        "exp_timeframe": 0,
        "action_inaction": "action",
        "event_properties": {key: value for key, value in KEPT_TYPES.items() if value is not None},
    }
    shop.segment(definition("Viewers", "viewed", event_sequence=[step]))
    reply = shop.go.get(SEGMENTS, 0)
    (segment,) = segments(reply)
    assert segment.event_sequence == [shapes.Step(**step)]  # type: ignore[arg-type]
    assert b'"five":5,"half":1.5,"yes":true,"text":"5"' in reply.content
    assert (segment.profile_property_name, segment.profile_property_value) == (None, None)


def test_no_integer_of_a_segment_is_written_as_a_float(shop: Shop) -> None:
    """`30.0` fails the whole list, so it is not taken either; octy-cli sends integers."""
    shop.event_types("viewed")
    refused(shop.go.post(f"{SEGMENTS}/create", definition("Viewers", "viewed", segment_timeframe=30.0)), 400)
    shop.segment(definition("Viewers", "viewed"))
    written = shop.go.get(SEGMENTS, 0).content
    for field in (b"segment_sub_type", b"segment_timeframe", b"exp_timeframe", b"profile_count"):
        assert re.search(rb'"%s":\d+[,}]' % field, written), field


@pytest.mark.parametrize("value", ["25", "true", "1.50", "gold"])
def test_the_value_of_a_profile_s_property_is_a_string(shop: Shop, value: str) -> None:
    """octy-cli sends 25 and true as strings; it must get strings, and the profiles' own 25 and true must match."""
    shop.event_types("viewed")
    named = {"segment_sub_type": 3, "profile_property_name": "level", "profile_property_value": value}
    shop.segment(definition("Levelled", "viewed", **named))
    (segment,) = segments(shop.go.get(SEGMENTS, 0))
    assert (segment.profile_property_name, segment.profile_property_value) == ("level", value)


@pytest.mark.parametrize(("level", "value"), [(25, "25"), (True, "true"), ("gold", "gold"), (1.5, "1.5")])
def test_the_value_of_a_profile_s_property_matches_whatever_its_type(shop: Shop, level: object, value: str) -> None:
    shop.event_types("viewed")
    named = {"segment_sub_type": 3, "profile_property_name": "level", "profile_property_value": value}
    shop.segment(definition("Levelled", "viewed", **named))
    profile = shop.profile("ana", level=level)
    event = {"event_type": "viewed", "event_properties": None, "profile_id": profile.profile_id}
    assert shop.go.post("/v1/retention/events/create", event).status == 201
    assert [tag.segment_tag for tag in shop.shown("ana").segment_tags or []] == ["Levelled"]


@pytest.mark.parametrize(("fields", "field"), WRONG, ids=[str(fields) for fields, _ in WRONG])
def test_a_definition_that_breaks_a_rule_is_refused_in_words(shop: Shop, fields: dict[str, object], field: str) -> None:
    """octy-cli reads `errors[0].error_message`, of any status above 201, and nothing else."""
    shop.event_types("viewed")
    lines = refused(shop.go.post(f"{SEGMENTS}/create", definition("Viewers", "viewed", **fields)), 400)
    assert any(field in line["error_message"] for line in lines), lines
    assert segments(shop.go.get(SEGMENTS, 0)) == []


def test_segments_are_deleted_with_200_under_the_key_segments(shop: Shop) -> None:
    shop.event_types("viewed")
    segment_id = shop.segment(definition("Viewers", "viewed")).segment_id
    body = {"segments": [segment_id, "nothing"]}
    answer = shapes.decoded(shop.go.post(f"{SEGMENTS}/delete", body), 200, shapes.SegmentsDeleted)
    assert [gone.segment_id for gone in answer.deleted_segments] == [segment_id]
    assert [(kept.segment_id, bool(kept.error_message)) for kept in answer.failed_to_delete] == [("nothing", True)]

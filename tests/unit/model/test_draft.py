"""How a definition that nobody has judged yet is read: strictly, and without ever failing."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octy.model.definitions import DefinitionRefused, from_wire, from_yaml
from octy.model.draft import Draft, has_type
from octy.model.rules import Surroundings
from tests.unit.model.shapes import live_1, live_2, past_4, step

JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


def test_a_draft_reads_what_is_of_the_right_type() -> None:
    draft = Draft(past_4(segment_name=" gold "))
    assert draft.name == "gold"
    assert draft.segment_type == "past"
    assert draft.sub_type == 4
    assert draft.timeframe == 30
    assert draft.sequence_length == 2
    assert [one.path for one in draft.steps] == ["event_sequence[0]", "event_sequence[1]"]
    assert [one.is_inaction for one in draft.steps] == [False, True]
    assert draft.property_name == "plan"
    assert draft.property_value == "gold"


def test_a_draft_reads_nothing_where_the_type_is_wrong() -> None:  # D11
    draft = Draft(dict.fromkeys(past_4(), 1.5))
    assert draft.name is None
    assert draft.segment_type is None
    assert draft.sub_type is None
    assert draft.timeframe is None
    assert draft.sequence_length is None
    assert draft.steps == []
    assert draft.property_name is None
    assert draft.property_value is None


def test_steps_keep_their_places_among_what_is_no_step() -> None:  # D10
    draft = Draft(live_1(event_sequence=["view", step("view"), None, step("pay")]))
    assert [one.index for one in draft.steps] == [1, 3]
    assert draft.sequence_length == 4


@pytest.mark.parametrize(
    ("segment_type", "sub_type", "read"),
    [
        ("live", 2, 2),
        ("live", 3, None),
        ("past", 4, 4),
        ("past", 5, None),
        ("other", 4, 4),
        ("other", 5, None),
        ("live", 0, None),
    ],
)
def test_a_sub_type_is_read_where_its_type_has_one(segment_type: str, sub_type: int, read: int | None) -> None:  # D1
    assert Draft(live_1(segment_type=segment_type, segment_sub_type=sub_type)).sub_type == read


def test_the_documentations_name_for_the_sub_type_is_read_too() -> None:
    raw = {key: value for key, value in live_2().items() if key != "segment_sub_type"}
    assert Draft(raw | {"sub_type": 2}).sub_type == 2


@pytest.mark.parametrize(
    ("value", "wanted", "fits"),
    [
        (5, int, True),
        (True, int, False),
        (5.0, int, False),
        ("5", int, False),
        ("", str, True),
        (None, str, False),
        ([], list, True),
        ({}, dict, True),
        ({}, list, False),
    ],
)
def test_types_are_strict(value: object, wanted: type, fits: bool) -> None:  # D11
    assert has_type(value, wanted) is fits


@given(JSON)
def test_any_json_is_a_definition_or_refused(raw: object) -> None:  # D10
    with pytest.raises(DefinitionRefused):
        from_wire(raw)
    with pytest.raises(DefinitionRefused):
        from_yaml(raw)


@given(st.sampled_from([*live_1(), "sub_type", "profile_property_name", "profile_property_value"]), JSON)
def test_any_json_in_any_field_is_judged(field: str, value: object) -> None:  # D10
    judged(past_4() | {field: value})


@given(st.sampled_from([*step("view"), "other"]), JSON, st.integers(0, 1))
def test_any_json_in_any_field_of_a_step_is_judged(field: str, value: object, index: int) -> None:  # D10
    raw = past_4()
    sequence = [dict(one) for one in raw["event_sequence"]]
    sequence[index][field] = value
    judged(raw | {"event_sequence": sequence})


def judged(raw: dict[str, Any]) -> None:
    try:
        from_wire(raw, Surroundings(event_types={"view": {"a"}}))
    except DefinitionRefused as refused:
        messages = refused.messages
    else:
        return
    assert messages
    assert all(message.isprintable() for message in messages)

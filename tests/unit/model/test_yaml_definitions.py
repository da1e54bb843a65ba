"""The YAML form of a definition (wire.md 5): its keys, its defaults, and violations in its own words."""

from typing import Any

import pytest

from octy.model.definitions import DefinitionRefused, from_wire, from_yaml, in_yaml_words, to_yaml, yaml_to_wire
from octy.model.errors import Violation
from octy.model.rules import Surroundings
from octy.model.segments import SegmentType
from tests.unit.model.test_definitions import ACCEPTED


def fast_payers(**fields: Any) -> dict[str, Any]:
    """The documentation's first example, as a YAML reader gives it."""
    return {
        "segmentName": "fast paying customers",
        "segmentType": "live",
        "segmentSubtype": 2,
        "segmentTimeframe": 0,
        "eventSequence": [
            {"eventType": "login", "expTimeframe": 5, "actionInaction": "action"},
            {
                "eventType": "charged",
                "expTimeframe": 0,
                "actionInaction": "inaction",
                "eventProperties": {"item_id": "ios", "payment_method": "visa"},
            },
        ],
        "profilePropertyName": None,
        "profilePropertyValue": None,
    } | fields


def gold_visitors(**fields: Any) -> dict[str, Any]:
    """Without anything that may be left out."""
    return {
        "segmentName": "gold visitors",
        "segmentType": "past",
        "segmentSubtype": 3,
        "segmentTimeframe": 60,
        "eventSequence": [{"eventType": "login", "actionInaction": "action"}],
        "profilePropertyName": "plan",
        "profilePropertyValue": "gold",
    } | fields


def violations(raw: object, around: Surroundings | None = None) -> tuple[Violation, ...]:
    with pytest.raises(DefinitionRefused) as refused:
        from_yaml(raw, around)
    return refused.value.problems


def test_the_documentations_example_is_a_definition() -> None:
    definition, _ = from_yaml(fast_payers())
    assert definition.segment_type is SegmentType.LIVE
    assert definition.event_sequence[0].exp_timeframe_minutes == 5
    assert definition.event_sequence[1].event_properties == {"item_id": "ios", "payment_method": "visa"}


def test_the_yaml_form_and_the_wires_make_the_same_definition() -> None:
    assert from_yaml(fast_payers()) == from_wire(yaml_to_wire(fast_payers()))


@pytest.mark.parametrize("raw", [raw for _, raw in ACCEPTED])
def test_a_definition_written_as_yaml_reads_back(raw: dict[str, Any]) -> None:
    definition, _ = from_wire(raw)
    assert from_yaml(to_yaml(definition))[0] == definition


def test_absent_time_frames_are_0() -> None:
    definition, _ = from_yaml(gold_visitors())
    assert definition.event_sequence[0].exp_timeframe_minutes == 0
    without_timeframe = {key: value for key, value in fast_payers().items() if key != "segmentTimeframe"}
    assert from_yaml(without_timeframe)[0].timeframe_days == 0


@pytest.mark.parametrize(
    ("value", "text"), [(30, "30"), (30.0, "30"), (1.5, "1.5"), (True, "true"), (False, "false"), ("gold", "gold")]
)
def test_a_property_value_becomes_its_canonical_text(value: object, text: str) -> None:  # V2
    definition, _ = from_yaml(gold_visitors(profilePropertyValue=value))
    assert definition.profile_property_value == text


def test_a_property_value_that_is_no_scalar_is_refused() -> None:  # D11
    assert [(one.rule, one.path) for one in violations(gold_visitors(profilePropertyValue=["gold"]))] == [
        ("D11", "profilePropertyValue")
    ]


@pytest.mark.parametrize(
    ("rule", "path", "raw"),
    [
        ("D1", "segmentName", fast_payers(segmentName="")),
        ("D1", "segmentType", fast_payers(segmentType="lively")),
        ("D1", "segmentSubtype", gold_visitors(segmentSubtype=5)),
        ("D2", "segmentTimeframe", gold_visitors(segmentTimeframe=3651)),
        ("D3", "profilePropertyName", gold_visitors(profilePropertyName=None)),
        ("D4", "eventSequence", gold_visitors(eventSequence=[])),
        ("D11", "eventSequence", gold_visitors(eventSequence=None)),
        ("D11", "eventSequence[0]", gold_visitors(eventSequence=["login"])),
        ("D11", "eventSequence[0].actionInaction", gold_visitors(eventSequence=[{"eventType": "login"}])),
        ("D11", "eventSequence[0].eventType", gold_visitors(eventSequence=[{"actionInaction": "action"}])),
        ("D11", "colour", gold_visitors(colour="red")),
    ],
)
def test_paths_are_in_the_yaml_files_words(rule: str, path: str, raw: dict[str, Any]) -> None:
    assert [(one.rule, one.path) for one in violations(raw)] == [(rule, path)]


def test_a_property_key_in_a_path_stays_as_it_is() -> None:  # D9
    sequence = [{"eventType": "login", "actionInaction": "action", "eventProperties": {"event_type": 1}}]
    around = Surroundings(event_types={"login": {"exp_timeframe"}})
    [violation] = violations(gold_visitors(eventSequence=sequence), around)
    assert (violation.rule, violation.path) == ("D9", "eventSequence[0].eventProperties.event_type")


def test_what_is_wanted_is_in_the_yaml_files_words_too() -> None:
    [violation] = violations(gold_visitors(colour="red"))
    assert "segmentName" in violation.wanted
    assert "segment_name" not in violation.wanted
    sequence = [{"eventType": "login", "actionInaction": "action"}] * 2
    [violation] = violations(gold_visitors(eventSequence=sequence))
    assert "eventSequence[0]" in violation.wanted


@pytest.mark.parametrize("raw", [None, "segments", ["a"], 5])
def test_what_is_no_map_is_refused(raw: object) -> None:  # D11
    assert [one.rule for one in violations(raw)] == ["D11"]


def test_keys_that_yaml_does_not_read_as_text_are_unknown_fields() -> None:  # D11
    found = violations(gold_visitors() | {5: "five", None: "none", True: "yes"})
    assert [one.rule for one in found] == ["D11"] * 3


def test_property_keys_that_yaml_does_not_read_as_text_are_refused() -> None:  # D11
    for key in (5, 1.5, None, True):
        sequence = [{"eventType": "login", "actionInaction": "action", "eventProperties": {key: "x"}}]
        assert {one.rule for one in violations(gold_visitors(eventSequence=sequence))} == {"D11"}


def test_a_violation_that_a_server_found_is_put_into_the_yaml_files_words() -> None:
    wanted = 'event_sequence[0].exp_timeframe and segment_sub_type, but not "cart_size"'
    found = in_yaml_words(Violation("D9", "event_sequence[0].event_properties.event_type", "1", wanted))
    assert found.path == "eventSequence[0].eventProperties.event_type"
    assert found.wanted == 'eventSequence[0].expTimeframe and segmentSubtype, but not "cart_size"'

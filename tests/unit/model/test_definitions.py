"""D1 to D11: tables of definitions that hold at the edge of a rule, and fail just beyond it with the rule's number."""

from typing import Any

import pytest

from octy.model.definitions import DefinitionRefused, from_wire, to_wire
from octy.model.errors import Violation
from octy.model.instants import US_PER_DAY
from octy.model.rules import Surroundings
from octy.model.segments import SegmentType
from tests.unit.model.shapes import live_1, live_2, past_1, past_2, past_3, past_4, step, steps, without

AROUND = Surroundings(
    event_types={"view": {"page", "size"}, "pay": {"item_id"}, "bare": set()}, taken_names={"worst customers"}
)

ACCEPTED: list[tuple[str, dict[str, Any]]] = [
    ("D1", live_1(segment_name="n")),
    ("D1", live_1(segment_name="n" * 128)),
    ("D1", live_1(segment_name="  " + "n" * 128 + "\t\n")),
    ("D1", live_1(segment_name="Worst customers")),
    ("D1", live_1(segment_name="ünïcödé 💡")),
    ("D1", live_1()),
    ("D1", live_2()),
    ("D1", past_1()),
    ("D1", past_2()),
    ("D1", past_3()),
    ("D1", past_4()),
    ("D2", past_1(segment_timeframe=1)),
    ("D2", past_1(segment_timeframe=3650)),
    ("D3", live_1(profile_property_name=None, profile_property_value=None)),
    ("D3", past_2(profile_property_name="", profile_property_value="")),
    ("D3", past_3(profile_property_name="p", profile_property_value="0")),
    ("D4", past_1(event_sequence=steps(1))),
    ("D4", past_1(event_sequence=steps(10))),
    ("D6", past_2(event_sequence=[*steps(9), step("pay", "inaction")])),
    ("D6", past_4(event_sequence=[*steps(1), step("pay", "inaction")])),
    ("D6", past_3(event_sequence=steps(10))),
    ("D7", live_2(5)),
    ("D7", live_2(525_600)),
    ("D8", past_1(event_sequence=[step("view"), step("view", page="shoes"), step("view", page="hats")])),
    ("D8", past_1(event_sequence=[step("view", page=1), step("view", page=True)])),
    ("D8", past_1(event_sequence=[step("view", page="a"), step("view", page="A")])),
    ("D8", past_1(event_sequence=[step("view", page="a"), step("view", page="a", size=1)])),
    ("D8", past_1(event_sequence=[step("view", page="a"), step("pay", item_id="a")])),
    ("D8", past_1(event_sequence=[step("view"), step("View")])),
    ("D9", live_1(event_sequence=[step("view", page="shoes", size=42)])),
    ("D9", live_1(event_sequence=[step("bare")])),
    ("D11", live_1(event_sequence=[without(step("view"), "event_properties")])),
    ("D11", live_1(event_sequence=[step("view") | {"event_properties": {}}])),
    ("D11", live_1(event_sequence=[step("view", page="")])),
    ("D11", live_1(event_sequence=[step("view", size=2**63 - 1, page=-(2**63))])),
    ("D11", live_1(event_sequence=[step("e" * 128)])),
    ("D11", without(live_1(sub_type=1), "segment_sub_type")),
]

REFUSED: list[tuple[str, str, dict[str, Any]]] = [
    ("D1", "segment_name", live_1(segment_name="")),
    ("D1", "segment_name", live_1(segment_name=" \t\n ")),
    ("D1", "segment_name", live_1(segment_name="n" * 129)),
    ("D1", "segment_name", live_1(segment_name="worst customers")),
    ("D1", "segment_name", live_1(segment_name="  worst customers ")),
    ("D1", "segment_type", live_1(segment_type="Live")),
    ("D1", "segment_type", live_1(segment_type="")),
    ("D1", "segment_sub_type", live_1(segment_sub_type=0)),
    ("D1", "segment_sub_type", live_2(segment_sub_type=3)),
    ("D1", "segment_sub_type", live_2(segment_sub_type=-1)),
    ("D1", "segment_sub_type", past_1(segment_sub_type=0)),
    ("D1", "segment_sub_type", past_1(segment_sub_type=5)),
    ("D2", "segment_timeframe", live_1(segment_timeframe=1)),
    ("D2", "segment_timeframe", live_2(segment_timeframe=-1)),
    ("D2", "segment_timeframe", past_1(segment_timeframe=0)),
    ("D2", "segment_timeframe", past_1(segment_timeframe=-1)),
    ("D2", "segment_timeframe", past_1(segment_timeframe=3651)),
    ("D3", "profile_property_name", live_1(profile_property_name="plan")),
    ("D3", "profile_property_value", live_2(profile_property_value="gold")),
    ("D3", "profile_property_value", past_1(profile_property_value="gold")),
    ("D3", "profile_property_name", past_2(profile_property_name="plan")),
    ("D3", "profile_property_name", past_3(profile_property_name="")),
    ("D3", "profile_property_name", past_3(profile_property_name=None)),
    ("D3", "profile_property_value", past_3(profile_property_value="")),
    ("D3", "profile_property_value", without(past_4(), "profile_property_value")),
    ("D4", "event_sequence", past_1(event_sequence=[])),
    ("D4", "event_sequence", past_1(event_sequence=steps(11))),
    ("D5", "event_sequence[1].action_inaction", past_1(event_sequence=[step("view"), step("pay", "inaction")])),
    ("D5", "event_sequence[1].action_inaction", past_3(event_sequence=[step("view"), step("pay", "inaction")])),
    ("D5", "event_sequence", past_2(event_sequence=[step("view"), step("pay")])),
    ("D5", "event_sequence", past_4(event_sequence=[step("view"), step("pay")])),
    ("D5", "event_sequence", live_2(event_sequence=[step("view", exp_timeframe=5), step("pay")])),
    (
        "D5",
        "event_sequence[1].action_inaction",
        past_2(event_sequence=[step("view"), step("pay", "inaction"), step("return")]),
    ),
    (
        "D5",
        "event_sequence[1].action_inaction",
        past_2(event_sequence=[step("view"), step("pay", "inaction"), step("return", "inaction")]),
    ),
    ("D6", "event_sequence", live_1(event_sequence=[step("view", exp_timeframe=5), step("pay")])),
    (
        "D6",
        "event_sequence",
        live_2(
            event_sequence=[step("view", exp_timeframe=5), step("cart", exp_timeframe=5), step("pay", "inaction")],
        ),
    ),
    ("D7", "event_sequence[0].exp_timeframe", live_1(event_sequence=[step("view", exp_timeframe=5)])),
    ("D7", "event_sequence[0].exp_timeframe", live_2(4)),
    ("D7", "event_sequence[0].exp_timeframe", live_2(0)),
    ("D7", "event_sequence[0].exp_timeframe", live_2(-5)),
    ("D7", "event_sequence[0].exp_timeframe", live_2(525_601)),
    (
        "D7",
        "event_sequence[1].exp_timeframe",
        live_2(event_sequence=[step("view", exp_timeframe=5), step("pay", "inaction", 5)]),
    ),
    ("D7", "event_sequence[0].exp_timeframe", past_1(event_sequence=[step("view", exp_timeframe=5)])),
    (
        "D7",
        "event_sequence[0].exp_timeframe",
        past_2(event_sequence=[step("view", exp_timeframe=1), step("pay", "inaction")]),
    ),
    ("D8", "event_sequence[1]", past_1(event_sequence=[step("view"), step("view")])),
    ("D8", "event_sequence[1]", past_2(event_sequence=[step("view"), step("view", "inaction")])),
    ("D8", "event_sequence[1]", past_1(event_sequence=[step("view"), step("view") | {"event_properties": {}}])),
    ("D8", "event_sequence[1]", past_1(event_sequence=[step("view", size=30), step("view", size="30")])),
    ("D8", "event_sequence[1]", past_1(event_sequence=[step("view", size=30), step("view", size=30.0)])),
    ("D8", "event_sequence[1]", past_1(event_sequence=[step("view", size=True), step("view", size="true")])),
    (
        "D8",
        "event_sequence[2]",
        past_1(event_sequence=[step("view", page=1, size=2), step("pay"), step("view", size=2, page=1)]),
    ),
    ("D9", "event_sequence[0].event_properties.colour", live_1(event_sequence=[step("view", colour="red")])),
    ("D9", "event_sequence[0].event_properties.Page", live_1(event_sequence=[step("view", page=1, Page=2)])),
    ("D9", "event_sequence[0].event_properties.page", live_1(event_sequence=[step("bare", page="shoes")])),
    ("D9", "event_sequence[0].event_properties", live_1(event_sequence=[step("unheard-of", page="shoes")])),
    ("D11", "segment_name", live_1(segment_name=5)),
    ("D11", "segment_name", live_1(segment_name=None)),
    ("D11", "segment_name", without(live_1(), "segment_name")),
    ("D11", "segment_name", live_1(segment_name="a\0b")),
    ("D11", "segment_name", live_1(segment_name="a\ud800b")),
    ("D11", "segment_type", without(live_1(), "segment_type")),
    ("D11", "segment_type", live_1(segment_type=None)),
    ("D11", "segment_sub_type", live_1(segment_sub_type="1")),
    ("D11", "segment_sub_type", live_1(segment_sub_type=True)),
    ("D11", "segment_sub_type", live_1(segment_sub_type=1.0)),
    ("D11", "segment_sub_type", without(live_1(), "segment_sub_type")),
    ("D11", "segment_timeframe", live_1(segment_timeframe="0")),
    ("D11", "segment_timeframe", live_1(segment_timeframe=False)),
    ("D11", "segment_timeframe", live_1(segment_timeframe=None)),
    ("D11", "segment_timeframe", past_1(segment_timeframe=30.0)),
    ("D11", "event_sequence", live_1(event_sequence=None)),
    ("D11", "event_sequence", live_1(event_sequence={"0": step("view")})),
    ("D11", "event_sequence", without(live_1(), "event_sequence")),
    ("D11", "event_sequence[0]", live_1(event_sequence=["view"])),
    ("D11", "event_sequence[0]", live_1(event_sequence=[None])),
    ("D11", "event_sequence[0].event_type", live_1(event_sequence=[without(step("view"), "event_type")])),
    ("D11", "event_sequence[0].event_type", live_1(event_sequence=[step("view") | {"event_type": 1}])),
    ("D11", "event_sequence[0].event_type", live_1(event_sequence=[step("")])),
    ("D11", "event_sequence[0].event_type", live_1(event_sequence=[step("e" * 129)])),
    ("D11", "event_sequence[0].exp_timeframe", live_1(event_sequence=[step("view", exp_timeframe="0")])),
    ("D11", "event_sequence[0].exp_timeframe", live_1(event_sequence=[without(step("view"), "exp_timeframe")])),
    ("D11", "event_sequence[0].exp_timeframe", live_2(True)),
    ("D11", "event_sequence[0].exp_timeframe", live_2(5.0)),
    ("D11", "event_sequence[0].action_inaction", live_1(event_sequence=[step("view", "Action")])),
    ("D11", "event_sequence[0].action_inaction", live_1(event_sequence=[without(step("view"), "action_inaction")])),
    ("D11", "event_sequence[0].action_inaction", live_1(event_sequence=[step("view") | {"action_inaction": True}])),
    ("D11", "event_sequence[0].event_properties", live_1(event_sequence=[step("view") | {"event_properties": []}])),
    ("D11", "event_sequence[0].event_properties", live_1(event_sequence=[step("view") | {"event_properties": ""}])),
    ("D11", "event_sequence[0].event_properties.page", live_1(event_sequence=[step("view", page=None)])),
    ("D11", "event_sequence[0].event_properties.page", live_1(event_sequence=[step("view", page=["a"])])),
    ("D11", "event_sequence[0].event_properties.page", live_1(event_sequence=[step("view", page={"a": 1})])),
    ("D11", "event_sequence[0].event_properties.size", live_1(event_sequence=[step("view", size=2**63)])),
    ("D11", "event_sequence[0].event_properties.size", live_1(event_sequence=[step("view", size=float("nan"))])),
    ("D11", "event_sequence[0].event_properties.size", live_1(event_sequence=[step("view", size=float("inf"))])),
    ("D11", "event_sequence[0].event_properties.page", live_1(event_sequence=[step("view", page="p" * 8193)])),
    ("D11", "profile_property_name", past_3(profile_property_name=5)),
    ("D11", "profile_property_value", past_3(profile_property_value=30)),
    ("D11", "colour", live_1(colour="red")),
    ("D11", "segmentName", live_1(segmentName="viewers")),
    ("D11", "event_sequence[0].colour", live_1(event_sequence=[step("view") | {"colour": None}])),
]


def violations(raw: object, around: Surroundings = AROUND) -> tuple[Violation, ...]:
    with pytest.raises(DefinitionRefused) as refused:
        from_wire(raw, around)
    return refused.value.problems


@pytest.mark.parametrize(("rule", "raw"), ACCEPTED)
def test_what_just_keeps_a_rule_is_accepted(rule: str, raw: dict[str, Any]) -> None:
    definition, _ = from_wire(raw, AROUND)
    assert len(definition.event_sequence) == len(raw["event_sequence"]), rule


@pytest.mark.parametrize(("rule", "path", "raw"), REFUSED)
def test_what_just_breaks_a_rule_is_refused_by_number_and_path(rule: str, path: str, raw: dict[str, Any]) -> None:
    assert [(found.rule, found.path) for found in violations(raw)] == [(rule, path)]


def test_the_first_event_is_an_action() -> None:  # D4, and D5 says that there is none to come last
    found = violations(past_2(event_sequence=[step("pay", "inaction"), step("view")]))
    assert ("D4", "event_sequence[0].action_inaction") in [(one.rule, one.path) for one in found]


def test_an_inaction_alone_breaks_the_rules_of_place_and_of_length() -> None:  # D4, D6
    found = violations(past_2(event_sequence=[step("pay", "inaction")]))
    assert [(one.rule, one.path) for one in found] == [
        ("D4", "event_sequence[0].action_inaction"),
        ("D6", "event_sequence"),
    ]


@pytest.mark.parametrize("raw", [None, [], "live", 5, [live_1()]])
def test_what_is_no_object_is_no_definition(raw: object) -> None:  # D11
    [violation] = violations(raw)
    assert violation.rule == "D11"
    assert violation.wanted == "an object"


def test_every_violation_is_told_at_once() -> None:  # D10
    found = violations(
        {
            "segment_name": "worst customers",
            "segment_type": "live",
            "segment_sub_type": 2,
            "segment_timeframe": 7,
            "event_sequence": [
                step("view", "inaction", 4, colour="red"),
                step("unheard-of", "inaction", 5, size=1),
                step("view", "inaction", 4, colour="red"),
            ],
            "profile_property_name": "plan",
            "colour": "red",
        }
    )
    assert {one.rule for one in found} == {"D1", "D2", "D3", "D4", "D5", "D6", "D7", "D8", "D9", "D11"}
    assert len(found) == len(set(found))
    assert [one.path for one in found if one.rule == "D7"] == [
        "event_sequence[0].exp_timeframe",
        "event_sequence[2].exp_timeframe",
    ]


def test_each_event_is_judged_whatever_is_wrong_with_the_one_before() -> None:  # D10
    nameless = without(step("view"), "event_type", "exp_timeframe")
    twice = step("view", exp_timeframe=3, colour="red")
    found = [(one.rule, one.path) for one in violations(past_1(event_sequence=[nameless, twice, twice]))]
    for rule, path in [
        ("D11", "event_sequence[0].event_type"),
        ("D7", "event_sequence[1].exp_timeframe"),
        ("D7", "event_sequence[2].exp_timeframe"),
        ("D8", "event_sequence[2]"),
        ("D9", "event_sequence[1].event_properties.colour"),
        ("D9", "event_sequence[2].event_properties.colour"),
    ]:
        assert (rule, path) in found


def test_a_violation_says_what_was_found_and_what_is_wanted() -> None:  # D10
    [violation] = violations(live_2(3))
    assert violation == Violation(
        "D7",
        "event_sequence[0].exp_timeframe",
        "3",
        "5 to 525600 minutes when another event follows in a live segment",
    )
    assert str(violation) == (
        "D7 event_sequence[0].exp_timeframe: expected 5 to 525600 minutes when another event follows in a live "
        "segment; found 3"
    )


def test_what_was_found_is_shown_short_and_on_one_line() -> None:  # D10
    [violation] = violations(live_1(segment_type="live\n" + "e" * 5_000))
    assert violation.found == '"live\\u000a' + "e" * 53 + "…"


def test_a_key_in_a_path_is_shown_as_a_value_is() -> None:  # D10
    for key in ("a\x1b[31m", "a\nb", "k" * 200_000):
        [violation] = [one for one in violations(live_1() | {key: "x"}) if one.found == "an unknown field"]
        assert str(violation).isprintable()
        assert len(str(violation)) < 1_000


@pytest.mark.parametrize("value", [pytest.param(10**5_000, id="huge"), "x" * 100_000, [[[]]] * 1_000, {"a": {"b": 1}}])
def test_nothing_that_json_can_hold_confuses_the_rules(value: object) -> None:  # D10, D11
    for field in live_1():
        assert violations(live_1() | {field: value})
    for field in step("view"):
        assert violations(live_1(event_sequence=[step("view") | {field: value}]))


def test_an_event_type_that_does_not_exist_yet_is_a_warning() -> None:  # D9
    definition, warnings = from_wire(past_1(event_sequence=[step("view"), step("unheard-of"), step("new")]), AROUND)
    assert len(definition.event_sequence) == 3
    assert len(warnings) == 2
    assert "unheard-of" in warnings[0]
    assert "new" in warnings[1]


def test_an_event_type_is_warned_of_once() -> None:  # D9
    raw = past_2(event_sequence=[step("unheard-of"), step("view"), step("pay", "inaction")])
    _, warnings = from_wire(raw, AROUND)
    assert len(warnings) == 1


def test_where_event_types_are_not_known_nothing_is_said_of_them() -> None:  # D9
    _, warnings = from_wire(live_1(event_sequence=[step("unheard-of", page=1)]))
    assert warnings == []


def test_a_definition_is_what_was_sent() -> None:
    definition, warnings = from_wire(past_4(segment_name="  gold sleepers "), AROUND)
    assert warnings == []
    assert definition.name == "gold sleepers"
    assert definition.segment_type is SegmentType.PAST
    assert definition.sub_type == 4
    assert definition.timeframe_days == 30
    assert definition.window_us == 30 * 86_400_000_000
    assert [one.event_type for one in definition.actions] == ["view"]
    assert definition.inaction is not None
    assert definition.inaction.event_type == "pay"
    assert (definition.profile_property_name, definition.profile_property_value) == ("plan", "gold")


def test_the_window_of_a_live_segment_is_its_first_events() -> None:  # L3
    assert from_wire(live_2(7))[0].window_us == 7 * 60_000_000
    assert from_wire(live_1())[0].window_us == 0


def test_property_values_keep_their_types() -> None:
    properties: dict[str, Any] = {"a": 5, "b": 1.5, "c": True, "d": "5"}
    definition, _ = from_wire(live_1(event_sequence=[step("view", **properties)]))
    found = definition.event_sequence[0].event_properties
    assert found == properties
    assert {key: type(value) for key, value in (found or {}).items()} == {"a": int, "b": float, "c": bool, "d": str}
    assert definition.event_sequence[0].conditions() == [("a", "5"), ("b", "1.5"), ("c", "true"), ("d", "5")]


@pytest.mark.parametrize("raw", [live_1(), live_2(), past_1(), past_2(), past_3(), past_4()])
def test_a_definition_goes_out_as_it_came_in(raw: dict[str, Any]) -> None:
    definition, _ = from_wire(raw)
    shown = to_wire(definition)
    assert {field: shown[field] for field in raw} == raw
    assert from_wire(shown)[0] == definition


def test_a_segment_that_exists_does_not_forbid_another_name() -> None:  # D1
    around = Surroundings(taken_names={"viewers"})
    assert [one.rule for one in violations(live_1(), around)] == ["D1"]
    assert from_wire(live_1(segment_name="viewers 2"), around)[0].name == "viewers 2"


YEAR = Surroundings(retention_days=365)
LOST = Surroundings(kept_us=29 * US_PER_DAY + 1)


@pytest.mark.parametrize(
    ("raw", "around"),
    [
        (past_1(segment_timeframe=365), YEAR),
        (past_1(segment_timeframe=29), LOST),
        (past_1(segment_timeframe=29), Surroundings(kept_us=29 * US_PER_DAY)),
        (past_1(segment_timeframe=3650), Surroundings(retention_days=0)),
        (live_2(1440), Surroundings(retention_days=1)),
        (live_2(1440), Surroundings(kept_us=0)),
        (live_1(), Surroundings(retention_days=1)),
    ],
)
def test_a_segment_may_look_back_on_all_that_is_kept(raw: dict[str, Any], around: Surroundings) -> None:  # D2, D7
    definition, warnings = from_wire(raw, around)
    assert warnings == []
    assert definition.name == "viewers"


@pytest.mark.parametrize(
    ("raw", "around", "field", "wanted"),
    [
        (
            past_1(segment_timeframe=366),
            YEAR,
            "D2 segment_timeframe",
            "at most the account's retention_days, which are 365; found 366",
        ),
        (
            past_1(segment_timeframe=30),
            LOST,
            "D2 segment_timeframe",
            "at most 29: older events were removed by a shorter retention_days; found 30",
        ),
        (
            live_2(1441),
            Surroundings(retention_days=1),
            "D7 event_sequence[0].exp_timeframe",
            "at most the account's retention_days, which are 1; found 1441",
        ),
    ],
)
def test_a_segment_looks_back_on_nothing_that_is_not_kept(  # D2, D7
    raw: dict[str, Any], around: Surroundings, field: str, wanted: str
) -> None:
    assert [str(one) for one in violations(raw, around)] == [f"{field}: expected {wanted}"]


@pytest.mark.parametrize(("sequence", "rule"), [([], "D4"), ([step("view"), 5], "D11")])
def test_where_a_sequence_is_no_sequence_nothing_is_said_of_its_inactions(sequence: list[object], rule: str) -> None:
    assert [one.rule for one in violations(past_2(event_sequence=sequence))] == [rule]  # and not D5

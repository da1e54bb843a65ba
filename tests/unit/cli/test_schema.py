"""The JSON Schema of the YAML files, held against the rules by the rules' own good and bad definitions."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from octy.cli.documents import read_documents
from octy.cli.schema import schema, schema_text
from octy.model.definitions import YAML_FIELDS, YAML_STEP_FIELDS, DefinitionRefused, from_yaml
from octy.model.errors import Violation
from tests.unit.model.test_definitions import ACCEPTED, REFUSED

ROOT = Path(__file__).parents[3]
VALIDATOR = Draft202012Validator(schema())
TO_YAML = {wire: yaml for yaml, wire in (YAML_FIELDS | YAML_STEP_FIELDS).items()}


def in_yaml(raw: Any) -> Any:
    """A definition of the wire in the words of a YAML file."""
    if not isinstance(raw, dict):
        return raw
    form = {TO_YAML.get(field, field): value for field, value in raw.items()}
    if isinstance(form.get("eventSequence"), list):
        form["eventSequence"] = [in_yaml(step) for step in form["eventSequence"]]
    return form


def fits(definition: object) -> bool:
    return bool(VALIDATOR.is_valid({"kind": "segments", "segmentDefinitions": [definition]}))


def is_beyond_a_schema(one: Violation) -> bool:
    """Two events that are alike; what JSON has no word for; and `5.0`, which JSON Schema takes for an integer."""
    has_no_word = "NUL" in one.wanted or one.wanted == "a finite number"
    return one.rule == "D8" or has_no_word or (one.wanted == "an integer" and one.found.endswith(".0"))


def violations(definition: object) -> tuple[Violation, ...]:
    try:
        from_yaml(definition)
    except DefinitionRefused as refused:
        return refused.problems
    return ()


@pytest.mark.parametrize("raw", [raw for _, raw in ACCEPTED if "sub_type" not in raw])
def test_what_the_rules_accept_fits(raw: dict[str, Any]) -> None:
    assert fits(in_yaml(raw))


@pytest.mark.parametrize("raw", [raw for *_, raw in REFUSED])
def test_what_the_rules_refuse_does_not_fit_unless_no_schema_can_say_so(raw: dict[str, Any]) -> None:
    broken = violations(in_yaml(raw))
    assert fits(in_yaml(raw)) == all(is_beyond_a_schema(one) for one in broken)


@pytest.mark.parametrize("name", ["event-types.yml", "segments.yml"])
def test_the_examples_fit(name: str) -> None:
    (document,) = read_documents(ROOT / "examples" / "ecom" / name)
    assert VALIDATOR.is_valid(document.root)


@pytest.mark.parametrize(
    "root",
    [
        {},
        {"kind": "templates"},
        {"kind": "segments", "segmentDefinitions": []},
        {"kind": "eventTypes", "eventTypeDefinitions": [{"eventType": "charged", "eventProperties": []}]},
        {"kind": "eventTypes", "eventTypeDefinitions": [{"eventType": " ", "eventProperties": []}]},
        {"kind": "eventTypes", "eventTypeDefinitions": [{"eventType": "a"}]},
        {"kind": "eventTypes", "eventTypeDefinitions": [{"eventType": "a", "eventProperties": [""]}]},
        {"kind": "accountConfigurations", "configurations": {"contactName": "Ana"}},
        {"kind": "algorithmConfigurations", "configurations": [{"algorithmName": "rec", "configurations": {}}]},
    ],
)
def test_what_is_none_of_ours_does_not_fit(root: dict[str, Any]) -> None:
    assert not VALIDATOR.is_valid(root)


def test_an_account_fits() -> None:
    fields = {"contactName": "Ana", "contactSurname": 5, "contactEmail": "a@b.c", "webhookURL": "https://x.example/y"}
    assert VALIDATOR.is_valid({"kind": "accountConfigurations", "configurations": fields})
    for field, value in (("contactEmail", "ana"), ("webhookURL", "x.example"), ("contactName", None)):
        wrong = {"kind": "accountConfigurations", "configurations": fields | {field: value}}
        assert not VALIDATOR.is_valid(wrong), field
    nothing = dict.fromkeys(fields, "")
    assert VALIDATOR.is_valid({"kind": "accountConfigurations", "configurations": nothing})


@pytest.mark.parametrize(
    ("key", "good", "bad"),
    [
        ("webhookEvents", [[], ["live_segment.matched"], None], ["live_segment.matched", ["webhook.test"], [5]]),
        ("webhookCauses", [["elapsed time", "repair"], None], [["rain"], ["event", "event"]]),
        ("webhooksPerMinute", [0, 1_000_000, None], [-1, 1_000_001, 0.5, "60", True]),
        ("webhookBreakerShare", [0, 0.25, 1, None], [-0.1, 1.1, "0.5", True]),
        ("retentionDays", [0, 36_500, None], [-1, 36_501, 1.5, "90", True]),
    ],
)
def test_what_an_account_may_choose_has_its_bounds(key: str, good: list[object], bad: list[object]) -> None:
    fields = {"contactName": "Ana", "contactSurname": 5, "contactEmail": "a@b.c", "webhookURL": "https://x.example/y"}

    def is_valid(value: object) -> bool:
        root = {"kind": "accountConfigurations", "configurations": {**fields, key: value}}
        return bool(VALIDATOR.is_valid(root))

    assert [value for value in good if not is_valid(value)] == []
    assert [value for value in bad if is_valid(value)] == []


def test_it_is_a_schema_and_the_published_one() -> None:
    Draft202012Validator.check_schema(schema())
    assert (ROOT / "docs" / "octy.schema.json").read_text(encoding="utf-8") == schema_text()
    assert json.loads(schema_text()) == schema()

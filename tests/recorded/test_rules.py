"""Do the rules' examples hold, and does the documentation show them?"""

from collections.abc import Callable, Iterator

import pytest

from octy.model.definitions import DefinitionRefused, from_wire
from octy.model.instants import parse_instant
from tests.integration.http.world import START, World
from tests.integration.service.serving import StandingClock
from tests.property.harness import EngineLife
from tests.recorded.rules import PAGE, Asked, Defined, Rule, Told
from tests.recorded.rules.answering import Answerer
from tests.recorded.rules.catalogue import CHAPTERS
from tests.recorded.rules.defining import AROUND
from tests.recorded.rules.page import page, sign
from tests.recorded.stories import lived
from tests.reference.life import Life
from tests.reference.model import Model
from tests.unit.engine.shop import said, told

RULES = [rule for chapter in CHAPTERS for rule in chapter.rules]
TOLD = [(rule.number, one) for rule in RULES for one in rule.examples if isinstance(one, Told)]
DEFINED = [(rule.number, one) for rule in RULES for one in rule.examples if isinstance(one, Defined)]
ASKED = [(rule.number, one) for rule in RULES for one in rule.examples if isinstance(one, Asked)]
NUMBERS = {
    *(f"T{number}" for number in range(1, 8)),
    *(f"V{number}" for number in range(1, 4)),
    *(f"D{number}" for number in range(1, 12)),
    *(f"L{number}" for number in range(1, 8)),
    *(f"P{number}" for number in range(1, 8)),
    *(f"G{number}" for number in range(1, 6)),
    *(f"E{number}" for number in range(1, 10)),
    *(f"H{number}" for number in range(1, 5)),
    *(f"X{number}" for number in range(1, 4)),
}


@pytest.mark.parametrize("born", [EngineLife, Model])
@pytest.mark.parametrize(("number", "example"), TOLD)
def test_a_story_ends_as_the_rule_says(number: str, example: Told, born: Callable[[int], Life]) -> None:
    came = lived(from_wire(example.segment)[0], example.story, born)
    assert (None if came.tag_us is None else said(came.tag_us)) == example.tag, number
    if example.history:
        assert tuple(told("", change).strip() for change in came.changes) == example.history, number


@pytest.mark.parametrize(("number", "example"), DEFINED)
def test_a_definition_is_judged_as_the_rule_says(number: str, example: Defined) -> None:
    if not example.refused:
        assert from_wire(example.definition, AROUND), number
        return
    with pytest.raises(DefinitionRefused) as refused:
        from_wire(example.definition, AROUND)
    assert tuple(map(str, refused.value.problems)) == example.refused, number


@pytest.fixture(scope="module")
def answerer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Answerer]:
    sandbox = World(tmp_path_factory.mktemp("sandbox"))
    other = World(tmp_path_factory.mktemp("other"), StandingClock(parse_instant(START)))
    yield Answerer(sandbox, other)
    sandbox.close()
    other.close()


@pytest.mark.parametrize(("number", "example"), ASKED)
def test_a_request_is_answered_as_the_rule_says(number: str, example: Asked, answerer: Answerer) -> None:
    status, text = answerer.answer(example)
    assert status == example.status, f"{number} {text}"
    assert example.says in text, number


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.number)
def test_each_rule_has_an_example_that_holds_and_one_that_does_not(rule: Rule) -> None:
    signs = {sign(one) for one in rule.examples}
    assert "✓" in signs
    assert "✗" in signs or any(isinstance(one, Asked) for one in rule.examples)


def test_no_rule_is_left_out() -> None:
    """Of the specification, whose last numbers these are."""
    elsewhere = [number for chapter in CHAPTERS for number, _ in chapter.elsewhere]
    numbers = [rule.number for rule in RULES] + elsewhere
    assert sorted(numbers) == sorted(NUMBERS)


def test_the_page_shows_these_examples() -> None:
    """`make rules` writes it anew."""
    assert PAGE.read_text(encoding="utf-8") == page()

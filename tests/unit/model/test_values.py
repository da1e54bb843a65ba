"""V2: which values are equal; and which values may come in at all."""

import math
import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octy.model import limits
from octy.model.values import (
    canonical,
    canonical_items,
    flat_problems,
    id_problems,
    name_problems,
    problems_in,
    property_problems,
    shown,
)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("gold", "gold"),
        ("", ""),
        (" Gold ", " Gold "),
        (30, "30"),
        (-30, "-30"),
        (0, "0"),
        (30.0, "30"),
        (-0.0, "0"),
        (1.5, "1.5"),
        (0.1, "0.1"),
        (1e-7, "1e-07"),
        (1e16, "10000000000000000"),
        (1e22, "10000000000000000000000"),
        (0.1 + 0.2, "0.30000000000000004"),
        (True, "true"),
        (False, "false"),
        (None, None),
        ([], None),
        (["a"], None),
        ({}, None),
        ({"a": 1}, None),
    ],
)
def test_the_canonical_text_of_a_value(value: object, text: str | None) -> None:  # V2
    assert canonical(value) == text


@given(st.integers(-(2**53), 2**53))
def test_an_integer_its_float_and_its_text_are_equal(number: int) -> None:  # V2
    assert canonical(number) == canonical(float(number)) == canonical(str(number))


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_different_floats_have_different_texts(number: float) -> None:  # V2
    text = canonical(number)
    assert text is not None
    assert float(text) == number
    neighbour = math.nextafter(number, math.inf)
    assert canonical(neighbour) != text or neighbour == number


def test_a_single_precision_number_is_compared_as_what_it_is() -> None:  # V2
    [narrow] = struct.unpack("f", struct.pack("f", 0.1))
    assert canonical(narrow) != canonical(0.1)


@pytest.mark.parametrize(
    ("one", "other", "are_equal"),
    [
        (None, {}, True),
        ({}, {}, True),
        ({"a": 30}, {"a": "30"}, True),
        ({"a": 30, "b": True}, {"b": "true", "a": 30.0}, True),
        ({"a": 1}, {"a": True}, False),
        ({"a": 1}, {"b": 1}, False),
        ({"a": 1}, {"a": 1, "b": 1}, False),
        ({"a": 1}, None, False),
        ({"a": "b"}, {"b": "a"}, False),
    ],
)
def test_properties_are_equal_by_value_whatever_their_order(one: Any, other: Any, are_equal: bool) -> None:  # D8, V2
    assert (canonical_items(one) == canonical_items(other)) is are_equal


NESTED: Any = "x"
for _ in range(limits.JSON_DEPTH_MAX):
    NESTED = [NESTED]


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        "",
        "é💡\n\t",
        "x" * 8_192,
        2**63 - 1,
        -(2**63),
        1.5,
        1e308,
        5e-324,
        [],
        {},
        NESTED,
        {"k" * 255: 1},
        {"a": [1, {"b": [None, "x"]}]},
    ],
)
def test_what_a_store_can_keep_is_no_problem(value: object) -> None:
    assert list(problems_in(value, "p")) == []


@pytest.mark.parametrize(
    ("value", "path"),
    [
        ("x" * 8_193, "p"),
        ("a\0b", "p"),
        ("a\ud800", "p"),
        ("\udfff", "p"),
        (2**63, "p"),
        (-(2**63) - 1, "p"),
        (math.nan, "p"),
        (math.inf, "p"),
        (-math.inf, "p"),
        ([NESTED], "p" + "[0]" * limits.JSON_DEPTH_MAX),
        ({"": 1}, "p"),
        ({"k" * 256: 1}, "p"),
        ({"a\0": 1}, "p"),
        ({"\ud800": 1}, "p"),
        ({"a": [1, {"b": [None, "\0"]}]}, "p.a[1].b[1]"),
    ],
)
def test_what_a_store_cannot_keep_is_named_with_its_path(value: object, path: str) -> None:
    assert [problem.path for problem in problems_in(value, "p")] == [path]


def test_every_problem_is_named() -> None:
    problems = problems_in({"a": "\0", "b": [math.nan, 1, 2**64]}, "p")
    assert [problem.path for problem in problems] == ["p.a", "p.b[0]", "p.b[2]"]


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("x" * 8_193, "p: expected at most 8192 characters; found 8193 characters"),
        ("a\0", 'p: expected text without NUL characters and lone surrogates; found "a\\u0000"'),
        (2**63, "p: expected an integer of at most 64 bits, or a string; found 9223372036854775808"),
        (math.inf, "p: expected a finite number; found inf"),
        ({"": 1}, 'p: expected keys of 1 to 255 characters, without NUL or lone surrogates; found ""'),
    ],
)
def test_a_problem_says_what_was_found_and_what_is_wanted(value: object, told: str) -> None:
    assert [str(problem) for problem in problems_in(value, "p")] == [told]


def test_what_is_nested_too_deep_is_told_where_it_begins() -> None:
    value: object = 1
    for _ in range(limits.JSON_DEPTH_MAX + 1):
        value = [value]
    path = "p" + "[0]" * limits.JSON_DEPTH_MAX
    levels = f"at most {limits.JSON_DEPTH_MAX} levels"
    assert [str(problem) for problem in problems_in(value, "p")] == [f"{path}: expected {levels}; found deeper nesting"]


def test_a_name_and_an_id_are_shown_as_they_were_found() -> None:
    [problem] = name_problems(" \t", "n")
    assert str(problem) == 'n: expected 1 to 128 characters after trimming, without NUL; found " \\u0009"'
    [problem] = id_problems("", "i")
    assert str(problem) == f'i: expected 1 to {limits.ID_CHARACTERS_MAX} characters, without NUL; found ""'


def test_properties_have_a_number_of_keys() -> None:
    assert list(property_problems({str(number): 1 for number in range(255)}, "p")) == []
    [problem] = property_problems({str(number): "\0" for number in range(256)}, "p")
    assert (problem.path, problem.found, problem.wanted) == ("p", "256 keys", "at most 255 keys")


@pytest.mark.parametrize("value", ["x" * 8_193, "\0", "é\ud800", 2**63, math.nan, [math.nan], {"a": "\0"}])
def test_properties_are_judged_one_by_one(value: object) -> None:
    [problem] = property_problems({"fine": "x", "bad": value, "fine too": [1]}, "p")
    assert problem.path.startswith("p.bad")


@pytest.mark.parametrize("key", ["", "k" * 256, "\0", "\ud800"])
@pytest.mark.parametrize("value", ["x", 1, None])
def test_property_keys_are_judged_whatever_their_values(key: str, value: object) -> None:
    [problem] = property_problems({key: value}, "p")
    assert problem.path == "p"


def test_properties_nest_as_deep_as_their_json_may() -> None:
    deep: Any = "x"
    for _ in range(limits.JSON_DEPTH_MAX - 1):
        deep = [deep]
    assert list(property_problems({"a": deep}, "p")) == []
    assert len(list(property_problems({"a": [deep]}, "p"))) == 1


def test_profile_data_is_flat() -> None:  # E6
    assert list(flat_problems({"a": 1, "b": None, "c": True, "d": "x", "e": 1.5}, "p")) == []
    found = [(problem.path, problem.found) for problem in flat_problems({"a": {}, "b": [1]}, "p")]
    assert found == [("p.a", "an object"), ("p.b", "an array")]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "null"),
        (True, "true"),
        (False, "false"),
        (5, "5"),
        (1.5, "1.5"),
        ("gold", '"gold"'),
        ("", '""'),
        ("a\nb\x1b[31m", '"a\\u000ab\\u001b[31m"'),
        ({"a": 1}, "an object"),
        ([1], "a list"),
        (10**60, "an integer of more than 64 bits"),
        pytest.param(-(10**5_000), "an integer of more than 64 bits", id="huge"),
    ],
)
def test_a_value_as_an_error_shows_it(value: object, text: str) -> None:
    assert shown(value) == text


@given(st.text(min_size=0, max_size=200))
def test_a_shown_text_is_one_short_printable_line(text: str) -> None:
    line = shown(text)
    assert line.isprintable()
    assert len(line) <= 60 * 6


def test_a_long_text_is_shown_cut() -> None:
    assert shown("x" * 8_000) == '"' + "x" * 58 + "…"


@pytest.mark.parametrize("name", ["n", "n" * 128, "  n  ", "é", "  " + "n" * 128])
def test_a_name_that_people_may_choose(name: str) -> None:
    assert list(name_problems(name, "p")) == []


@pytest.mark.parametrize("name", ["", "   ", "n" * 129, "a\0b", "\ud800"])
def test_a_name_that_they_may_not(name: str) -> None:
    assert [problem.path for problem in name_problems(name, "p")] == ["p"]


@pytest.mark.parametrize("identifier", ["i", "i" * 255, " ", "é"])
def test_an_id_that_an_account_may_choose(identifier: str) -> None:
    assert list(id_problems(identifier, "p")) == []


@pytest.mark.parametrize("identifier", ["", "i" * 256, "a\0b", "\udfff"])
def test_an_id_that_it_may_not(identifier: str) -> None:
    assert [problem.path for problem in id_problems(identifier, "p")] == ["p"]

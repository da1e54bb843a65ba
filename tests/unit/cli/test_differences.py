"""What differs between two things, as a plan shows it."""

import pytest

from octy.cli.differences import field_differences


@pytest.mark.parametrize(
    ("before", "after", "lines"),
    [
        ({"a": 30}, {"a": 60}, ["a: 30 -> 60"]),
        ({"a": [{"b": 1}, {"b": 2}]}, {"a": [{"b": 1}, {"b": 3}]}, ["a[1].b: 2 -> 3"]),
        ({"a": ["x", "y", "z"]}, {"a": ["y", "z", "ä"]}, ['a: - "x", + "ä"']),
        ({"a": ["x"]}, {"a": []}, ['a: - "x"']),
        ({"b": 1}, {"a": ["x"], "b": 1}, ['a: + "x"']),
        ({"a": ["x", "y"]}, {"a": ["y", "x"]}, ["a: in another order"]),
        ({"b": 1}, {"a": [], "b": 1}, ["a: nothing -> a list"]),
        ({"a": None}, {"a": ["x"]}, ["a: null -> a list"]),
        ({"a": ["x"], "b": {}}, {"a": ["x"], "b": {}}, []),
    ],
)
def test_each_field_that_differs_is_named(
    before: dict[str, object], after: dict[str, object], lines: list[str]
) -> None:
    assert field_differences(before, after) == lines

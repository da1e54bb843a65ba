"""How long is a body's longest list, and how many values has it? Told before it is decoded; Python's decoder knows."""

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from octy.engine.kernels.lists import measured

VALUES = st.recursive(
    st.none() | st.integers(0, 9) | st.text('a,[]{}":\\', max_size=4),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text('a,[]{}"\\', max_size=3), inner, max_size=5),
    max_leaves=20,
)


def longest(text: str) -> int:
    return int(measured(np.frombuffer(text.encode(), np.uint8))[0])


def values_in(text: str) -> int:
    return int(measured(np.frombuffer(text.encode(), np.uint8))[1])


def counted(value: Any) -> int:
    """The most elements of it and of what stands directly in it."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return max(len(one) for one in ([], value, *inner) if isinstance(one, list | dict))


def elements(value: Any) -> int:
    """How many values all lists and objects hold, where an empty one counts as if it held one."""
    if not isinstance(value, list | dict):
        return 0
    inner = list(value.values() if isinstance(value, dict) else value)
    return max(len(inner), 1) + sum(map(elements, inner))


@given(VALUES, st.sampled_from([None, 1]))
@settings(max_examples=200, deadline=None)
def test_no_value_is_left_out(value: Any, indent: int | None) -> None:
    assert values_in(json.dumps(value, indent=indent)) == elements(value)


@given(VALUES, st.sampled_from([None, 1]))
@settings(max_examples=200, deadline=None)
def test_it_is_that_of_the_whole_or_of_what_stands_directly_in_it(value: Any, indent: int | None) -> None:
    assert max(1, longest(json.dumps(value, indent=indent))) == max(1, counted(value))


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("[1,2,3]", 3),
        ('{"a":1,"b":2}', 2),
        ("[[1,2],[3,4,5],6]", 3),
        ("[[1,2],[3,4]]", 2),
        ('{"a":[1,2,3,4],"b":[5,6]}', 4),
        ("[0,[[1,2,3,4,5]]]", 2),
        ('["a,b,[c,","d"]', 2),
        (r'["a\",\",",2]', 2),
        (r'["a\\",2,3]', 3),
    ],
)
def test_texts_and_what_lies_deeper_count_nothing(text: str, length: int) -> None:
    assert longest(text) == length


@pytest.mark.parametrize("text", ["", "[", '["', '["\\', "]],,", "}{,[", "\\"])
def test_text_that_is_no_json_does_no_harm(text: str) -> None:
    longest(text)

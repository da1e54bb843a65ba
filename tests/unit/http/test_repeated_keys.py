"""Keys given twice are found, each where it stands, and no others (C28). Python's own decoder is the oracle."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from octy.engine.kernels.keys import DEPTH_MAX, KEYS_MAX
from octy.http.repeated_keys import repeated_key

TEXTS = st.text(st.sampled_from('ab#"\\/\n\x00é\u2028\U0001f600{}[]:, '), max_size=40)
"""Few characters, so that texts are often equal; and those that mean something to JSON."""
Pairs = list[tuple[str, Any]]


def said(body: str | bytes) -> str | None:
    problem = repeated_key(body if isinstance(body, bytes) else body.encode())
    return None if problem is None else str(problem)


class Object:
    """An object of JSON as a list of pairs, in which a key may be twice."""

    def __init__(self, pairs: Pairs) -> None:
        self.pairs = pairs


values = st.recursive(
    st.none() | st.integers() | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.lists(st.tuples(TEXTS, inner), max_size=6).map(Object),
    max_leaves=30,
)


@st.composite
def written(draw: st.DrawFn) -> str:
    """JSON, with blanks and escapes wherever they may be."""
    is_ascii, blank = draw(st.booleans()), draw(st.sampled_from(["", " ", "\n\t "]))

    def text(value: str) -> str:
        plain = json.dumps(value, ensure_ascii=is_ascii)
        return "".join(f"\\u{ord(c):04x}" if c == "a" and draw(st.booleans()) else c for c in plain)

    def write(value: object) -> str:
        if isinstance(value, Object):
            pairs = (f"{text(key)}{blank}:{blank}{write(inner)}" for key, inner in value.pairs)
            return "{" + blank + f"{blank},{blank}".join(pairs) + "}"
        if isinstance(value, list):
            return "[" + f"{blank},".join(map(write, value)) + blank + "]"
        return text(value) if isinstance(value, str) else json.dumps(value)

    return write(draw(values))


def is_repeated(body: str) -> bool:
    """What Python's decoder says."""
    found = []

    def pairs(some: Pairs) -> None:
        found.append(len({key for key, _ in some}) < len(some))

    json.loads(body, object_pairs_hook=pairs)
    return any(found)


@given(body=written())
@settings(max_examples=300, deadline=None)
def test_a_key_is_found_if_it_is_there_twice(body: str) -> None:
    assert (said(body) is not None) == is_repeated(body), body


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ('{"a":1,"a":1}', 'a: expected each key once; found "a" a second time'),
        (
            '{"a":1,"b":[1,{"a":2,"c":{"a":3,"d":4,"a":5}}]}',
            'b[1].c.a: expected each key once; found "a" a second time',
        ),
        (r'[0,{"plan":1,"pl\u0061n":2}]', '[1].plan: expected each key once; found "plan" a second time'),
        (r'{"\ud83d\ude00":1,"😀":2}', '😀: expected each key once; found "😀" a second time'),
        (r'{"a\u0000":1,"a\u0000":2}', '"a\\u0000": expected each key once; found "a\\u0000" a second time'),
        ('{"":1,"":2}', 'expected each key once; found "" a second time'),
    ],
)
def test_it_is_told_where_it_stands(body: str, place: str) -> None:
    assert str(said(body)).endswith(place)


@pytest.mark.parametrize("point", [0x10000, 0x103FF, 0x1F600, 0x10FC00, 0x10FFFF])
def test_a_character_in_two_halves_is_the_one_that_it_means(point: int) -> None:
    key = chr(point)
    assert said(f'{{"{key}":1,{json.dumps(key)}:2}}') is not None
    assert said(f'{{"{chr(point - 1)}":1,{json.dumps(key)}:2}}') is None


@pytest.mark.parametrize("digits", ["0123", "4567", "89ab", "89AB", "cdef", "CDEF"])
def test_every_digit_of_an_escape_means_what_it_means_to_others(digits: str) -> None:
    key = chr(int(digits, 16))
    assert said(f'{{"{key}":1,"\\u{digits}":2}}') is not None
    assert said(f'{{"{chr(ord(key) + 1)}":1,"\\u{digits}":2}}') is None


@pytest.mark.parametrize("length", [0, 1, 7, 8, 9, 31, 32, 33, 64, 1_000])
def test_keys_of_every_length_are_compared_to_their_last_byte(length: int) -> None:
    key = "k" * length
    assert said(json.dumps({f"{key}a": 1, f"{key}b": 2, f"a{key}": 3})) is None
    assert said(f'{{"{key}a":1,"b":2,"{key}a":3}}') is not None
    assert said(f'{{"{key}a":1,"b":2,"{key}\\u0061":3}}') is not None


def test_an_object_may_have_so_many_keys() -> None:
    """So no one has many compared with many; it is as many as properties may be."""
    for count, problem in ((KEYS_MAX, None), (KEYS_MAX + 1, "x[0]: expected at most 255 keys; found 256 keys")):
        assert said(json.dumps({"x": [dict.fromkeys(map(str, range(count)))]})) == problem


def test_many_open_objects_with_many_keys_are_looked_at_all() -> None:
    keys = ",".join(f'"{n}":{n}' for n in range(100))
    deep = f'{{{keys},"x":' * 60 + f'{{{keys},"7":0}}' + "}" * 60
    assert str(said(deep)).startswith("x.x.x.")
    assert said(deep.replace('"7":0}', '"z":0}')) is None


def test_what_is_deeper_than_asked_is_let_pass() -> None:
    assert repeated_key(b'{"events":[{"a":1,"a":2}]}', depth_max=2) is None
    assert repeated_key(b'{"events":[{"a":1}],"events":[]}', depth_max=2) is not None
    assert "nesting" in str(said("[" * (DEPTH_MAX + 1)))


@given(body=st.binary(max_size=40) | st.text('{}[]":,\\u0a ', max_size=40).map(str.encode))
@settings(max_examples=500, deadline=None)
def test_bytes_that_are_no_json_at_all_do_no_harm(body: bytes) -> None:
    repeated_key(body)

"""The texts of a property by number, and somebody's codes for them."""

from math import isnan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octy.store import numbered_texts
from octy.store.numbered_texts import NumberedTexts

TEXTS = st.lists(st.text('ab,"\n\\\u00e9\U0001f600', max_size=3), unique=True, max_size=8)


def test_each_number_gets_the_code_of_its_text() -> None:
    texts = NumberedTexts(["gold", "", 'a,"b"'])
    assert texts.known({'a,"b"': 1, "gold": 2, "silver": 3, "": 4}).tolist() == [0, 2, 4, 1]
    assert texts.known({"silver": 1}).tolist() == [0, 0, 0, 0]
    assert texts.known({}).tolist() == [0, 0, 0, 0]


def test_no_text_has_a_number_where_there_is_none() -> None:
    assert NumberedTexts([]).known({"gold": 1}).tolist() == [0]


@pytest.mark.parametrize("sought_max", [0, 100])
@given(texts=TEXTS, asked=st.lists(TEXTS, max_size=3))
def test_texts_are_told_apart_whatever_is_in_them(sought_max: int, texts: list[str], asked: list[list[str]]) -> None:
    found = NumberedTexts(texts)
    assert found.texts == texts
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(numbered_texts, "SOUGHT_MAX", sought_max)
        for wanted in asked:
            codes = {text: code for code, text in enumerate(wanted, 1)}
            assert found.known(codes).tolist() == [0, *(codes.get(text, 0) for text in texts)]


def test_the_codes_that_count_are_those_of_now() -> None:
    texts, codes = NumberedTexts(["gold", "free"]), {"gold": 1}
    assert texts.known(codes).tolist() == [0, 1, 0]
    codes["free"] = 2
    assert texts.known(codes).tolist() == [0, 1, 2]


def test_numbers_are_those_of_the_texts() -> None:
    none, *numbers = NumberedTexts(["3", "a\nb"]).numbers(len).tolist()
    assert isnan(none)
    assert numbers == [1, 3]

"""The texts of a property by number, and somebody's codes for them."""

from octy.store.numbered_texts import NumberedTexts


def test_each_number_gets_the_code_of_its_text() -> None:
    texts = NumberedTexts(["gold", "", 'a,"b"'])
    assert texts.known({'a,"b"': 1, "gold": 2, "silver": 3, "": 4}).tolist() == [0, 2, 4, 1]
    assert texts.known({"silver": 1}).tolist() == [0, 0, 0, 0]
    assert texts.known({}).tolist() == [0, 0, 0, 0]


def test_no_text_has_a_number_where_there_is_none() -> None:
    assert NumberedTexts([]).known({"gold": 1}).tolist() == [0]

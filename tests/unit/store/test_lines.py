"""Are lines that lie in texts the lines of a list, whatever the texts' sizes?"""

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from octy.store import lines as module
from octy.store.lines import Lines

LINES = st.lists(st.text("abc", max_size=4).map(str.encode), max_size=6)


@pytest.fixture(scope="module", autouse=True)
def _small() -> Iterator[None]:
    """So small that a few lines fill several texts."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "LINES_PER_TEXT_MIN", 3)
        yield


def text_of(lines: list[bytes]) -> bytes:
    return b"".join(line + b"\n" for line in lines)


def assert_are(found: Lines, expected: list[bytes]) -> None:
    for lines_min in (1, 2, 100):
        texts = list(found.texts(lines_min))
        assert b"".join(text for _, text in texts) == text_of(expected)
        assert [count for count, _ in texts] == [text.count(b"\n") for _, text in texts]
        assert all(count >= lines_min for count, _ in texts[:-1])
    assert len(found) == len(expected)
    assert found.size_bytes == len(text_of(expected))
    assert found.at(range(len(expected))) == expected
    assert found.at(reversed(range(len(expected)))) == expected[::-1]


@settings(deadline=None)
@given(st.lists(LINES), st.data())
def test_they_are_what_was_joined_appended_and_not_dropped(parts: list[list[bytes]], data: st.DataObject) -> None:
    found = Lines.joined((len(part), text_of(part)) for part in parts)
    expected = [line for part in parts for line in part]
    assert_are(found, expected)
    for _ in range(data.draw(st.integers(0, 5))):
        if data.draw(st.booleans()):
            more = data.draw(LINES)
            found.append(len(more), text_of(more))
            expected += more
        else:
            before, of_before = found.copy(), list(expected)
            gone = data.draw(st.integers(0, len(expected) + 1))
            found.drop(gone)
            del expected[:gone]
            assert_are(before, of_before)
        assert_are(found, expected)


@given(st.lists(LINES), st.text("abc", min_size=1, max_size=2).map(str.encode))
def test_those_that_hold_something_are_found_once_each(parts: list[list[bytes]], part: bytes) -> None:
    found = Lines.joined((len(one), text_of(one)) for one in parts)
    lines = [line for one in parts for line in one]
    assert list(found.holding(part)) == [(row, line) for row, line in enumerate(lines) if part in line]


def test_short_texts_are_joined() -> None:
    """Else a million single events would be a million texts, and as many searches."""
    found = Lines.joined((1, b"%d\n" % number) for number in range(7))
    assert [count for count, _ in found.texts(1)] == [3, 3, 1]

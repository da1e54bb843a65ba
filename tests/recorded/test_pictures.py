"""Are the documentation's pictures what the engine says, and do they need nothing from elsewhere?"""

import re

import pytest

from tests.recorded.pictures import FOLDER
from tests.recorded.pictures.scenes import pictures

DRAWN = pictures()


@pytest.mark.parametrize("name", DRAWN)
def test_a_picture_is_what_the_engine_says(name: str) -> None:
    """`make pictures` draws them anew."""
    assert (FOLDER / name).read_text(encoding="utf-8") == DRAWN[name]


def test_no_picture_is_left_over() -> None:
    assert {path.name for path in FOLDER.iterdir()} == set(DRAWN)


@pytest.mark.parametrize("name", DRAWN)
def test_a_picture_is_complete_in_itself_and_readable_by_night(name: str) -> None:
    addresses = re.findall(r"https?://[^\"' )]+", DRAWN[name])
    assert set(addresses) == {"http://www.w3.org/2000/svg"}, "SVG's own name, and nothing to fetch"
    assert "prefers-color-scheme:dark" in DRAWN[name]
    named = set(re.findall(r'class="([^"]+)"', DRAWN[name]))
    for word in {word for words in named for word in words.split()}:
        assert f".{word}{{" in DRAWN[name], f"{word} has no style"

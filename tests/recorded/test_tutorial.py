"""Does the tutorial work, from the first command to the last, and show what a reader will see?"""

from pathlib import Path

from tests.recorded.tutorial import PAGE, recorded


def test_the_tutorial_is_what_happens(tmp_path: Path) -> None:
    """`make tutorial` records it anew."""
    page = PAGE.read_text(encoding="utf-8")
    assert recorded(page, tmp_path) == page

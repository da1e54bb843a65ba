"""Does the documentation show what the commands say?"""

from pathlib import Path

from tests.recorded.session import PAGE, recorded


def test_the_session_in_the_documentation_is_what_happens(tmp_path: Path) -> None:
    """`make session` records it anew."""
    assert recorded(tmp_path) == PAGE.read_text(encoding="utf-8")

"""What reaches the terminal."""

import pytest

from octy.cli.output import counted, plain


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("naïve ☃ 日本", "naïve ☃ 日本"),
        ("\x1b]0;title\x07", r"\u001b]0;title\u0007"),
        ("two\nlines\r", r"two\u000alines\u000d"),
        ("\u202egnp.exe", r"\u202egnp.exe"),
        ("\ud800", r"\ud800"),
        ("[bold]x[/bold]", "[bold]x[/bold]"),
    ],
)
def test_nothing_that_a_terminal_obeys_gets_through(text: str, shown: str) -> None:
    assert plain(text) == shown


def test_numbers_are_counted_in_words() -> None:
    assert [counted(number, "event") for number in (0, 1, 2000)] == ["0 events", "1 event", "2,000 events"]

"""What whoever writes a definition reads of it (D10): the words of every refusal, where they are and what was found.

`python -m tests.unit.model.test_refusals` writes them down anew.
"""

from pathlib import Path

from tests.unit.model.test_definitions import REFUSED, violations

WORDS = Path(__file__).with_name("refusals.txt")


def words() -> str:
    """A line for each kind of refusal, and for each field that it is about."""
    return "".join(f"{line}\n" for line in dict.fromkeys(str(one) for *_, raw in REFUSED for one in violations(raw)))


def test_a_refusal_says_what_it_has_always_said() -> None:
    assert words() == WORDS.read_text(encoding="utf-8")


if __name__ == "__main__":
    WORDS.write_text(words(), encoding="utf-8")

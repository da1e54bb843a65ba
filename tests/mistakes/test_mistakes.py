"""C05: the checks are known to notice mistakes: three of them here, all with `make mistakes`."""

import pytest

from tests.mistakes.catalogue import MISTAKES, caught_by

SOME = (
    "how far time has come is not stored",
    "message ids are kept in memory alone",
    "message ids are forgotten after a minute",
)


def test_there_are_at_least_forty() -> None:
    assert len(MISTAKES) >= 40


@pytest.mark.parametrize("name", SOME)
def test_a_mistake_is_caught(name: str) -> None:
    assert caught_by(name)

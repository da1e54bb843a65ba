"""C05: the checks are known to notice mistakes; some of them each day, all with `make mistakes`."""

import time

import pytest

from tests.mistakes.catalogue import MISTAKES, caught_by

A_DAY = 3
FIRST = int(time.time() // 86_400) * A_DAY
TODAY = [list(MISTAKES)[(FIRST + number) % len(MISTAKES)] for number in range(A_DAY)]


def test_there_are_at_least_forty() -> None:
    assert len(MISTAKES) >= 40


@pytest.mark.parametrize("number", range(A_DAY))
def test_a_mistake_is_caught(number: int) -> None:
    assert caught_by(TODAY[number]), TODAY[number]

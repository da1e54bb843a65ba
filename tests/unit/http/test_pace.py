"""No more of an account is inside than is answered in a tenth of a second, however fast the machine is (C20)."""

import pytest

from octy.http.pace import ALWAYS_BYTES, ALWAYS_REQUESTS, BYTES_PER_SECOND, WAIT_SECONDS, Pace

ANA, BEN = 1, 2


def dealt_with(pace: Pace, account_id: int, bytes_per_second: float, ahead_bytes: int = 1_000_000) -> None:
    """Many requests, each of which finds so much ahead of it."""
    for _ in range(200):
        pace.answered(account_id, ahead_bytes, ahead_bytes / bytes_per_second)


@pytest.mark.parametrize("bytes_per_second", [8_000_000, 50_000_000])
def test_it_is_as_much_as_the_machine_does_in_that_time(bytes_per_second: int) -> None:
    pace = Pace()
    dealt_with(pace, ANA, bytes_per_second)
    assert pace.most_bytes(ANA) == pytest.approx(bytes_per_second * WAIT_SECONDS, rel=0.01)
    assert pace.most_bytes(BEN) == BYTES_PER_SECOND * WAIT_SECONDS, (
        "what an account asks for may cost more than another's"
    )


def test_a_machine_that_stands_still_takes_something_all_the_same() -> None:
    pace = Pace()
    dealt_with(pace, ANA, 1_000)
    assert pace.most_bytes(ANA) == ALWAYS_BYTES
    dealt_with(pace, ANA, 20_000_000, ahead_bytes=ALWAYS_BYTES)
    assert pace.most_bytes(ANA) == pytest.approx(20_000_000 * WAIT_SECONDS, rel=0.01), "and recovers"


def test_a_request_with_nothing_before_it_says_nothing() -> None:
    pace = Pace()
    dealt_with(pace, ANA, 1_000, ahead_bytes=2_000)
    assert pace.most_bytes(ANA) == BYTES_PER_SECOND * WAIT_SECONDS


def test_a_few_connections_that_send_one_after_another_are_never_refused() -> None:
    pace = Pace()
    dealt_with(pace, ANA, 1_000)
    assert pace.has_room(ANA, ALWAYS_REQUESTS, 8_000_000)
    assert not pace.has_room(ANA, ALWAYS_REQUESTS + 1, ALWAYS_BYTES + 1)
    assert pace.has_room(ANA, 300, ALWAYS_BYTES)

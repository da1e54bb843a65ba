"""A clock that moves only when told (T3)."""

import pytest

from octy.model.clock import ManualClock
from octy.model.instants import US_PER_DAY, US_PER_HOUR


def test_it_stays_or_moves_forward_and_says_why_it_does_not_move_back() -> None:
    clock = ManualClock(US_PER_DAY)
    clock.move_to(US_PER_DAY)
    clock.move_to(US_PER_DAY + US_PER_HOUR)
    with pytest.raises(ValueError, match="does not move back") as refused:
        clock.move_to(US_PER_DAY)
    stands, wanted = "1970-01-02T01:00:00.000000Z", "1970-01-02T00:00:00.000000Z"
    assert str(refused.value) == f"the clock stands at {stands} and does not move back to {wanted}"
    clock.not_before(US_PER_DAY)
    assert clock.now_us() == US_PER_DAY + US_PER_HOUR
    clock.not_before(2 * US_PER_DAY)
    assert clock.now_us() == 2 * US_PER_DAY

"""Does background work leave the processor to others for most of the time, unless it is urgent?"""

import time
from itertools import accumulate

import pytest

from octy.store.resting import REST_SECONDS_MAX, SHARE, Resting


class Worker:
    """Has used so much of the processor, and notes how long it was told to wait."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.used_seconds = 100.0
        self.is_urgent = False
        self.waited: list[float] = []
        monkeypatch.setattr(time, "thread_time", lambda: self.used_seconds)
        self.rest = Resting(self.waited.append, lambda: self.is_urgent)

    def works(self, seconds: float) -> None:
        """And rests afterwards."""
        self.used_seconds += seconds
        self.rest()


@pytest.fixture
def worker(monkeypatch: pytest.MonkeyPatch) -> Worker:
    return Worker(monkeypatch)


def test_it_works_for_its_share_of_the_time(worker: Worker) -> None:
    pieces = [0.01, 0.2, 0.0, 0.03]
    for seconds in pieces:
        worker.works(seconds)
    for worked, waited in zip(accumulate(pieces), accumulate(worker.waited), strict=True):
        assert worked == pytest.approx(SHARE * (worked + waited))


def test_no_rest_is_longer_than_it_may_be(worker: Worker) -> None:
    worker.works(60)
    assert worker.waited == [REST_SECONDS_MAX]


def test_what_is_urgent_has_no_rest_and_none_is_owed_for_it(worker: Worker) -> None:
    worker.is_urgent = True
    worker.works(0.3)
    worker.is_urgent = False
    worker.works(0.01)
    assert worker.waited == pytest.approx([0.01 * (1 / SHARE - 1)])

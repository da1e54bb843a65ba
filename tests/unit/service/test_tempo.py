"""How much is enough before the writer: what keeps the disk from taking most of the time, and no more (C20)."""

import pytest

from octy.service.tempo import Tempo

LEAST, MOST = 500, 2_000


def after_groups(objects_per_second: float, sync_seconds: float, objects: int = LEAST) -> Tempo:
    """After many groups of so many objects."""
    tempo = Tempo(LEAST, MOST)
    for _ in range(200):
        tempo.add(objects, objects / objects_per_second, sync_seconds)
    return tempo


@pytest.mark.parametrize(
    ("sync_seconds", "enough"), [(0.0, LEAST), (0.002, LEAST), (0.008, 1_200), (0.05, MOST)], ids=str
)
def test_a_slower_disk_has_more_before_it(sync_seconds: float, enough: int) -> None:
    assert after_groups(300_000, sync_seconds).enough_objects == pytest.approx(enough, rel=0.01)


def test_a_slower_writer_needs_less() -> None:
    assert after_groups(100_000, 0.02).enough_objects == pytest.approx(1_000, rel=0.01)


def test_until_something_is_known_the_most_is_enough() -> None:
    tempo = Tempo(LEAST, MOST)
    assert tempo.enough_objects == MOST
    tempo.add(LEAST - 1, 0.001, 0.0)
    assert tempo.enough_objects == MOST, "a small group says how long a request takes"

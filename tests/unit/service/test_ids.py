"""Ids of events: the same for a number whether it comes alone or among many, and never the same for two."""

import pytest

from octy.service.ids import FEW, EventIds, new_secret

SEQS = [1, 2, 3, 500, 2**31, 2**32 + 1, 2**62, 2**63 - 1]


def test_an_id_is_event_and_16_digits() -> None:
    ids = EventIds("0000000000000003-0000000000000005")
    assert ids.of(1) == "event_0000000000000018"


@pytest.mark.parametrize("count", [0, 1, FEW, FEW + 1, 500])
def test_one_of_many_has_the_id_that_it_has_alone(count: int) -> None:
    ids = EventIds(new_secret())
    seqs = [seq + place for place in range(0, count, len(SEQS)) for seq in SEQS][:count]
    assert ids.of_many(seqs) == [ids.of(seq) for seq in seqs]


def test_no_two_numbers_share_an_id() -> None:
    assert len(set(EventIds(new_secret()).of_many(range(1, 50_001)))) == 50_000

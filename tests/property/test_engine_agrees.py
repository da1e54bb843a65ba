"""C06: the engine and the reference model agree on any life, at every step (`tests.property.agreement`)."""

import pytest

from octy.engine import engine
from tests.property.agreement import Agreement
from tests.property.histories import live_through, shards


@shards(histories=1_000)
def test_engine_and_reference_model_agree_at_every_step(shard_seed: int) -> None:
    live_through(Agreement, shard_seed)


@shards(histories=100)
def test_they_agree_where_kernels_never_have_enough_room(shard_seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """No event and no timer is taken twice or lost where a kernel stops and is called again."""
    monkeypatch.setattr(engine, "LOG_ROWS_MIN", 2)
    monkeypatch.setattr(engine, "LOG_ROWS_PER_SEGMENT", 2)
    monkeypatch.setattr(engine, "TIMERS_FREE_MIN", 0)
    live_through(Agreement, shard_seed)

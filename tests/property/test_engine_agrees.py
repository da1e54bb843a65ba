"""C06: the engine and the reference model agree on any life, at every step (`tests.property.agreement`)."""

import pytest

from octy.engine import engine
from tests.property.agreement import BIRTH_US, Agreement, Examined
from tests.property.histories import live_through, shards
from tests.property.lagging import LaggingLife


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


class LaggingAgreement(Agreement):
    """`Agreement`, with an engine that is never allowed to do all that is due at once."""

    def examined_life(self, fold_rows: int, *, refolds_early: bool) -> Examined:
        """It goes on profile by profile."""
        return LaggingLife(BIRTH_US, fold_rows, refolds_early=refolds_early)


@shards(histories=100)
def test_they_agree_where_what_is_due_is_made_a_little_at_a_time(
    shard_seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever happens meanwhile, and wherever a process ends: no change is lost, made twice or out of its order."""
    monkeypatch.setattr(engine, "PROFILES_AT_ONCE", 1)
    live_through(LaggingAgreement, shard_seed)

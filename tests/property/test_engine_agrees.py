"""C06: the engine and the reference model agree on any life, at every step (`tests.property.agreement`)."""

from tests.property.agreement import Agreement
from tests.property.histories import live_through, shards


@shards(histories=1_000)
def test_engine_and_reference_model_agree_at_every_step(shard_seed: int) -> None:
    live_through(Agreement, shard_seed)

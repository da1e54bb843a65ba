"""How events are cut into batches changes nothing: a batch does what its events do one by one."""

from collections.abc import Sequence

from octy.model.instants import NEVER
from tests.property.agreement import BIRTH_US, Agreement, Reference
from tests.property.harness import EngineLife
from tests.property.histories import live_through, shards
from tests.reference.life import Change, Occurrence


class OneByOne(EngineLife):
    """An engine that gets every event in a batch of its own."""

    def accept(self, occurrences: Sequence[Occurrence]) -> list[Change]:
        """The changes of all, one after the other."""
        return [change for occurrence in occurrences for change in super(OneByOne, self).accept([occurrence])]

    def next_due_us(self) -> int:
        """Two engines may wake at different instants: neither is the other's judge in this."""
        return NEVER

    def moments_ahead(self) -> list[int]:
        """When it would wake itself."""
        due_us = super().next_due_us()
        return [due_us] if due_us != NEVER else []


class BatchAgreement(Agreement):
    """The random lives of `Agreement`, with the same engine as reference."""

    def reference_life(self) -> Reference:
        """Fed event by event."""
        return OneByOne(BIRTH_US)


@shards(histories=200)
def test_a_batch_does_what_its_events_do_one_by_one(shard_seed: int) -> None:
    live_through(BatchAgreement, shard_seed)

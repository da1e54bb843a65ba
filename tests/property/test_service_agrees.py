"""A whole Octy (service, writer, SQLite store) and the reference model agree on any life, at every step.

The random lives of `tests.property.agreement`, with what only a service knows of: repeated messages (E8), deleted
segments whose tags stay for 72 hours (X1, X2) and that may be restored, webhooks (H1, H3), restarts from the disk, and
disks that fail.
"""

import tempfile
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule

from octy.model.instants import NEVER
from octy.model.segments import SegmentDefinition, SegmentType
from octy.service import ageing, archiver
from tests.integration.service.failing import FAILURES, SOME_NEED_NOT_NOTICE
from tests.integration.service.serving import no_log
from tests.property.agreement import BIRTH_US, SEGMENTS_MAX, Agreement, Examined, Reference, agree
from tests.property.happenings import WINDOW_DAYS, Happening, When, batches, past_definitions, waits
from tests.property.histories import live_through, shards
from tests.property.leaving import LeavingModel
from tests.property.service_life import ServiceLife
from tests.simulation.__main__ import folder as in_memory


@pytest.fixture(autouse=True)
def small_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """The archive takes a few rows at a time and forgets what is too old at once, and only when it is told to."""
    monkeypatch.setattr(archiver, "ROWS_PER_RUN", 4)
    monkeypatch.setattr(archiver, "RUNS_PER_MERGE", 2)
    monkeypatch.setattr(archiver, "ROWS_PER_MERGED_RUN_MAX", 64)
    monkeypatch.setattr(archiver, "LOOK_EVERY_SECONDS", 3600)
    monkeypatch.setattr(archiver, "AGED_EVERY_US", NEVER)
    monkeypatch.setattr(ageing, "OVERDUE_US", 0)


failures = st.sampled_from([name for name in FAILURES if name not in SOME_NEED_NOT_NOTICE])


class ServiceAgreement(Agreement):
    """`Agreement`, with an Octy in the engine's place."""

    def __init__(self) -> None:
        super().__init__()
        self._opened = ExitStack()
        self.deleted: dict[int, SegmentDefinition] = {}

    def reference_life(self) -> Reference:
        """Knows what becomes of deleted segments."""
        self.leaving = LeavingModel(BIRTH_US)
        return self.leaving

    def examined_life(self, fold_rows: int, *, refolds_early: bool) -> Examined:  # noqa: ARG002 - the engine's matters
        """A server with an empty folder. Some accounts keep no more than their segments look back on."""
        made = tempfile.TemporaryDirectory(dir=in_memory(), prefix="octy-")
        folder = Path(self._opened.enter_context(made))
        self.service = ServiceLife(
            folder, BIRTH_US, is_sandbox=self.is_sandbox, retention_days=max(WINDOW_DAYS) if fold_rows % 2 else 0
        )
        self._opened.callback(self.service.end)
        return self.service

    def teardown(self) -> None:
        """Each life has a folder of its own."""
        self._opened.close()

    # What only outside a sandbox is so

    @precondition(lambda self: not self.is_sandbox and len(self.definitions) < SEGMENTS_MAX)
    @rule(definition=past_definitions())
    def begins_backfill(self, definition: SegmentDefinition) -> None:
        """In a sandbox nothing comes between a backfill's beginning and its end."""
        super().begins_backfill(definition)

    # What only a service knows of

    @precondition(lambda self: self.definitions)
    @rule(segment=st.integers(0, SEGMENTS_MAX - 1))
    def deletes(self, segment: int) -> None:
        """X1."""
        before = dict(self.definitions)
        super().deletes(segment)
        self.deleted |= {key: one for key, one in before.items() if key not in self.definitions}

    @precondition(lambda self: self.deleted and len(self.definitions) < SEGMENTS_MAX)
    @rule(segment=st.integers(0, SEGMENTS_MAX - 1))
    def restores(self, segment: int) -> None:
        """A deletion is cancelled, while the segment is there (X2)."""
        there = [key for key in self.deleted if self.leaving.is_leaving(key)]
        if not there:
            return
        key = there[segment % len(there)]
        self.definitions[key] = self.deleted.pop(key)
        agree(self.leaving.restore_segment(key), self.service.restore_segment(key))
        if self.definitions[key].segment_type is SegmentType.PAST:
            self.backfilling.append(key)
            if self.is_sandbox:
                self.ends_backfill()

    @rule()
    def archives(self) -> None:
        """Where rows are kept changes nothing."""
        self.service.archive()

    @rule(batch=batches, again=batches)
    def repeats_itself(self, batch: list[Happening], again: list[Happening]) -> None:
        """E8: a message id that comes again is not stored again, whatever comes with it."""
        first = self._occurrences(batch)
        ids = [f"{len(self.instants)}/{number}" for number in range(len(first))]
        first_seq = self.service.events_ever + 1
        agree(self.reference.accept(first), self.service.accept(first, ids))
        repeated = self._occurrences(again[: len(first)])
        self.service.repeat(repeated, ids[: len(repeated)], first_seq)
        assert self.service.news() == []

    @rule(batch=batches, failure=failures)
    def fails_to_accept(self, batch: list[Happening], failure: str) -> None:
        """Nothing of it is stored, nothing of it happened."""
        with self.service.cannot_store(failure):
            self.service.fails_to_accept(self._occurrences(batch))
        assert self.service.recovers() == []

    @rule(wait=waits, failure=failures)
    def fails_to_pass_time(self, wait: When, failure: str) -> None:
        """A sandbox's clock stays; a production server notices late what fell due meanwhile, as after downtime."""
        now_us = self.reference.now_us
        until_us = max(now_us, self._instant(wait, now_us))
        with self.service.cannot_store(failure):
            self.service.fails_to_advance(until_us)
        noticed = [] if self.is_sandbox else self.reference.advance(until_us, until_us)
        agree(noticed, self.service.recovers())

    @rule()
    def is_checked(self) -> None:
        """`octy check` finds nothing, and its plain evaluator says what the engine did."""
        self.service.check()

    @invariant()
    def remembers_all(self) -> None:
        """G5: history is never rewritten."""
        self.service.check_histories()


@shards(histories=25)
def test_service_and_reference_model_agree_at_every_step(shard_seed: int) -> None:
    with no_log():
        live_through(ServiceAgreement, shard_seed, steps=25)

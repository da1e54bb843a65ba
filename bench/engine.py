"""The engine alone: how long an event takes it, and whether that grows with the segments or with history."""

import time
from collections.abc import Iterator
from typing import Any

import numpy as np
from msgspec import Struct

from bench.world import WEIGHTS, definitions
from octy.engine.batch import EventBatch
from octy.engine.engine import Engine
from octy.model.definitions import from_wire
from octy.model.instants import US_PER_SECOND
from octy.model.rules import Surroundings
from octy.model.segments import SegmentType

PROFILES = 1_000_000
BATCH = 1_000
EVENTS_PER_SECOND = 1_000
DIFFERENT_BATCHES = 1_000
A_STEP_AMONG_PROFILES = 7_919
START_US = 1_700_000_000 * US_PER_SECOND


class Stage(Struct, frozen=True):
    """A stretch of a run."""

    events_before: int
    us_per_event: float
    changes_per_event: float


def engine_stages(segments: int, stages: tuple[int, ...]) -> Iterator[Stage]:
    """Takes so many events in all, one stage after another; what matching costs, reading the properties included."""
    engine, codes = engine_with(segments, PROFILES, START_US)
    batches = _Batches(codes)
    taken = 0
    for through in stages:
        spent, changes, before = 0.0, 0, taken
        while taken < through:
            batch = batches.starting_at(taken)
            began = time.perf_counter()
            assert engine.history_needed(batch) is None
            changes += engine.apply(batch).size
            spent += time.perf_counter() - began
            taken += BATCH
        yield Stage(before, spent / (taken - before) * 1e6, changes / (taken - before))


def engine_with(segments: int, profiles: int, now_us: int) -> tuple[Engine, np.ndarray[Any, np.dtype[np.int32]]]:
    """An engine at an instant, and the codes of the event types in the order of `WEIGHTS`."""
    engine = Engine(now_us)
    engine.ensure_profiles(profiles)
    surroundings = Surroundings(dict.fromkeys(WEIGHTS, frozenset({"plan", "page"})), frozenset())
    for key, raw in enumerate(definitions(segments)):
        definition, _ = from_wire(raw, surroundings)
        if definition.segment_type is SegmentType.LIVE:
            engine.add_live(key, definition, now_us)
        else:
            engine.finish_backfill(engine.begin_backfill(key, definition))
    return engine, np.array([engine.event_type_code(name) for name in WEIGHTS], np.int32)


class _Batches:
    """Batches that are made in next to no time: a thousand of them come again, later and of other profiles."""

    def __init__(self, codes: np.ndarray[Any, np.dtype[np.int32]]) -> None:
        chance = np.random.default_rng(1)
        weights = np.array(list(WEIGHTS.values()), float)
        shape = (DIFFERENT_BATCHES, BATCH)
        self._profile = chance.integers(0, PROFILES, shape).astype(np.int32)
        self._event_type = codes[chance.choice(len(codes), shape, p=weights / weights.sum())]
        plans = ("gold", "silver", "free")
        said = [{"plan": plans[n % 3], "page": f"/p/{n % 500}"} for n in range(1_500)]
        self._properties = [[said[n] for n in some] for some in chance.integers(0, len(said), shape).tolist()]
        self._ticks_us = np.arange(BATCH, dtype=np.int64) * (US_PER_SECOND // EVENTS_PER_SECOND)

    def starting_at(self, first: int) -> EventBatch:
        """The batch whose first event has this number."""
        again, number = divmod(first // BATCH, DIFFERENT_BATCHES)
        created_us = START_US + first * (US_PER_SECOND // EVENTS_PER_SECOND) + self._ticks_us
        profile = (self._profile[number] + again * A_STEP_AMONG_PROFILES) % PROFILES
        accepted_us = np.full(BATCH, created_us[-1])
        return EventBatch(profile, self._event_type[number], created_us, accepted_us, self._properties[number])

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
START_US = 1_700_000_000 * US_PER_SECOND


class Stage(Struct, frozen=True):
    """A stretch of a run."""

    events_before: int
    us_per_event: float
    changes_per_event: float


def engine_stages(segments: int, stages: tuple[int, ...]) -> Iterator[Stage]:
    """Takes so many events in all, one stage after another; what matching costs, reading the properties included."""
    engine, codes = engine_with(segments, PROFILES, START_US)
    chance = np.random.default_rng(1)
    taken = 0
    for through in stages:
        spent, changes, before = 0.0, 0, taken
        while taken < through:
            batch = _batch(chance, codes, taken)
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
            engine.finish_backfill(engine.begin_backfill(key, definition), [])
    return engine, np.array([engine.event_type_code(name) for name in WEIGHTS], np.int32)


def _batch(chance: np.random.Generator, codes: np.ndarray[Any, np.dtype[np.int32]], first: int) -> EventBatch:
    created_us = START_US + np.arange(first, first + BATCH, dtype=np.int64) * (US_PER_SECOND // EVENTS_PER_SECOND)
    weights = np.array(list(WEIGHTS.values()), float)
    plans = ("gold", "silver", "free")
    return EventBatch(
        chance.integers(0, PROFILES, BATCH).astype(np.int32),
        codes[chance.choice(len(codes), BATCH, p=weights / weights.sum())],
        created_us,
        np.full(BATCH, created_us[-1]),
        [{"plan": plans[n % 3], "page": f"/p/{n % 500}"} for n in chance.integers(0, 1500, BATCH).tolist()],
    )

"""The engine and events that come late: how much dearer is a history in random order than the same one in order (P7)?

The store is played by columns in memory, sorted by profile and time; what it takes to answer the engine counts too.
"""

import time
from collections.abc import Iterator
from typing import Any

import numpy as np
from msgspec import Struct
from rich.table import Table

from bench.engine import engine_with
from bench.tables import table
from bench.world import WEIGHTS
from octy.engine.batch import EventBatch, HistoryRequest
from octy.engine.warm import warm
from octy.model.instants import US_PER_DAY, US_PER_SECOND

EVENTS = 5_000_000
PROFILES = 100_000
ONE_PROFILES_EVENTS = 20_000
SEGMENTS = 20
BATCH = 500
DAYS = 90
START_US = 1_700_000_000 * US_PER_SECOND
END_US = START_US + DAYS * US_PER_DAY
PROPERTIES = [{"plan": ("gold", "silver", "free")[n % 3], "page": f"/p/{n % 500}"} for n in range(1_500)]


class Cost(Struct, frozen=True):
    """What a run took for each event, and how often a profile's history was asked for."""

    us_per_event: float
    asked: int
    answered: int
    """Stored events that were fetched."""


class Upload:
    """A history of 90 days; by its place in `created_us` each event has a profile, a type and properties."""

    def __init__(self, events: int, profiles: int) -> None:
        chance = np.random.default_rng(2)
        weights = np.array(list(WEIGHTS.values()), float)
        self.profiles = profiles
        self.created_us = np.sort(chance.integers(START_US + 1, END_US, events))
        self.profile = chance.integers(0, profiles, events).astype(np.int32)
        self.kind = chance.choice(len(weights), events, p=weights / weights.sum())
        self.properties = chance.integers(0, len(PROPERTIES), events)
        self._by_profile = np.argsort(self.profile, kind="stable")
        self._first = np.searchsorted(self.profile[self._by_profile], np.arange(profiles + 1))

    def run(self, order: np.ndarray[Any, np.dtype[np.int64]]) -> Cost:
        """Uploads the events in some order, all accepted at the end of the 90 days."""
        engine, codes = engine_with(SEGMENTS, self.profiles, END_US)
        types = codes[self.kind]
        is_stored = np.zeros(len(order), np.bool_)
        spent, asked, answered = 0.0, 0, 0
        for first in range(0, len(order), BATCH):
            some = order[first : first + BATCH]
            batch = self._batch(types, some)
            began = time.perf_counter()
            history = None
            if (request := engine.history_needed(batch)) is not None:
                history = self._answer(request, types, is_stored)
                asked += len(request.profiles)
                answered += len(history.profile)
            engine.apply(batch, history)
            spent += time.perf_counter() - began
            is_stored[some] = True
        return Cost(spent / len(order) * 1e6, asked, answered)

    def _answer(
        self,
        request: HistoryRequest,
        types: np.ndarray[Any, np.dtype[np.int32]],
        is_stored: np.ndarray[Any, np.dtype[np.bool_]],
    ) -> EventBatch:
        spans = [self._by_profile[self._first[one] : self._first[one + 1]] for one in request.profiles]
        events = np.concatenate(spans)
        events = events[is_stored[events] & (self.created_us[events] > request.after_us)]
        return self._batch(types, events[np.isin(types[events], request.event_types)])

    def _batch(
        self, types: np.ndarray[Any, np.dtype[np.int32]], events: np.ndarray[Any, np.dtype[np.int64]]
    ) -> EventBatch:
        return EventBatch(
            self.profile[events],
            types[events],
            self.created_us[events],
            np.full(len(events), END_US),
            [PROPERTIES[number] for number in self.properties[events].tolist()],
        )


def tables(*, quick: bool) -> Iterator[Table]:
    """A crowd's history, and a single profile's."""
    warm()
    uploads = (
        Upload(EVENTS // 20 if quick else EVENTS, PROFILES // 20 if quick else PROFILES),
        Upload(ONE_PROFILES_EVENTS // 10 if quick else ONE_PROFILES_EVENTS, 1),
    )
    title = f"The engine and late events: {DAYS} days of history, {SEGMENTS} segments, batches of {BATCH}"
    shown = table(title, "order", "events", "profiles", "µs per event", "profiles asked for", "events fetched")
    for upload in uploads:
        count = len(upload.created_us)
        orders = {"in order": np.arange(count), "random": np.random.default_rng(3).permutation(count)}
        for name, order in orders.items():
            cost = upload.run(order)
            sizes = (f"{count:,}", f"{upload.profiles:,}")
            shown.add_row(name, *sizes, f"{cost.us_per_event:.2f}", f"{cost.asked:,}", f"{cost.answered:,}")
        shown.add_section()
    yield shown

"""A long history as columns, and the past segments asked over it: the same for us and for every peer.

The activity of profiles is heavy-tailed (lognormal): most have a handful of events, some thousands. Event types come in
the proportions of `bench.world.WEIGHTS`, pages in those of Zipf's law. No two events share an instant, so the order of
`created_us` is T2's order, and a peer needs no `seq`.
"""

import random
from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from bench.world import WEIGHTS
from octy.model.definitions import from_wire
from octy.model.instants import US_PER_DAY, US_PER_SECOND
from octy.model.rules import Surroundings

EVENTS = 20_000_000
PROFILES = 1_000_000
DAYS = 90
NOW_US = 1_700_000_000 * US_PER_SECOND
SPREAD_OF_ACTIVITY = 1.7
"""Sigma of the lognormal: of 20 events in the mean, the median profile has 5, the busiest of a million some 15,000."""

EVENT_TYPES = tuple(WEIGHTS)
PLANS = ("gold", "silver", "free")
PAGES = tuple(f"/p/{number}" for number in range(500))

TIMEFRAMES_DAYS = (3, 7, 14, 30, 45, 60, 90)
PAGES_ASKED = (0, 1, 2, 5, 7, 20, 80)
"""From one event in seven to one in five hundred."""


class History(Struct, frozen=True):
    """Events in the order of their instants, all at or before `now_us`; codes index the lists of texts beside them."""

    profiles: int
    now_us: int
    profile: NDArray[np.int32]
    """0 up to `profiles`."""
    event_type: NDArray[np.int16]
    created_us: NDArray[np.int64]
    """Strictly ascending."""
    plan: NDArray[np.int16]
    page: NDArray[np.int16]
    event_types: tuple[str, ...] = EVENT_TYPES
    plans: tuple[str, ...] = PLANS
    pages: tuple[str, ...] = PAGES

    @property
    def events(self) -> int:
        """How many there are."""
        return len(self.created_us)


def history(events: int = EVENTS, profiles: int = PROFILES, seed: int = 1, days: int = DAYS) -> History:
    """The same history for the same arguments."""
    chance = np.random.default_rng(seed)
    shares_of_pages = len(PAGES) * 4 // np.arange(1, len(PAGES) + 1)
    return History(
        profiles=profiles,
        now_us=NOW_US,
        profile=_profiles(chance, events, profiles),
        event_type=_codes(chance, events, np.array(list(WEIGHTS.values()))),
        created_us=_instants(chance, events, days),
        plan=_codes(chance, events, np.ones(len(PLANS), np.int64)),
        page=_codes(chance, events, shares_of_pages),
    )


def past_definitions(count: int) -> list[dict[str, Any]]:
    """Distinct past segments of 1 to 4 actions in wire form; a longer list begins with the shorter one."""
    chance = random.Random(7)
    surroundings = Surroundings(dict.fromkeys(EVENT_TYPES, frozenset({"plan", "page"})), frozenset())
    made: list[dict[str, Any]] = []
    while len(made) < count:
        body = _definition(chance, len(made))
        if any(body.items() <= other.items() for other in made) or _repeats_a_step(body["event_sequence"]):
            continue
        made.append(body | {"segment_name": f"past segment {len(made)}"})
        from_wire(made[-1], surroundings)
    return made


def _profiles(chance: np.random.Generator, events: int, profiles: int) -> NDArray[np.int32]:
    """Who acts: each profile as often as its share of all activity says, in random order."""
    activity = chance.lognormal(0.0, SPREAD_OF_ACTIVITY, profiles)
    counts = chance.multinomial(events, activity / activity.sum())
    acting = np.repeat(np.arange(profiles, dtype=np.int32), counts)
    chance.shuffle(acting)
    return acting


def _codes(chance: np.random.Generator, events: int, shares: NDArray[np.int64]) -> NDArray[np.int16]:
    """Codes drawn in proportion to their whole-numbered shares: one look into a list of all shares for each event."""
    urn = np.repeat(np.arange(len(shares), dtype=np.int16), shares)
    return urn[chance.integers(0, len(urn), events, dtype=np.int32)]


def _instants(chance: np.random.Generator, events: int, days: int) -> NDArray[np.int64]:
    """Spread over the days up to now, the last event exactly now: every gap at least 1 µs."""
    gaps = chance.integers(1, 2 * days * US_PER_DAY // events, events)
    created_us: NDArray[np.int64] = np.cumsum(gaps) + (NOW_US - gaps.sum())
    return created_us


def _definition(chance: random.Random, number: int) -> dict[str, Any]:
    """The number of actions goes round, every second round ends with an inaction; the rest is drawn."""
    actions, has_inaction = number % 4 + 1, number // 4 % 2 == 1
    steps = [_step(chance, "action") for _ in range(actions)]
    if has_inaction:
        steps.append(_step(chance, "inaction"))
    return {
        "segment_type": "past",
        "segment_sub_type": 2 if has_inaction else 1,
        "segment_timeframe": chance.choice(TIMEFRAMES_DAYS),
        "event_sequence": steps,
    }


def _step(chance: random.Random, kind: str) -> dict[str, Any]:
    """A step in three names a plan, one in six a page; frequent event types are asked for more often than rare ones."""
    properties: dict[str, str] = {}
    if chance.random() < 1 / 3:
        properties["plan"] = chance.choice(PLANS)
    if chance.random() < 1 / 6:
        properties["page"] = PAGES[chance.choice(PAGES_ASKED)]
    [event_type] = chance.choices(EVENT_TYPES, [weight**0.5 for weight in WEIGHTS.values()])
    return {
        "event_type": event_type,
        "exp_timeframe": 0,
        "action_inaction": kind,
        "event_properties": properties or None,
    }


def _repeats_a_step(steps: list[dict[str, Any]]) -> bool:
    """D8."""
    seen = [(step["event_type"], step["event_properties"]) for step in steps]
    return any(one in seen[:place] for place, one in enumerate(seen))

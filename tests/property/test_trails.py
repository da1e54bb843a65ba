"""P7 on long histories: events in any order, while trails grow, are swept and given up, and segments come and go."""

import random

import pytest

from octy.engine import latecomers
from octy.engine.batch import EventBatch, HistoryRequest
from octy.model.instants import US_PER_DAY, US_PER_HOUR, parse_instant
from octy.model.segments import SegmentDefinition
from tests.property.agreement import Agreement, agree
from tests.property.happenings import CONDITIONS, DOINGS, defined, step
from tests.property.harness import EngineLife
from tests.property.histories import live_through, shards
from tests.reference.life import Life, Occurrence
from tests.reference.model import Model

BIRTH_US = parse_instant("2024-02-28T00:00:00Z")
PROFILES = 3
EVENTS = 240
BATCH = 8
LIMITS = pytest.mark.parametrize("bytes_max", [0, 400, 1_500, latecomers.TRAIL_BYTES_MAX])


class Asked(EngineLife):
    """An engine that counts how often each profile's history was asked for."""

    def __init__(self, now_us: int) -> None:
        super().__init__(now_us)
        self.times: dict[int, int] = {}

    def _history(self, request: HistoryRequest) -> EventBatch:
        for profile in request.profiles.tolist():
            self.times[profile] = self.times.get(profile, 0) + 1
        return super()._history(request)


@LIMITS
@pytest.mark.parametrize("seed", range(6))
def test_events_in_any_order_lead_where_the_reference_model_leads(
    seed: int, bytes_max: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two segments come and go on the way, and a customer."""
    monkeypatch.setattr(latecomers, "TRAIL_BYTES_MAX", bytes_max)
    chance = random.Random(seed)
    lives: tuple[Life, Life] = (Model(BIRTH_US), Asked(BIRTH_US))
    profiles = list(range(PROFILES))
    for _ in profiles:
        for life in lives:
            life.add_profile()
    for key in range(1, 6):
        _create(chance, lives, key)
    for number in range(0, EVENTS, BATCH):
        match number:
            case 80:
                for life in lives:
                    life.remove_segment(2)
            case 120:
                _create(chance, lives, 6)
            case 160:
                leaver = profiles.pop()
                for life in lives:
                    life.forget_profile(leaver)
        batch = _late_events(chance, profiles, lives[0].now_us)
        agree(*(life.accept(batch) for life in lives))
        assert lives[0].tags() == lives[1].tags()
    until_us = lives[0].now_us + 10 * US_PER_DAY
    agree(*(life.advance(until_us) for life in lives))


def test_a_history_is_asked_for_once() -> None:
    """However late and however often its profile's events arrive."""
    chance = random.Random(0)
    life = Asked(BIRTH_US)
    profiles = [life.add_profile() for _ in range(PROFILES)]
    life.begin_backfill(1, _definition(chance))
    life.finish_backfill(1)
    for _ in range(EVENTS // BATCH):
        life.accept(_late_events(chance, profiles, life.now_us))
    assert life.times == dict.fromkeys(profiles, 1)


@shards(histories=50)
@pytest.mark.parametrize("bytes_max", [0, 300])
def test_they_agree_where_trails_never_last(shard_seed: int, bytes_max: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The random lives of `Agreement`."""
    monkeypatch.setattr(latecomers, "TRAIL_BYTES_MAX", bytes_max)
    live_through(Agreement, shard_seed)


def _create(chance: random.Random, lives: tuple[Life, Life], key: int) -> None:
    definition = _definition(chance)
    for life in lives:
        life.begin_backfill(key, definition)
    agree(*(life.finish_backfill(key) for life in lives))


def _definition(chance: random.Random) -> SegmentDefinition:
    """Ordered, of 2 to 4 actions; one in three has an inaction too."""
    actions = chance.randint(2, 4)
    has_inaction = chance.random() < 1 / 3
    conditions = chance.sample(CONDITIONS, actions + has_inaction)
    steps = [step(doing, "action") for doing in conditions[:actions]]
    steps += [step(doing, "inaction") for doing in conditions[actions:]]
    return defined("past", 2 if has_inaction else 1, chance.randint(1, 4), steps)


def _late_events(chance: random.Random, profiles: list[int], now_us: int) -> list[Occurrence]:
    """Accepted an hour or some after the last ones, from within 5 days before; many at the same instants."""
    batch = []
    for _ in range(BATCH):
        now_us += chance.choice((0, 0, 0, US_PER_HOUR))
        created_us = now_us - chance.randrange(120) * US_PER_HOUR
        doing = chance.choice(DOINGS)
        batch.append(Occurrence(chance.choice(profiles), doing.event_type, created_us, now_us, doing.properties))
    return batch

"""Many customers in batches as large as they come: what the small lives of `Agreement` cannot show, such as growth."""

import random

import pytest

from octy.engine import engine as engine_module
from octy.model.instants import US_PER_DAY, US_PER_HOUR, US_PER_MINUTE, parse_instant
from octy.model.limits import EVENTS_PER_BATCH_MAX
from octy.model.segments import SegmentDefinition
from tests.property.agreement import agree
from tests.property.happenings import CONDITIONS, DATA, DOINGS, defined, step
from tests.property.harness import EngineLife
from tests.reference.life import Life, Occurrence
from tests.reference.model import Model

BIRTH_US = parse_instant("2024-02-28T00:00:00Z")
AGES_US = (0, 0, 0, 1, US_PER_MINUTE, 9 * US_PER_MINUTE, 5 * US_PER_HOUR, 2 * US_PER_DAY)
WAITS_US = (0, 1, US_PER_MINUTE, 5 * US_PER_MINUTE, US_PER_HOUR, US_PER_DAY)


@pytest.mark.parametrize("seed", range(2))
def test_engine_and_reference_model_agree_on_a_crowd(seed: int) -> None:
    _agree_on_a_crowd(seed)


def test_they_agree_on_a_crowd_that_kernels_never_have_enough_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each stops in the midst of its profiles, and goes on there when there is room again."""
    monkeypatch.setattr(engine_module, "LOG_ROWS_MIN", 2)
    monkeypatch.setattr(engine_module, "LOG_ROWS_PER_SEGMENT", 2)
    monkeypatch.setattr(engine_module, "TIMERS_FREE_MIN", 0)
    _agree_on_a_crowd(seed=2)


def _agree_on_a_crowd(seed: int) -> None:
    chance = random.Random(seed)
    reference, engine = Model(BIRTH_US), EngineLife(BIRTH_US, fold_rows=100)
    lives: tuple[Life, Life] = (reference, engine)
    profiles: list[int] = []
    for key in range(1, 11):
        profiles += _newcomers(chance, lives, chance.randint(1, 60))
        _create(chance, lives, key)
        batch = _batch(chance, profiles, reference.now_us, chance.randint(1, EVENTS_PER_BATCH_MAX))
        agree(reference.accept(batch), engine.accept(batch))
        leaver = profiles.pop(chance.randrange(len(profiles)))
        reference.forget_profile(leaver)
        engine.forget_profile(leaver)
        if key % 4 == 0:
            engine.restart()
        until_us = reference.now_us + chance.choice(WAITS_US)
        agree(reference.advance(until_us), engine.advance(until_us))
        assert engine.tags() == reference.tags()
    until_us = reference.now_us + 4 * US_PER_DAY
    agree(reference.advance(until_us), engine.advance(until_us))
    assert engine.tags() == reference.tags()
    assert len({profile for _, profile in engine.tags()}) > 1


def _newcomers(chance: random.Random, lives: tuple[Life, Life], count: int) -> list[int]:
    keys = []
    for _ in range(count):
        data = chance.choice(DATA)
        for life in lives:
            key = life.add_profile()
            life.change_data(key, data)
        keys.append(key)
    return keys


def _create(chance: random.Random, lives: tuple[Life, Life], key: int) -> None:
    definition = _definition(chance)
    changes = []
    for life in lives:
        if definition.timeframe_days:
            life.begin_backfill(key, definition)
            changes.append(life.finish_backfill(key))
        else:
            life.create_live(key, definition)
    if changes:
        agree(*changes)


def _definition(chance: random.Random) -> SegmentDefinition:
    sub_type = chance.randint(1, 4)
    is_live = sub_type < 3 and chance.random() < 0.5
    conditions = chance.sample(CONDITIONS, 3 if not is_live else sub_type)
    steps = [step(doing, "action") for doing in conditions]
    if sub_type in (2, 4):
        steps[-1] = step(conditions[-1], "inaction")
    if is_live and sub_type == 2:
        steps[0] = step(conditions[0], "action", 10)
    return defined("live" if is_live else "past", sub_type, 0 if is_live else chance.randint(1, 3), steps)


def _batch(chance: random.Random, profiles: list[int], now_us: int, count: int) -> list[Occurrence]:
    batch, accepted_us = [], now_us
    for _ in range(count):
        accepted_us += chance.choice((0, 0, 1, US_PER_MINUTE))
        doing = chance.choice(DOINGS)
        created_us = accepted_us - chance.choice(AGES_US)
        batch.append(Occurrence(chance.choice(profiles), doing.event_type, created_us, accepted_us, doing.properties))
    return batch

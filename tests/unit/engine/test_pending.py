"""How many instants are noted, at which time alone may change something (0003)?"""

import pytest

from octy.engine.batch import EventBatch
from octy.engine.engine import Engine
from octy.model.instants import US_PER_MINUTE, US_PER_SECOND
from octy.model.tags import ChangeKind
from tests.property.happenings import Doing, defined, step

MINUTES = 60
PROFILES = 3
UNPAID = defined("live", 2, 0, [step(Doing("view", None), "action", MINUTES), step(Doing("pay", None), "inaction")])


@pytest.fixture
def engine() -> Engine:
    """Who views and does not pay within an hour?"""
    engine = Engine(0)
    engine.ensure_profiles(PROFILES)
    engine.add_live(1, UNPAID, 0)
    return engine


def do(engine: Engine, name: str, at_us: int) -> None:
    """Everybody does something; nobody's tags change by it."""
    code = engine.event_type_code(name)
    assert not engine.apply(EventBatch.of([(one, code, at_us, at_us, None) for one in range(PROFILES)])).size


def test_windows_that_were_closed_are_not_waited_for(engine: Engine) -> None:
    """Who comes back a thousand times within the hour is one that time may change, as who comes once."""
    last_us = 0
    for round_ in range(1, 1_000):
        last_us = round_ * US_PER_SECOND
        do(engine, "view", last_us)
        assert engine.pending_timers == PROFILES
        do(engine, "pay", last_us + 1)
    do(engine, "view", last_us + 2)
    due_us = last_us + 2 + MINUTES * US_PER_MINUTE
    assert not engine.advance(due_us - 1).size
    assert engine.pending_timers == PROFILES
    changes = engine.advance(due_us)
    assert changes.kind.tolist() == [ChangeKind.CREATED] * PROFILES
    assert changes.effective_us.tolist() == [due_us] * PROFILES
    assert engine.pending_timers == 0


def test_a_window_that_was_closed_for_good_is_forgotten_at_its_end(engine: Engine) -> None:
    do(engine, "view", US_PER_SECOND)
    do(engine, "pay", 2 * US_PER_SECOND)
    assert not engine.advance(US_PER_SECOND + MINUTES * US_PER_MINUTE).size
    assert engine.pending_timers == 0

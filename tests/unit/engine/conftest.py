"""Every scenario is lived through twice: by the reference model and by the engine."""

import pytest

from tests.property.harness import EngineLife
from tests.reference.life import Life
from tests.reference.model import Model
from tests.unit.engine.shop import OPENING_US, Shop


@pytest.fixture(params=["model", "engine"])
def shop(request: pytest.FixtureRequest) -> Shop:
    """A new shop at midnight of its first day."""
    life: Life = Model(OPENING_US) if request.param == "model" else EngineLife(OPENING_US)
    return Shop(life)

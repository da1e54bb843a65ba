"""A shop in a sandbox, and one at a production server whose clock stands still until a test moves it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from octy.model.clock import ManualClock
from tests.integration.service.serving import Service, StandingClock, no_log
from tests.integration.service.world import Shop
from tests.unit.engine.shop import instant

OPENS = "12:00"


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    with no_log():
        yield


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Service]:
    service = Service(tmp_path / "sandbox", ManualClock(instant(OPENS)))
    yield service
    service.stop()


@pytest.fixture
def production(tmp_path: Path) -> Iterator[Service]:
    service = Service(tmp_path / "production", StandingClock(instant(OPENS)))
    yield service
    service.stop()


@pytest.fixture
def shop(sandbox: Service) -> Shop:
    """Opens at noon with ana and ben."""
    shop = Shop(sandbox)
    shop.has("ana", "ben")
    return shop


@pytest.fixture
def busy_shop(production: Service) -> Shop:
    """As `shop`, outside a sandbox."""
    shop = Shop(production)
    shop.has("ana", "ben")
    return shop

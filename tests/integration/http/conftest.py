"""One sandbox for all tests of this folder; each test has an account of its own in it."""

from collections.abc import Iterator

import pytest

from tests.integration.http.world import Api, World


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Shared: no test may rely on its clock standing still, or stop it."""
    world = World(tmp_path_factory.mktemp("octy"))
    yield world
    world.close()


@pytest.fixture
def api(world: World) -> Api:
    return world.account()

"""A slice of what `make fuzz` asks of the OpenAPI document (C26)."""

from collections.abc import Iterator

import pytest

from tests.fuzzing.document import ask, keyless
from tests.integration.http.world import World


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    world = World(tmp_path_factory.mktemp("octy"))
    yield world
    world.close()


def test_the_server_does_what_its_document_says(world: World) -> None:
    found = ask(world, world.account(), seed=26, examples=5, cases_max=5_000)
    assert not found.faults, "\n".join(f"{kind}: {example}" for kind, example in found.faults.items())
    assert found.cases > 1_000
    assert set(found.statuses) & {200, 201, 400, 401, 404, 405}


def test_nothing_but_what_is_public_is_told_without_keys(world: World) -> None:
    assert list(keyless(world)) == []

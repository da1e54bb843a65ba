"""A few thousand inputs of the millions of `make fuzz`, and those that once were found (C26)."""

from collections.abc import Iterator

import pytest

from tests.fuzzing.decoders import NAMES, Decoder, decoders
from tests.fuzzing.running import run

EXECUTIONS = {
    "yaml": 400,
    "csv": 500,
    "ndjson": 1_000,
    "parquet": 300,
    "json": 600,
    "headers": 400,
    "queries": 600,
    "requests": 400,
}


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Decoder]]:
    """At the end it is checked that everything is stored that was said to be, and nothing else."""
    with decoders(tmp_path_factory.mktemp("fuzzing")) as known:
        yield known


def test_every_decoder_is_tried(known: dict[str, Decoder]) -> None:
    assert set(EXECUTIONS) == set(known) == set(NAMES)


@pytest.mark.parametrize("name", EXECUTIONS)
def test_whatever_comes_is_taken_or_refused(known: dict[str, Decoder], name: str) -> None:
    found = run(known[name], seed=26, executions=EXECUTIONS[name])
    assert not found.faults, "\n".join(found.faults)
    assert found.executions == EXECUTIONS[name]

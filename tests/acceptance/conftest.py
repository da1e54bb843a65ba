"""A machine for each test, whose processes end with it, and a webhook receiver."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.account import stored_rows
from tests.acceptance.nursery import spawn
from tests.acceptance.processes import Machine, Server
from tests.acceptance.receiver import Receiver


@pytest.fixture
def machine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Machine]:
    is_marked = request.node.get_closest_marker("new_interpreters") is not None
    machine = Machine(tmp_path, subprocess.Popen if is_marked else spawn)
    try:
        yield machine
    finally:
        machine.close()


@pytest.fixture(scope="module")
def shared_machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """For tests that leave nothing behind."""
    machine = Machine(tmp_path_factory.mktemp("machine"), spawn)
    try:
        yield machine
    finally:
        machine.close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.close()


@pytest.fixture
def server(served: Server) -> Iterator[Server]:
    """A server on which the test changes nothing, and that serves afterwards as before."""
    before = stored_rows(served.data)
    yield served
    assert stored_rows(served.data) == before
    assert served.client().get("/readyz").status_code == 200
    assert '"level": "error"' not in served.stderr
    assert "Traceback" not in served.stderr

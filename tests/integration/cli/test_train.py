"""`octy-cli train churn` and `octy-cli get trainings`."""

from typing import Any

import pytest

from tests.integration.cli.conftest import Shell
from tests.integration.cli.octy_server import Answer, OctyServer

START, LIST = "/v1/retention/training/start", "/v1/retention/training"


def training(status: str, progress: float = 0.0, error: str | None = None) -> dict[str, Any]:
    return {
        "training_job_id": "training_1",
        "status": status,
        "progress": progress,
        "dataset_id": "dataset_1",
        "requested_at": "now",
        "error": error,
    }


@pytest.fixture
def begun(server: OctyServer, monkeypatch: pytest.MonkeyPatch) -> OctyServer:
    monkeypatch.setattr("octy.client.operations.churn.LOOK_SECONDS", 0.0)
    server.answers(START, Answer(202, {"training_job": training("queued")}))
    return server


def will_be(server: OctyServer, *states: dict[str, Any]) -> None:
    server.answers(LIST, *(Answer(200, {"training_jobs": [state]}) for state in states))


def test_a_training_begins_and_nobody_waits(shell: Shell, begun: OctyServer) -> None:
    result = shell.run("train", "churn")
    assert result.exit_code == 0
    assert result.stdout.startswith("Training job training_1 is to begin.\n")
    assert [sent.body for sent in begun.sent_to(START)] == [{"algorithm": "churn"}]
    assert begun.sent_to(LIST) == []


def test_it_is_waited_for_to_its_end(shell: Shell, begun: OctyServer) -> None:
    will_be(begun, training("queued"), training("running", 0.5), training("completed", 1.0))
    result = shell.run("train", "churn", "--wait")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.endswith("It has completed; `octy-cli get churnreport` shows what it has learnt.\n")


def test_one_that_fails_is_a_failure(shell: Shell, begun: OctyServer) -> None:
    will_be(begun, training("failed", 0.1, "There is too little."))
    result = shell.run("train", "churn", "--wait")
    assert (result.exit_code, result.stderr) == (1, "It has failed: There is too little.\n")


def test_one_that_is_gone_is_not_waited_for(shell: Shell, begun: OctyServer) -> None:
    begun.answers(LIST, Answer(200, {"training_jobs": []}))
    result = shell.run("train", "churn", "--wait")
    assert (result.exit_code, result.stderr) == (1, 'There is no training with the id "training_1".\n')


def test_trainings_are_a_table(shell: Shell, server: OctyServer) -> None:
    will_be(server, training("running", 0.5))
    assert shell.run("get", "trainings").stdout.splitlines()[:2] == [
        "TRAINING    STATUS   PROGRESS  REQUESTED AT  DATASET    ERROR",
        "training_1  running  50%       now           dataset_1",
    ]

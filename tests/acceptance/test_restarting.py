"""`octy serve --restart-after-crash`: what clients see when a server dies, and what is left when its keeper does."""

import signal

import pytest

from tests.acceptance.account import Account, stored_rows
from tests.acceptance.processes import Machine, wait_for
from tests.acceptance.test_refusing_to_serve import SERVE, one_sentence

KILLS = 5
OPTION = "--restart-after-crash"


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV])
def test_who_connects_while_there_is_no_server_is_answered_by_the_next(
    machine: Machine, number: signal.Signals
) -> None:
    server = machine.serve(OPTION)
    account = Account(server)
    account.event_type("view")
    (ana,) = account.profiles("ana")
    served_by = [server.kept_pid]
    for kill in range(KILLS):
        server.dies(number)
        served_by.append(server.kept_pid)
        with server.client() as client:
            event = {"event_type": "view", "profile_id": ana, "message_id": str(kill)}
            assert client.post("/v1/retention/events/create", json=event).status_code == 201
    assert len(set(served_by)) == KILLS + 1
    assert f"\nocty_server_deaths_total {KILLS}.0\n" in server.client().get("/metrics").text
    assert stored_rows(server.data)["events"] == KILLS
    ended = server.stop(had_trouble=True)
    assert ended.stderr.count("serve.died") == KILLS
    assert ended.stdout.count("Octy serves data on ") == KILLS + 1
    assert machine.left_running() == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_end_that_is_asked_for_is_an_end(machine: Machine, number: signal.Signals) -> None:
    server = machine.serve(OPTION)
    if number == signal.SIGINT:
        server.ctrl_c()
        assert server.end().code == 0
    else:
        assert server.stop().stderr.count("serve.died") == 0
    assert machine.left_running() == []


def test_a_server_whose_keeper_is_killed_ends_and_leaves_the_folder_to_the_next(machine: Machine) -> None:
    server = machine.serve(OPTION)
    Account(server).event_type("view")
    server.kill()
    wait_for("the end", lambda: not machine.left_running())
    assert stored_rows(server.data)["event_types"]
    machine.serve(OPTION).stop()


def test_what_cannot_be_served_is_told_once_and_not_tried_again(machine: Machine) -> None:
    server = machine.serve(OPTION)
    locked = machine.run(*SERVE, OPTION, "--data", "data")
    assert one_sentence(locked) == "octy: The data folder data cannot be used: another server is using it."
    taken = machine.run("octy", "serve", OPTION, "--data", "other", "--port", str(server.port))
    assert "Address already in use" in one_sentence(taken)
    assert not (machine.folder / "other").exists()
    server.stop()

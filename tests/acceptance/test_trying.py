"""Trying things out in a sandbox: send an event, let time pass, see the webhook; and what `doctor` finds."""

from pathlib import Path

import pytest

from octy import __version__
from tests.acceptance.account import Account, step
from tests.acceptance.processes import KEYS, Machine, Server
from tests.integration.cli.conftest import Shell


@pytest.fixture(scope="module")
def server(shared_machine: Machine) -> Server:
    """A sandbox with a live segment of each sub-type, and one customer."""
    server = shared_machine.sandbox("2024-03-01T00:00:00Z")
    account = Account(server)
    account.event_type("view", "page", "size")
    account.segment("viewers", "live", 1, step("view", page="home"))
    account.segment("left", "live", 2, step("view", minutes=5), step("charged", "inaction"))
    account.profiles("ana")
    return server


@pytest.fixture
def shell(tmp_path: Path, server: Server) -> Shell:
    return Shell(tmp_path, server.url)


def test_an_event_is_sent_and_time_let_pass(shell: Shell, server: Server) -> None:
    sent = shell.run("events", "send", "view", "--profile", "ana", "--property", "page=home", "--property", "size=7")
    assert (sent.exit_code, sent.stderr) == (0, "")
    first, second = sent.stdout.splitlines()
    assert first.startswith("Created event: 'view' with ID: event_")
    assert second == "Segment tags of ana: viewers"
    assert Account(server).events_of("ana")[0]["event_properties"] == {"page": "home", "size": 7}
    assert shell.run("clock").stdout == "2024-03-01T00:00:00.000000Z\n"
    assert shell.run("clock", "advance", "6m").stdout == "2024-03-01T00:06:00.000000Z\n"
    assert set(Account(server).tags_of("ana")) == {"viewers", "left"}
    described = shell.run("describe", "profile", "ana").stdout
    assert "  left  since 2024-03-01T00:05:00.000000Z (elapsed time)\n" in described
    assert shell.run("clock", "set", "2024-03-01 01:00:00").stdout == "2024-03-01T01:00:00.000000Z\n"
    back = shell.run("clock", "set", "2024-02-01T00:00:00Z")
    assert (back.exit_code, back.stdout) == (1, "")


def test_an_event_may_say_when_it_happened_and_be_sent_twice(shell: Shell) -> None:
    arguments = ("events", "send", "charged", "--profile", "ana", "--at", "2024-01-01 00:00:00", "--message-id", "m1")
    assert "stored before" not in shell.run(*arguments).stdout
    assert "(it had been stored before)" in shell.run(*arguments).stdout


@pytest.mark.parametrize(
    ("arguments", "code", "complaint"),
    [
        (("view", "--profile", "nobody"), 1, 'There is no profile with the id "nobody".'),
        (("look", "--profile", "ana"), 1, "event_type: expected"),
        (("view", "--profile", "ana", "--property", "page"), 2, 'expected a new KEY=VALUE; found "page"'),
        (("view", "--profile", "ana", "--property", "a=1", "--property", "a=2"), 2, 'found "a=2"'),
        (("view",), 2, "--profile"),
    ],
)
def test_what_cannot_be_sent_is_told_of(shell: Shell, arguments: tuple[str, ...], code: int, complaint: str) -> None:
    ended = shell.run("events", "send", *arguments)
    assert ended.exit_code == code
    assert complaint in ended.stderr


def test_webhooks_are_listened_to_and_the_url_set_back(machine: Machine, shell: Shell, server: Server) -> None:
    Account(server).send_webhooks_to("https://shop.example/octy")
    environment = KEYS | {"OCTY_URL": server.url, "PYTHONUNBUFFERED": "1"}
    listening = machine.start("octy-cli", "webhooks", "listen", "--bodies", environment=environment)
    listening.wait_until_it_says("Webhooks of the sandbox arrive at http://127.0.0.1:")
    shell.run("webhooks", "test")
    listening.wait_until_it_says("webhook.test")
    (bob,) = Account(server).profiles("bob")
    shell.run("events", "send", "view", "--profile", "bob", "--property", "page=home")
    listening.wait_until_it_says(f"Live segment tag created  viewers  {bob}  msg_")
    listening.wait_until_it_says('"segment_tag":"viewers"')
    listening.ctrl_c()
    ended = listening.end()
    assert (ended.code, ended.stderr) == (0, "")
    assert "NOT GENUINE" not in ended.stdout
    assert (
        Account(server).get("/v1/configurations/account")["account_data"]["webhook_url"] == "https://shop.example/octy"
    )


def test_a_doctor_finds_what_is_wrong(shell: Shell, server: Server) -> None:
    Account(server).send_webhooks_to("")
    well = shell.run("doctor")
    assert (well.exit_code, well.stderr) == (0, "")
    assert well.stdout.splitlines() == [
        f"ok     The address is {server.url}.",
        "ok     A server answers there.",
        "ok     It is ready.",
        "ok     It accepts the keys of pk_ours.",
        f"ok     Server and client are of version {__version__}.",
        f"ok     It is a sandbox, whose clock says {Account(server).clock()}.",
        "note   No webhook URL is set, so live matches are told to nobody.",
    ]
    shell.environment["OCTY_SECRET_KEY"] = "sk_wrong"
    ill = shell.run("doctor")
    assert ill.exit_code == 1
    assert "WRONG  The server at" in ill.stdout.splitlines()[-1]
    assert "does not accept these keys" in ill.stdout.splitlines()[-1]
    shell.environment |= {"OCTY_SECRET_KEY": None, "OCTY_PUBLIC_KEY": None}
    assert "WRONG  No credentials: run `octy-cli auth" in shell.run("doctor").stdout
    shell.environment |= KEYS
    assert "WRONG  No server answers at http://127.0.0.1:1" in shell.run("--url", "http://127.0.0.1:1", "doctor").stdout
    assert "WRONG  --url: expected an address" in shell.run("--url", "nowhere", "doctor").stdout

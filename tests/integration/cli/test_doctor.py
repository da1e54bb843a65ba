"""`octy-cli doctor`, and the sandbox's commands, with a server that is none."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from tests.integration.cli.conftest import Shell
from tests.integration.cli.octy_server import Answer, OctyServer


@pytest.fixture
def shell(shell: Shell, server: OctyServer) -> Shell:
    """Whose server is well, and of another version."""
    for path in ("/healthz", "/readyz"):
        server.answers(path, Answer(200, {}))
    server.answers("/openapi.json", Answer(200, {"info": {"version": "9.9"}}))
    server.account = {"webhook_url": "https://shop.example.com/octy"}
    return shell


@pytest.mark.parametrize("arguments", [("clock",), ("clock", "advance", "6m"), ("webhooks", "listen")])
def test_without_a_sandbox_there_is_no_clock_to_show_and_no_webhooks_to_borrow(
    shell: Shell, server: OctyServer, arguments: tuple[str, ...]
) -> None:
    ended = shell.run(*arguments)
    assert (ended.exit_code, ended.stdout) == (1, "")
    assert "The server is no sandbox" in ended.stderr
    assert [request.method for request in server.requests] == ["GET"]


def test_a_server_that_is_well_is_said_to_be(shell: Shell) -> None:
    ended = shell.run("doctor")
    assert ended.exit_code == 0
    assert [line[:5].strip() for line in ended.stdout.splitlines()] == ["ok", "ok", "ok", "ok", "note", "ok", "ok"]
    assert "note   The server is of version 9.9, the client of" in ended.stdout


@pytest.mark.parametrize(
    ("hours", "words"),
    [(-1, "s ahead of the server's: events"), (2, "s behind the server's: events")],
)
def test_a_clock_that_is_wrong_is_told_of(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, hours: int, words: str
) -> None:
    monkeypatch.setattr(
        "http.server.BaseHTTPRequestHandler.date_time_string",
        lambda *_: format_datetime(datetime.now(UTC) + timedelta(hours=hours), usegmt=True),
    )
    ended = shell.run("doctor")
    assert ended.exit_code == 1
    assert words in ended.stdout


@pytest.mark.parametrize(
    ("receiver", "words"),
    [
        ({"enabled": False, "disabled_at": "now", "disabled_reason": "It is gone."}, "disabled since now. It is gone."),
        ({"failing_since": "yesterday"}, "Webhooks have only failed since yesterday"),
    ],
)
def test_a_receiver_that_gets_nothing_is_told_of(
    shell: Shell, server: OctyServer, receiver: dict[str, object], words: str
) -> None:
    account = {"account_data": server.account, "webhook_receiver": receiver}
    server.answers("/v1/configurations/account", Answer(200, account))
    ended = shell.run("doctor")
    assert ended.exit_code == 1
    assert words in ended.stdout

"""`octy-cli export`."""

import json
import stat

from tests.integration.cli.conftest import Shell
from tests.integration.cli.octy_server import Answer, OctyServer, refusal

PATH = "/v1/retention/profiles/export"
KNOWN = {"profile": {"customer_id": "Zoë \u202e \x1b[2J"}, "events": [{"event_id": "e1"}], "webhooks": []}


def answers(server: OctyServer) -> None:
    server.answers(PATH, Answer(200, {"request_meta": {"request_status": "Success"}} | KNOWN))


def test_an_export_is_printed_as_json_that_no_terminal_obeys(shell: Shell, server: OctyServer) -> None:
    answers(server)
    result = shell.run("export", "profile", "ana & ben")
    assert result.exit_code == 0
    assert json.loads(result.stdout) == KNOWN
    assert result.stdout.isascii()
    assert "\x1b" not in result.stdout
    assert server.sent_to(PATH)[0].query == {"id": ["ana & ben"]}


def test_an_export_is_written_into_a_file_for_its_owner_alone(shell: Shell, server: OctyServer) -> None:
    answers(server)
    result = shell.run("export", "profile", "ana", "-o", "ana.json")
    assert result.exit_code == 0
    assert result.stdout == ""
    assert "Exported 1 event of ana to ana.json" in result.stderr
    path = shell.folder / "ana.json"
    assert json.loads(path.read_text(encoding="utf-8")) == KNOWN
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_file_that_cannot_be_written_is_told(shell: Shell, server: OctyServer) -> None:
    answers(server)
    result = shell.run("export", "profile", "ana", "-o", "nowhere/ana.json")
    assert result.exit_code == 1
    assert "nowhere/ana.json: No such file or directory" in result.stderr


def test_nobody_of_that_name(shell: Shell, server: OctyServer) -> None:
    server.answers(PATH, refusal('There is no profile with the id "eve".', status=404))
    result = shell.run("export", "profile", "eve")
    assert result.exit_code == 1
    assert "There is no profile" in result.stderr

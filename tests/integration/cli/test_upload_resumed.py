"""An upload that was interrupted goes on; rows that failed are handed out to be mended; no row is stored twice."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.integration.cli.conftest import Shell
from tests.integration.cli.octy_server import PUBLIC_KEY, Answer, OctyServer, refusal
from tests.integration.cli.test_upload import BUSY, EVENTS, EVENTS_HEADER, PROFILES, events_csv

DOWN = [BUSY] * 6
"""More often than a request is repeated."""
SANDBOX = "/v1/sandbox/clock"


def state(shell: Shell) -> list[Path]:
    return list((shell.folder / "home" / ".config" / "octy" / "uploads").glob("*"))


def keys(server: OctyServer) -> list[str]:
    return [request.headers["idempotency-key"] for request in server.sent_to(EVENTS)]


def rows(server: OctyServer) -> list[dict[str, Any]]:
    return [event for request in server.sent_to(EVENTS) for event in request.body["events"]]


def test_it_goes_on_after_the_batches_that_were_answered(shell: Shell, server: OctyServer) -> None:
    first = Answer(201, {"created_events": [{}] * 499, "failed_to_create": [{"error_message": "no", "index": 3}]})
    server.answers(EVENTS, first, *DOWN)
    shell.file("events.csv", events_csv(1200, "p"))
    assert shell.run("upload", "events", "-f", "events.csv").exit_code == 1
    (kept,) = state(shell)
    assert kept.parent.stat().st_mode & 0o777 == 0o700
    server.requests.clear()
    result = shell.run("upload", "events", "-f", "events.csv")
    assert result.stderr.startswith(f"Going on after 500 of 1,200 rows, as {kept} says.\nFailed to create 1 event\n")
    assert result.stdout == "Created a total of 1,199 events\n"
    assert [event["event_properties"]["session"] for event in rows(server)] == list(range(500, 1200))
    assert (shell.folder / "events.failed.csv").read_text().count("\n") == 2
    assert state(shell) == []


def test_a_batch_that_was_not_answered_is_sent_again_under_its_key(shell: Shell, server: OctyServer) -> None:  # E5, E8
    server.answers(EVENTS, *DOWN)
    shell.file("events.csv", events_csv(3))
    shell.run("upload", "events", "-f", "events.csv")
    shell.run("upload", "events", "-f", "events.csv")
    assert len(set(keys(server))) == 1
    assert rows(server)[0] == rows(server)[-3]


def test_an_upload_that_is_done_begins_anew_with_the_same_message_ids(shell: Shell, server: OctyServer) -> None:
    """So the server answers for itself, and knows the events."""
    shell.file("events.csv", events_csv(3))
    for _ in range(2):
        assert shell.run("upload", "events", "-f", "events.csv").stderr == ""
    assert len(set(keys(server))) == 2
    first, second = (request.body for request in server.sent_to(EVENTS))
    assert first == second


@pytest.mark.parametrize("change", ["file", "account", "server"])
def test_another_file_account_or_server_has_nothing_to_resume(shell: Shell, server: OctyServer, change: str) -> None:
    server.answers(PROFILES, Answer(201, {"profiles": [{}] * 500}), *DOWN)
    shell.file("profiles.csv", "customer_id\n" + "".join(f"c{n}\n" for n in range(600)))
    shell.run("upload", "profiles", "-f", "profiles.csv")
    if change == "file":
        shell.file("profiles.csv", "customer_id\n" + "".join(f"d{n}\n" for n in range(600)))
    elif change == "account":
        shell.environment["OCTY_PUBLIC_KEY"] = PUBLIC_KEY + "2"
    else:
        shell.environment["OCTY_URL"] = server.url.replace("127.0.0.1", "localhost")
    assert "Going on" not in shell.run("upload", "profiles", "-f", "profiles.csv").stderr


def test_half_a_line_at_the_end_of_the_state_is_passed_over(shell: Shell, server: OctyServer) -> None:
    server.answers(EVENTS, Answer(201, {"created_events": [{}] * 500}), *DOWN)
    shell.file("events.csv", events_csv(1200, "p"))
    shell.run("upload", "events", "-f", "events.csv")
    (kept,) = state(shell)
    kept.write_bytes(kept.read_bytes() + b'\n{"number":1,"crea')
    server.answers(EVENTS, Answer(201, {"created_events": [{}] * 500}), *DOWN)
    assert "1,000 of 1,200 rows" in shell.run("upload", "events", "-f", "events.csv").stderr
    assert shell.run("upload", "events", "-f", "events.csv").stdout == "Created a total of 1,200 events\n"


def test_wrong_keys_leave_a_state_to_go_on_from(shell: Shell, server: OctyServer) -> None:
    server.answers(EVENTS, Answer(201, {"created_events": [{}] * 500}), refusal("wrong", status=401))
    shell.file("events.csv", events_csv(600, "p"))
    result = shell.run("upload", "events", "-f", "events.csv")
    assert result.exit_code == 1
    assert "does not accept these keys: wrong 500 of 600 rows are settled" in result.stderr
    assert shell.run("upload", "events", "-f", "events.csv").exit_code == 0


def test_failed_rows_are_mended_and_uploaded(shell: Shell, server: OctyServer) -> None:
    """The column with the reasons is passed over, and no file is ever replaced."""
    failed = [{"error_message": 'profile_id: found "p1", "sadly"', "index": 1}]
    server.answers(EVENTS, *[Answer(201, {"created_events": [{}], "failed_to_create": failed})] * 2)
    shell.file("events.csv", EVENTS_HEADER + 'view,p0,2024-01-01 00:00:00,0\nview,p1,2024-01-01 00:00:00,"a,b"\n')
    assert shell.run("upload", "events", "-f", "events.csv").exit_code == 1
    written = shell.folder / "events.failed.csv"
    assert written.read_text() == (
        EVENTS_HEADER.strip() + ",upload_error\n"
        'view,p1,2024-01-01 00:00:00,"a,b","profile_id: found ""p1"", ""sadly"""\n'
    )
    mended = written.read_text().replace("view,p1", "view,p2")
    shell.file("events.failed.csv", mended + mended.splitlines()[1] + "\n")
    assert shell.run("upload", "events", "-f", "events.failed.csv").exit_code == 1
    assert server.sent_to(EVENTS)[1].body["events"][0]["event_properties"] == {"session": "a,b"}
    assert (shell.folder / "events.failed-2.csv").read_text().count("\n") == 2


def test_a_formula_in_a_failed_row_is_text_to_a_spreadsheet_and_itself_to_an_upload(
    shell: Shell, server: OctyServer
) -> None:  # C29
    values = ["=1+1", "'=1+1", "@x", "-5", "+5", "-x"]
    failed = [{"error_message": "=no", "index": index} for index in range(len(values))]
    server.answers(EVENTS, *[Answer(201, {"created_events": [], "failed_to_create": failed})] * 3)
    shell.file("events.csv", EVENTS_HEADER + "".join(f"view,p1,2024-01-01 00:00:00,{one}\n" for one in values))
    for number, name in enumerate(("events.csv", "events.failed.csv", "events.failed-2.csv")):
        assert shell.run("upload", "events", "-f", name).exit_code == 1
        sent = server.sent_to(EVENTS)[number].body["events"]
        assert [event["event_properties"]["session"] for event in sent] == ["=1+1", "'=1+1", "@x", -5, "+5", "-x"]
    for name in ("events.failed.csv", "events.failed-2.csv", "events.failed-3.csv"):
        rows = (shell.folder / name).read_text().splitlines()[1:]
        assert [row.split(",")[3] for row in rows] == ["'=1+1", "''=1+1", "'@x", "-5", "'+5", "'-x"]
        assert {row.split(",")[4] for row in rows} == {"'=no"}


def test_failed_rows_that_cannot_be_written_are_not_forgotten(shell: Shell, server: OctyServer) -> None:
    """The same command tries again, and sends nothing."""
    server.answers(EVENTS, refusal({"error_message": "no", "index": 0}))
    name = "x" * 250 + ".csv"  # beside which no longer name is possible
    shell.file(name, events_csv(1))
    for _ in range(2):
        result = shell.run("upload", "events", "-f", name)
        assert result.exit_code == 1
        assert "could not be written beside the file: File name too long" in result.stderr
    assert len(server.sent_to(EVENTS)) == 1


def test_failed_rows_of_ndjson_have_their_fields_and_the_reason(shell: Shell, server: OctyServer) -> None:
    failed = [{"error_message": "no such profile", "index": 0}]
    server.answers(EVENTS, Answer(201, {"created_events": [{}], "failed_to_create": failed}))
    row = {
        "event_type": "view",
        "profile_id": "p",
        "created_at": "2024-01-01",
        "event_properties": {"a": [1, {"b": 2}]},
    }
    shell.file("events.jsonl", f"{json.dumps(row)}\n" * 2)
    assert shell.run("upload", "events", "-f", "events.jsonl").exit_code == 1
    lines = (shell.folder / "events.failed.ndjson").read_text().splitlines()
    assert [json.loads(line) for line in lines] == [row | {"upload_error": "no such profile"}]
    assert shell.run("upload", "events", "-f", "events.failed.ndjson").exit_code == 0


def test_a_sandbox_gets_all_rows_in_the_file_s_order(shell: Shell, server: OctyServer) -> None:  # T4
    server.answers(SANDBOX, Answer(200, {"now": "2024-01-01T00:00:00Z"}))
    shell.file("events.csv", events_csv(2000))
    shell.run("upload", "events", "-f", "events.csv")
    assert [event["event_properties"]["session"] for event in rows(server)] == list(range(2000))


def test_events_of_each_profile_keep_the_file_s_order(shell: Shell, server: OctyServer) -> None:  # T2
    content = "".join(f"view,p{n % 50},2024-01-01 00:00:00,{n}\n" for n in range(3000))
    shell.file("events.csv", EVENTS_HEADER + content)
    shell.run("upload", "events", "-f", "events.csv")
    sent = rows(server)
    assert len(sent) == 3000
    for profile in {event["profile_id"] for event in sent}:
        numbers = [event["event_properties"]["session"] for event in sent if event["profile_id"] == profile]
        assert numbers == sorted(numbers)

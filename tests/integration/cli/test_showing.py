"""`octy-cli get` and `describe` in every format, on terminals and elsewhere."""

import csv
import io
import json
import sys
from pathlib import Path

import pytest

from octy.cli.documents import read_documents
from octy.cli.tables import fitted
from tests.integration.cli.conftest import Shell, instead_of_pauses
from tests.integration.cli.octy_server import Answer, OctyServer
from tests.integration.cli.test_get_and_delete import SEGMENT, profile
from tests.terminal import on_a_terminal

VIEW = {"event_type_id": "t1", "event_type": "view", "event_properties": ["a", "b"], "created_at": "now"}
CHANGES = [
    {
        "segment_id": "s1",
        "segment_tag": "loyal",
        "kind": "created",
        "effective_at": f"2024-01-0{day}T00:00:00.000000Z",
        "recorded_at": f"2024-01-0{day}T00:00:00.000000Z",
        "cause": cause,
        "event_id": event_id,
    }
    for day, cause, event_id in ((1, "event", "event_1"), (3, "elapsed time", None))
]
EVENT = {
    "event_id": "event_2",
    "profile_id": "profile_1",
    "event_type": "view",
    "event_properties": {"page": "a\x1b[2J"},
    "created_at": "Tue, 02 Jan 2024 00:00:00 GMT",
    "occurred_at": "2024-01-02T00:00:00.000000Z",
}
CHURN = {"algorithm_name": "churn", "configurations": {"profile_features": ["no", "age"]}}
RECOMMENDATIONS = {
    "algorithm_name": "rec",
    "configurations": {"item_id_stop_list": [{"item_id": "7"}], "recommend_interacted_items": True},
}
CHOSEN = {
    "webhook_events": ["segment.backfilled", "live_segment.matched"],
    "webhook_causes": ["event", "backfill"],
    "webhooks_per_minute": 60,
    "webhook_breaker_share": 0.25,
    "retention_days": 90,
}


def terminal(shell: Shell, *arguments: str, columns: int = 100, **variables: str) -> str:
    program = str(Path(sys.executable).with_name("octy-cli"))
    environment = {name: value for name, value in shell.environment.items() if value is not None} | variables
    code, shown = on_a_terminal([program, *arguments], environment, shell.folder, columns=columns)
    assert code == 0
    return shown


def test_json_is_what_the_server_shows(shell: Shell, server: OctyServer) -> None:
    server.segments = [SEGMENT, SEGMENT | {"segment_id": "s2", "segment_name": "ünïcödé \u202e"}]
    result = shell.run("get", "segments", "-o", "json")
    assert json.loads(result.stdout) == server.segments
    assert result.stdout.isascii()
    assert json.loads(shell.run("get", "eventtypes", "-o", "json").stdout) == []
    assert json.loads(shell.run("describe", "segment", "s1", "-o", "json").stdout) == SEGMENT


@pytest.mark.parametrize("name", ["abandoned", "no", "12", "a: b", "#", "ünïcödé", "a\x1b[2J\u202e", " - 'x'\n"])
def test_yaml_is_a_file_that_apply_takes_and_finds_to_be_what_is_there(
    shell: Shell, server: OctyServer, name: str
) -> None:
    server.event_types = [VIEW | {"event_properties": ["no", "b", "12"]}]
    server.segments = [SEGMENT | {"segment_name": name.strip()}]
    server.account = {
        "contact_name": name,
        "contact_surname": "No",
        "contact_email_address": "ana@example.com",
        "webhook_url": "https://shop.example.com/octy",
        "authenticated_id_key": None,
        **CHOSEN,
    }
    server.answers(
        "/v1/configurations/retention/algorithms", *[Answer(200, {"configurations": [CHURN, RECOMMENDATIONS]})] * 2
    )
    for number, kind in enumerate(("accountconfig", "algorithmconfig", "eventtypes", "segments")):
        text = shell.run("get", kind, "-o", "yaml").stdout
        assert all(line.isprintable() for line in text.splitlines())
        shell.file(f"{number}.yml", text)
    same = shell.run("apply", "-f", ".")
    assert same.stdout == (
        "Nothing to change: 1 account configuration, 2 algorithms, 1 event type, 1 segment as the files say.\n"
    )


def test_what_the_account_is_told_of_is_in_every_format(shell: Shell, server: OctyServer) -> None:
    server.account = {"contact_name": "Ana", **CHOSEN}
    assert json.loads(shell.run("get", "accountconfig", "-o", "json").stdout)["account_data"].items() >= CHOSEN.items()
    (row,) = csv.DictReader(io.StringIO(shell.run("get", "accountconfig", "-o", "csv").stdout))
    assert json.loads(row["webhook_events"]) == CHOSEN["webhook_events"]
    assert json.loads(row["webhook_causes"]) == CHOSEN["webhook_causes"]
    numbers = (row["webhooks_per_minute"], row["webhook_breaker_share"], row["retention_days"])
    assert numbers == ("60", "0.25", "90")
    lines = shell.run("get", "accountconfig").stdout.splitlines()
    assert {line[:22].rstrip(): line[22:] for line in lines}.items() >= {
        "Webhook events": "segment.backfilled, live_segment.matched",
        "Webhook causes": "event, backfill",
        "Webhooks per minute": "60",
        "Webhook breaker share": "0.25",
        "Events are kept": "90 days",
    }.items()
    text = shell.run("get", "accountconfig", "-o", "yaml").stdout
    assert "  webhooksPerMinute: 60\n  webhookBreakerShare: 0.25\n  retentionDays: 90\n" in text


def test_csv_has_a_header_and_cells_that_read_back(shell: Shell, server: OctyServer) -> None:
    tags = [{"segment_tag": "loyal", "created_at": "now"}]
    server.profiles = [profile(1) | {"profile_data": {"name": 'Bo, "B"'}, "segment_tags": tags}, profile(2)]
    rows = list(csv.DictReader(io.StringIO(shell.run("get", "profiles", "-o", "csv").stdout)))
    assert [row["customer_id"] for row in rows] == ["c1", "c2"]
    assert json.loads(rows[0]["profile_data"]) == {"name": 'Bo, "B"'}
    assert json.loads(rows[0]["segment_tags"]) == tags
    assert (rows[1]["profile_data"], rows[1]["has_charged"]) == ("", "false")
    assert shell.run("get", "accountconfig", "-o", "csv").stdout.startswith("contact_name,contact_surname,")


def test_no_cell_of_csv_is_a_formula(shell: Shell, server: OctyServer) -> None:  # C29
    server.segments = [SEGMENT | {"segment_name": name} for name in ("=1+1", "+1", "-x", "@x", "\t=1", "x;=1")]
    shown = shell.run("get", "segments", "-o", "csv").stdout
    rows = csv.DictReader(io.StringIO(shown, newline=""))
    assert [row["segment_name"] for row in rows] == ["'=1+1", "'+1", "'-x", "'@x", "'\t'=1", "x;'=1"]
    assert '"x;\'=1"' in shown


def test_a_missing_id_is_told_beside_the_data(shell: Shell, server: OctyServer) -> None:
    server.segments = [SEGMENT]
    result = shell.run("get", "segments", "s1", "s9", "-o", "json")
    assert result.exit_code == 1
    assert len(json.loads(result.stdout)) == 1
    assert result.stderr == "No segment found with ID: s9\n"


def test_a_profile_is_described_with_when_each_tag_came_and_what_happened_lately(
    shell: Shell, server: OctyServer
) -> None:
    tags = [{"segment_tag": "loyal", "created_at": "Wed, 03 Jan 2024 00:00:00 GMT"}]
    server.profiles = [profile(1) | {"profile_data": {"age": 25}, "segment_tags": tags}]
    story = {"segment_tag_history": CHANGES}, {"events": [EVENT]}
    for path, body in zip(("history", "events"), story, strict=True):
        server.answers(f"/v1/retention/profiles/{path}", Answer(200, body), Answer(200, body))
    result = shell.run("describe", "profile", "c1")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.endswith(
        "Profile data:\n"
        "  age = 25\n"
        "Platform info: (none)\n"
        "Segment tags:\n"
        "  loyal  since 2024-01-03T00:00:00.000000Z (elapsed time)\n"
        "Latest events (at most 10):\n"
        "  2024-01-02T00:00:00.000000Z  view  page = a\\u001b[2J\n"
    )
    assert server.requests[-1].query == {"id": ["profile_1"], "limit": ["10"]}
    described = json.loads(shell.run("describe", "profile", "c1", "-o", "json").stdout)
    assert set(described) == {"profile", "segment_tag_history", "events"}
    assert shell.run("describe", "profile", "c9").stderr == 'There is no profile with the id "c9".\n'


def test_a_table_fits_the_terminal_and_cuts_ids_last(shell: Shell, server: OctyServer) -> None:
    wide = {"segment_name": "漢" * 40, "segment_id": "segment_0123456789012345"}
    server.segments = [SEGMENT | wide]
    shown = terminal(shell, "get", "segments", columns=90)
    heading, row, _ = shown.splitlines()
    assert heading.startswith("\x1b[1mSEGMENT ")
    assert row.endswith("  segment_0123456789012345")
    assert "漢…" in row
    assert len(row) + row.count("漢") <= 90
    assert max(map(len, terminal(shell, "get", "segments", columns=30, NO_COLOR="1").splitlines()[:2])) <= 44


@pytest.mark.parametrize(
    ("widths", "total", "cut"),
    [([5, 5], 12, [5, 5]), ([9, 5], 12, [5, 5]), ([30, 40, 10], 50, [18, 18, 10]), ([30, 30], 10, [4, 4])],
)
def test_the_widest_columns_are_cut_first(widths: list[int], total: int, cut: list[int]) -> None:
    assert fitted(widths, [False] * len(widths), total) == cut
    assert fitted([30, 10], [True, False], 40) == [30, 8]


def test_there_is_colour_on_a_terminal_alone_and_not_where_it_is_unwanted(shell: Shell, server: OctyServer) -> None:
    server.segments = [SEGMENT]
    assert "\x1b[1m" in terminal(shell, "describe", "segment", "s1")
    assert "\x1b" not in terminal(shell, "describe", "segment", "s1", NO_COLOR="1")
    assert "\x1b" not in shell.run("describe", "segment", "s1").stdout


def test_watching_shows_what_has_changed_until_ctrl_c(
    shell: Shell, server: OctyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.segments = [SEGMENT]
    pauses = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 2:
            server.segments = [SEGMENT | {"profile_count": 1235}]
            server.answers("/v1/retention/segments", Answer(500, b"<html>"))
        elif len(pauses) == 4:
            raise KeyboardInterrupt

    instead_of_pauses(monkeypatch, pause)
    result = shell.run("get", "segments", "--watch", "--every", "5")
    assert result.exit_code == 0
    assert pauses == [5.0] * 4
    assert [line.split()[4] for line in result.stdout.splitlines() if line.startswith("abandoned")] == [
        "1,234",
        "1,235",
    ]
    assert "(500) does not speak like an Octy server" in result.stderr


def test_yaml_of_what_apply_does_not_know_is_a_list(shell: Shell, server: OctyServer) -> None:
    server.profiles = [profile(1)]
    (document,) = read_documents(shell.file("p.yml", shell.run("get", "profiles", "-o", "yaml").stdout))
    assert isinstance(document.root, list)
    assert document.root[0]["customer_id"] == "c1"

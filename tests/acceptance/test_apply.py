"""`octy-cli apply` against a real server: what the files say is what is there, whatever was there before."""

import sys
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import Result

from octy.cli.apply_segments import BARRED, REPLACED
from tests.acceptance.account import Account
from tests.acceptance.processes import Machine, Server
from tests.integration.cli.conftest import Shell, instead_of_pauses
from tests.terminal import on_a_terminal

TYPES = """\
kind: eventTypes
eventTypeDefinitions:
- {eventType: view, eventProperties: [item_id]}
- {eventType: search, eventProperties: [term]}
"""
SEGMENTS = """\
kind: segments
segmentDefinitions:
- segmentName: window shoppers
  segmentType: past
  segmentSubtype: 2
  segmentTimeframe: 30
  eventSequence:
  - {eventType: view, actionInaction: action, eventProperties: {item_id: 7}}
  - {eventType: charged, actionInaction: inaction}
- segmentName: searchers
  segmentType: live
  segmentSubtype: 1
  eventSequence:
  - {eventType: search, actionInaction: action}
"""


@pytest.fixture(scope="module")
def shared_server(shared_machine: Machine) -> Server:
    return shared_machine.sandbox("2024-03-01T00:00:00Z")


@pytest.fixture
def server(shared_server: Server) -> Server:
    """As the test before left it; the first finds it empty."""
    return shared_server


@pytest.fixture
def shell(tmp_path: Path, server: Server) -> Shell:
    """A user whose account has nothing but what TYPES and SEGMENTS say."""
    shell = Shell(tmp_path, server.url)
    shell.file("all.yml", f"{TYPES}---\n{SEGMENTS}")
    shell.run("apply", "-f", "all.yml", "--yes", "--prune")
    later(server)
    assert shell.run("apply", "-f", "all.yml", "--yes").exit_code == 0
    assert_same(shell.run("apply", "-f", "all.yml", "--prune"))
    return shell


def later(server: Server) -> None:
    """Deletions that were asked for are through (X2)."""
    account = Account(server)
    account.move_clock((datetime.fromisoformat(account.clock()) + timedelta(hours=72)).isoformat())


def assert_same(ended: Result) -> None:
    assert (ended.exit_code, ended.stderr) == (0, "")
    assert ended.stdout.startswith("Nothing to change")


def test_a_folder_is_applied_in_the_order_in_which_things_depend(tmp_path: Path, server: Server) -> None:
    shell = Shell(tmp_path, server.url)
    (tmp_path / "shop").mkdir()
    shell.file("shop/a-segments.yaml", SEGMENTS)
    shell.file("shop/b-types.yml", TYPES)
    shell.file("shop/notes.txt", "no YAML: [")
    dry = shell.run("apply", "-f", "shop", "--dry-run")
    assert dry.stdout.splitlines() == [
        "  + event type  view",
        "  + event type  search",
        "  + segment     window shoppers",
        "  + segment     searchers",
        "Plan: 4 to create, 0 to change, 0 to delete.",
    ]
    assert statuses(server) == {}
    piped = shell.run("apply", "-f", "-", "--dry-run", stdin=f"{TYPES}---\n{SEGMENTS}")
    assert piped.stdout == dry.stdout
    done = shell.run("apply", "-f", "shop", "--yes")
    assert (done.exit_code, done.stderr) == (0, "")
    assert_same(shell.run("apply", "-f", "shop"))


def test_what_means_the_same_is_no_change(shell: Shell) -> None:  # V2, D8
    spelt = SEGMENTS.replace("item_id: 7", 'item_id: "7"')
    shell.file("same.yml", spelt.replace("segmentSubtype: 1", "segmentSubtype: 1\n  segmentTimeframe: 0"))
    assert_same(shell.run("apply", "-f", "same.yml"))
    shell.file("same.yml", TYPES.replace("[term]", "[term, term]"))
    assert_same(shell.run("apply", "-f", "same.yml"))


def test_another_definition_is_a_replacement_and_takes_the_name_once_it_is_free(shell: Shell, server: Server) -> None:
    shell.file("changed.yml", SEGMENTS.replace("segmentTimeframe: 30", "segmentTimeframe: 60"))
    asked = shell.run("apply", "-f", "changed.yml")
    assert asked.exit_code == 2
    assert asked.stdout.splitlines() == [
        "  ~ segment  window shoppers",
        "      segmentTimeframe: 30 -> 60",
        *(f"      {line}" for line in REPLACED),
        "Plan: 0 to create, 1 to change, 0 to delete. As the files say already: 1 segment.",
    ]
    assert "no terminal to ask on. Say --yes" in asked.stderr
    assert statuses(server)["window shoppers"] == "active"
    assert shell.run("apply", "-f", "changed.yml", "--yes").exit_code == 0
    assert statuses(server) == {"window shoppers": "pending deletion", "searchers": "active"}
    again = shell.run("apply", "-f", "changed.yml", "--yes")
    assert again.stdout.splitlines() == [
        f"  . segment window shoppers: {BARRED}",
        "Nothing to change: 1 segment as the files say.",
    ]
    later(server)
    assert "Created a total of 1 segment\n" in shell.run("apply", "-f", "changed.yml", "--yes").stdout
    assert statuses(server) == {"window shoppers": "active", "searchers": "active"}
    assert_same(shell.run("apply", "-f", "changed.yml"))


def test_a_replacement_can_be_waited_for(shell: Shell, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    shell.file("changed.yml", SEGMENTS.replace("eventType: search,", "eventType: view,"))
    instead_of_pauses(monkeypatch, lambda _: later(server))
    done = shell.run("apply", "-f", "changed.yml", "--yes", "--wait")
    assert done.exit_code == 0
    assert "Waiting until 1 name can be taken" in done.stdout
    assert "Created segment: 'searchers'" in done.stdout
    assert_same(shell.run("apply", "-f", "changed.yml"))


def test_nothing_is_deleted_but_with_prune(shell: Shell, server: Server) -> None:
    shell.file("types.yml", TYPES.replace("- {eventType: search, eventProperties: [term]}\n", ""))
    first, _, _ = SEGMENTS.partition("- segmentName: searchers")
    shell.file("one.yml", first)
    assert_same(shell.run("apply", "-f", "types.yml", "-f", "one.yml"))
    pruned = shell.run("apply", "-f", "one.yml", "--prune", "--yes")  # of the kind that the file has
    assert pruned.stdout.splitlines()[:2] == [
        "  - segment  searchers",
        "Plan: 0 to create, 0 to change, 1 to delete. As the files say already: 1 segment.",
    ]
    assert pruned.exit_code == 0
    assert statuses(server) == {"window shoppers": "active", "searchers": "pending deletion"}
    both = shell.run("apply", "-f", "types.yml", "-f", "one.yml", "--prune", "--yes")
    assert "  - event type  search\n" in both.stdout
    assert both.exit_code == 0
    assert [one["event_type"] for one in Account(server).get("/v1/retention/events/types")["event_types"]] == ["view"]


def test_an_event_type_in_use_cannot_be_changed_and_the_rest_is_left_alone(shell: Shell, server: Server) -> None:
    shell.file("changed.yml", TYPES.replace("[term]", "[term, page]") + "---\n" + SEGMENTS.replace("30", "60"))
    ended = shell.run("apply", "-f", "changed.yml", "--yes")
    assert '  ~ event type  search\n      eventProperties: + "page"\n' in ended.stdout
    assert ended.exit_code == 1
    assert ended.stderr.startswith("changed.yml:4:3: Failed to change event type 'search': ")
    assert "searchers" in ended.stderr  # E7: the segments are named
    assert ended.stderr.endswith("The rest of the plan was not carried out.\n")
    assert statuses(server)["window shoppers"] == "active"


def test_an_event_type_that_nothing_uses_is_changed(shell: Shell) -> None:
    shell.file("more.yml", "kind: eventTypes\neventTypeDefinitions: [{eventType: wish, eventProperties: [a]}]\n")
    assert shell.run("apply", "-f", "more.yml", "--yes").exit_code == 0
    shell.file("more.yml", "kind: eventTypes\neventTypeDefinitions: [{eventType: wish, eventProperties: [b]}]\n")
    assert shell.run("apply", "-f", "more.yml", "--yes").exit_code == 0
    assert_same(shell.run("apply", "-f", "more.yml"))


def test_what_does_not_fit_the_event_types_is_refused_before_anything_is_done(shell: Shell, server: Server) -> None:
    shell.file("bad.yml", TYPES.replace("view,", "look,") + "---\n" + SEGMENTS.replace("item_id: 7", "colour: red"))
    ended = shell.run("apply", "-f", "bad.yml", "--yes")
    assert ended.exit_code == 1
    assert ended.stderr.startswith("bad.yml:13:")
    assert "D9 segmentDefinitions[0].eventSequence[0].eventProperties.colour: expected one of" in ended.stderr
    assert ended.stdout == ""
    types = Account(server).get("/v1/retention/events/types")["event_types"]
    assert "look" not in [one["event_type"] for one in types]


def test_the_differences_are_shown_line_by_line(shell: Shell) -> None:
    shell.file("changed.yml", SEGMENTS.replace("segmentTimeframe: 30", "segmentTimeframe: 60"))
    lines = shell.run("apply", "-f", "changed.yml", "--dry-run", "--diff").stdout.splitlines()
    assert "      -segmentTimeframe: 30" in lines
    assert "      +segmentTimeframe: 60" in lines
    assert "       segmentName: window shoppers" in lines


def test_a_person_is_asked(shell: Shell, server: Server) -> None:
    shell.file("changed.yml", SEGMENTS.replace("segmentTimeframe: 30", "segmentTimeframe: 60"))
    command = [str(Path(sys.executable).with_name("octy-cli")), "apply", "-f", "changed.yml"]
    environment = {name: value for name, value in shell.environment.items() if value is not None}
    for answer, code, status in (("n", 1, "active"), ("y", 0, "pending deletion")):
        ended, shown = on_a_terminal(command, environment, shell.folder, f"{answer}\n")
        assert ended == code
        assert "Apply this? [y/N] " in shown
        assert "\x1b[33m~\x1b[0m" in shown
        assert ("Nothing was changed." in shown) == (status == "active")
        assert statuses(server)["window shoppers"] == status


def statuses(server: Server) -> dict[str, str]:
    """The account's segments."""
    segments = Account(server).get("/v1/retention/segments")["segments"]
    return {one["segment_name"]: one["segment_status"] for one in segments}

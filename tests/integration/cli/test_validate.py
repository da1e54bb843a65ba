"""`octy-cli validate` and `octy-cli schema`, which need neither a server nor keys."""

import json

import pytest

from tests.integration.cli.conftest import Shell
from tests.integration.cli.octy_server import OctyServer
from tests.integration.cli.test_apply import ACCOUNT, EVENT_TYPES, SEGMENTS


@pytest.fixture
def stranger(shell: Shell) -> Shell:
    """Somebody without an account."""
    for variable in ("OCTY_URL", "OCTY_PUBLIC_KEY", "OCTY_SECRET_KEY"):
        shell.environment[variable] = None
    return shell


def test_good_files_are_valid(stranger: Shell, server: OctyServer) -> None:
    stranger.file("all.yml", f"{ACCOUNT}---\n{EVENT_TYPES}")
    stranger.file("segments.yml", SEGMENTS)
    result = stranger.run("validate", "-f", "all.yml", "-f", "segments.yml")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == "Valid: 1 account configuration, 2 event types, 2 segments.\n"
    assert stranger.run("validate", "-f", "-", stdin=SEGMENTS).stdout == "Valid: 2 segments.\n"
    assert server.requests == []


def test_every_mistake_of_every_file_is_told_with_its_place_and_its_rule(stranger: Shell) -> None:
    stranger.file("a.yml", EVENT_TYPES.replace("view", "charged"))
    stranger.file(
        "b.yml", f"# segments\n---\n{SEGMENTS.replace('expTimeframe: 60', 'expTimeframe: 3')}---\nkind: segment\n"
    )
    stranger.file("c.yml", "kind: [segments\n")
    result = stranger.run("validate", "-f", ".")
    assert result.exit_code == 1
    assert [line.split(": ")[0] for line in result.stderr.splitlines()] == ["c.yml:2:1"]  # what is no YAML comes first
    result = stranger.run("validate", "-f", "a.yml", "-f", "b.yml")
    assert result.stderr.splitlines() == [
        'a.yml:3:3: eventTypeDefinitions[0].eventType: expected a name that is none of the system\'s; found "charged"',
        "b.yml:10:5: D7 segmentDefinitions[0].eventSequence[0].expTimeframe: expected 5 to 525600 minutes when another "
        "event follows in a live segment; found 3",
        "b.yml:26:1: kind: expected one of accountConfigurations, algorithmConfigurations, eventTypes, segments; "
        'found "segment"',
    ]


@pytest.mark.parametrize("again", [SEGMENTS, EVENT_TYPES, ACCOUNT])
def test_what_two_documents_say_of_the_same_thing_is_refused(stranger: Shell, again: str) -> None:
    stranger.file("a.yml", again)
    stranger.file("b.yml", again)
    result = stranger.run("validate", "-f", "a.yml", "-f", "b.yml")
    assert result.exit_code == 1
    assert result.stderr.startswith("b.yml:")
    assert stranger.run("validate", "-f", "a.yml", "-f", "a.yml").exit_code == 0  # the same file


def test_a_folder_without_files_is_told_of(stranger: Shell) -> None:
    result = stranger.run("validate", "-f", ".")
    assert result.stderr == ".: there is no file in it that ends in .yml or .yaml\n"


def test_the_schema_is_printed(stranger: Shell) -> None:
    assert json.loads(stranger.run("schema").stdout)["$schema"] == "https://json-schema.org/draft/2020-12/schema"

"""No command lets a terminal obey what a server, a file or a file's name says (C29).

Every command runs as on a terminal, against a server of which every text of every answer is hostile, and with hostile
names; what it shows is printable but for its own colours.
"""

import re
from typing import Any

import msgspec
import pytest
import typer.testing
from msgspec import inspect

from octy.cli.main import app
from octy.client.requests import Requests
from tests.integration.cli.conftest import Shell
from tests.integration.cli.octy_server import Answer, OctyServer, Sent, refusal

HOSTILE = "a\x1b[2J\x1b]0;owned\x07\u202eb\u009b31m\x00\r\x08\ud800".encode("utf-8", "replace").decode()
NAME = "x\x1b[2J\u202e\u009bm"
COLOURS = re.compile(r"\x1b\[(?:0|1|2|31|32|33)m")
SHOWN = [
    *(("get", kind) for kind in ("accountconfig", "algorithmconfig", "eventtypes", "segments", "receipts", "profiles")),
    ("get", "segments", NAME),
    ("describe", "eventtype", NAME),
    ("describe", "segment", NAME),
    ("describe", "profile", NAME),
]
COMMANDS = [
    *((*command, "-o", form) for command in SHOWN for form in ("table", "csv")),
    *(("get", "profiles", "-o", form) for form in ("json", "yaml")),
    ("get", "segments", "--ids"),
    ("delete", "segments", NAME),
    ("delete", "eventtypes", NAME),
    ("restore", "segments", NAME),
    ("export", "profile", NAME),
    ("export", "profile", NAME, "-o", NAME),
    ("get", "churnreport"),
    ("get", "datasets"),
    ("get", "trainings"),
    ("train", "churn"),
    ("webhooks", "list"),
    ("webhooks", "list", "--ids"),
    ("webhooks", "show", NAME),
    ("webhooks", "replay", NAME),
    ("webhooks", "replay", "--from", "2024-01-01T00:00:00Z"),
    ("webhooks", "changes", NAME),
    ("webhooks", "release", NAME),
    ("webhooks", "enable"),
    ("webhooks", "secrets"),
    ("webhooks", "rotate"),
    ("events", "send", NAME, "--profile", NAME),
    ("clock",),
    ("clock", "advance", "1d"),
    ("clock", "set", "2024-01-01T00:00:00Z"),
    ("doctor",),
    ("auth", "-p", NAME, "-s", NAME),
    ("apply", "-f", NAME + ".yml", "--yes", "--diff"),
    ("apply", "-f", NAME + ".yml", "--prune", "--dry-run"),
    ("apply", "-f", NAME),
    ("validate", "-f", NAME + ".yml"),
    ("validate", "-f", NAME + "-bad.yml"),
    ("upload", "profiles", "-f", NAME + ".csv"),
    ("upload", "profiles", "-f", NAME + "-bad.csv"),
    ("upload", "events", "-f", NAME),
    ("upload", "profiles", "-f", "x.csv", NAME),
    (NAME,),
    ("--" + NAME,),
    ("get", "segments", "--" + NAME),
    ("get", "segments", "-o", NAME),
    ("schema",),
]
YAML = 'kind: event_types\neventTypes:\n- eventType: "a\\e[2J\\x9b\\u202E"\n  eventProperties: ["\\e]0;x"]\n'


def hostile(kind: inspect.Type) -> Any:
    """A value of the type, all of whose texts are hostile."""
    match kind:
        case inspect.StructType():
            return {one.encode_name: hostile(one.type) for one in kind.fields if one.encode_name != "next_after"}
        case inspect.ListType() | inspect.VarTupleType():
            return [hostile(kind.item_type)] * 2
        case inspect.DictType():
            ids = ("segment_id", "event_type_id") if isinstance(kind.value_type, inspect.StrType) else ()
            return {key: hostile(kind.value_type) for key in (HOSTILE, *ids)}
        case inspect.UnionType():
            choices = [one for one in kind.types if not isinstance(one, inspect.NoneType)]
            return (
                None if isinstance(choices[0], inspect.IntType) else hostile(choices[0])
            )  # the next page: there is none
        case inspect.BoolType():
            return True
        case inspect.IntType() | inspect.FloatType():
            return 1
        case inspect.LiteralType():
            return kind.values[0]
        case inspect.EnumType():
            return next(iter(kind.cls)).value
        case inspect.BytesType() | inspect.RawType():
            return HOSTILE
    return HOSTILE


def hostile_answer(_: Requests, __: object, answer: type[Any]) -> Any:
    return msgspec.json.decode(msgspec.json.encode(hostile(inspect.type_info(answer))), type=answer)


@pytest.fixture
def on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(typer.testing._NamedTextIOWrapper, "isatty", lambda one: one.name == "<stdout>", raising=False)
    monkeypatch.setenv("TERM", "xterm")


@pytest.fixture
def files(shell: Shell) -> Shell:
    shell.file(NAME + ".yml", YAML)
    shell.file(NAME + "-bad.yml", YAML + 'colour: "\\e[2J"\n? "\\e[2J"\n: 1\n')
    shell.file(NAME + ".csv", f"customer_id,profile_data>>{NAME}\n{NAME},{NAME}\n")
    shell.file(NAME + "-bad.csv", f"customer_id,{NAME}\n{NAME},{NAME}\n{NAME}\n")
    shell.environment["NO_COLOR"] = None
    return shell


def check(shell: Shell, *arguments: str) -> None:
    result = shell.run(*arguments)
    assert result.exit_code in (0, 1, 2), result
    for line in COLOURS.sub("", result.stdout + result.stderr).replace("\r", "<CR>").split("\n"):
        assert line.isprintable(), line


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: ascii(" ".join(command)).strip("'"))
def test_no_command_shows_a_byte_that_a_terminal_obeys(
    files: Shell, server: OctyServer, on_a_terminal: None, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    del on_a_terminal
    with monkeypatch.context() as patched:
        patched.setattr(Requests, "_decoded", hostile_answer)
        patched.setattr(server, "answer", lambda _: Answer(200, {}))
        check(files, *command)
    refused: dict[str, object] = dict.fromkeys(("error_message", "rule", "path", "found", "wanted"), HOSTILE)

    def refuse(_: Sent) -> Answer:
        return refusal(refused, HOSTILE, reason=HOSTILE)

    monkeypatch.setattr(server, "answer", refuse)
    check(files, *command)


def test_every_command_is_among_them() -> None:
    group = typer.main.get_command(app)
    names = set()
    for name, command in group.commands.items():  # type: ignore[attr-defined]
        names |= {f"{name} {inner}" for inner in getattr(command, "commands", {})} or {name}
    tried = {" ".join(command[:2]) for command in COMMANDS} | {command[0] for command in COMMANDS}
    assert names - tried == {"dataset", "webhooks listen", "webhooks test"}


def test_an_id_in_an_address_stays_within_its_place(shell: Shell, server: OctyServer) -> None:
    shell.run("webhooks", "show", "../../account?x=1#\x1b")
    (asked,) = server.requests
    assert asked.path == "/v1/webhooks/deliveries/..%2F..%2Faccount%3Fx%3D1%23%1B"
    assert asked.query == {}

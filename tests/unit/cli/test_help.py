"""Every command says in its help how it is used, by examples that it understands."""

import shlex
from collections.abc import Iterator
from typing import Any

import pytest
from typer.core import TyperGroup, TyperOption
from typer.main import get_command

from octy.cli.main import app

ROOT = get_command(app)


def leaves(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    """Every command that does something, with the words that lead to it."""
    if isinstance(command, TyperGroup):
        for name, inner in command.commands.items():
            yield from leaves(inner, (*path, name))
    if not isinstance(command, TyperGroup) or command.invoke_without_command:
        yield " ".join(path), command


COMMANDS = {path: command for path, command in leaves(ROOT) if path}


def examples(command: Any) -> list[str]:
    return [line.strip() for line in (command.epilog or "").splitlines() if line.startswith("  octy-cli")]


def understood(line: str) -> str:
    """The words that lead to the command which the line calls; an error where it does not take the rest."""
    program, *words = shlex.split(line.partition(" > ")[0].partition(" < ")[0])
    assert program == "octy-cli"
    words = words[2:] if words[0] == "--url" else words
    command: Any = ROOT
    path: list[str] = []
    while isinstance(command, TyperGroup) and words:
        path.append(words.pop(0))
        command = command.commands[path[-1]]
    command.make_context("", words)
    return " ".join(path)


@pytest.mark.parametrize("path", COMMANDS)
def test_every_command_has_examples_that_it_understands(path: str) -> None:
    lines = examples(COMMANDS[path])
    assert lines
    assert path in {understood(line) for line in lines}


def test_every_command_and_every_option_is_explained() -> None:
    for path, command in COMMANDS.items():
        assert command.help, path
        for parameter in command.params:
            if isinstance(parameter, TyperOption):
                assert parameter.help, (path, parameter.name)

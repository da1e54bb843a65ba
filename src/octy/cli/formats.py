"""In which format is something shown? A table for people; JSON, YAML and CSV for programs.

JSON is pure ASCII and YAML escapes what is not printable, so that no terminal obeys what a name holds. CSV holds what
there is, guarded against spreadsheets, wherever no terminal shows it.
"""

import json
import sys
from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from typing import Any

import msgspec

from octy.cli.csv_writing import csv_line
from octy.cli.differences import yaml_text
from octy.cli.output import say
from octy.model.values import canonical


def show_json(value: object) -> None:
    """One value."""
    print(json.dumps(msgspec.to_builtins(value), indent=2))


def show_json_rows(rows: Iterable[Any]) -> None:
    """A list, row by row as they come."""
    begin = "["
    for row in rows:
        print(f"{begin}\n  {json.dumps(msgspec.to_builtins(row))}", end="")
        begin = ","
    print("[]" if begin == "[" else "\n]")


def show_yaml(value: object) -> None:
    """One value."""
    print(yaml_text(msgspec.to_builtins(value)), end="")


def show_csv(fields: Sequence[str], rows: Iterable[Any], values: Callable[[Any], Sequence[object]]) -> None:
    """A header and a line for each row; what is no scalar is JSON."""
    for cells in chain([fields], (map(_cell, values(row)) for row in rows)):
        line = csv_line(cells)
        if sys.stdout.isatty():
            say(line.removesuffix("\n"))
        else:
            sys.stdout.write(line)


def _cell(value: object) -> str:
    if value is None:
        return ""
    text = canonical(value)
    return text if text is not None else json.dumps(msgspec.to_builtins(value))

"""Which settings does `octy serve` take, and where did each value come from?

Its options are the table of settings: what the signature calls `webhook_pauses` is `--webhook-pauses` on the command
line, `OCTY_WEBHOOK_PAUSES` in the environment and `webhook_pauses` in a file. The command line goes before the
environment, that before the file, that before the default. Keys are in the environment alone: everybody sees a
command line, and files are copied.
"""

import inspect
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from enum import Enum, StrEnum
from ipaddress import ip_network
from pathlib import Path
from types import NoneType
from typing import Any, get_args, get_type_hints
from urllib.parse import urlsplit

from msgspec import Struct
from typer.models import OptionInfo

from octy.model.errors import Problem
from octy.model.values import shown

ENVIRONMENT_PREFIX = "OCTY"
FILE = "config"
NOT_IN_FILES = {
    FILE: "it names the file",
    "data": "other commands need it too, and read no file; set OCTY_DATA",
}
"""Settings that a file cannot hold, and why; beside those that are for the command line alone."""
PUBLIC_KEY, SECRET_KEY = "public_key", "secret_key"
NOT_SHOWN = "(set, not shown)"


class LogLevel(StrEnum):
    """The least that is logged of our own happenings."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class Setting(Struct, frozen=True):
    """One setting of `octy serve`."""

    name: str
    kind: type
    default: Any
    help: str
    least: float | None
    most: float | None
    is_for_command_line_alone: bool
    own_option: str | None
    own_variable: str | None

    @property
    def option(self) -> str:
        """As the command line has it."""
        return self.own_option or f"--{self.name.replace('_', '-')}"

    @property
    def variable(self) -> str | None:
        """As the environment has it; None where it does not."""
        if self.is_for_command_line_alone:
            return None
        return self.own_variable or f"{ENVIRONMENT_PREFIX}_{self.name.upper()}"

    @property
    def key(self) -> str | None:
        """As a file has it; None where a file cannot."""
        return None if self.is_for_command_line_alone or self.name in NOT_IN_FILES else self.name

    @property
    def wanted(self) -> str:
        """What is expected in a file."""
        if issubclass(self.kind, Enum):
            return " or ".join(f'"{one.value}"' for one in self.kind)
        named = {bool: "true or false", int: "a whole number", float: "a number"}.get(self.kind, "a text")
        match self.least, self.most:
            case None, None:
                return named
            case least, None:
                return f"{named}, at least {least}"
            case least, most:
                return f"{named} from {least} to {most}"

    def takes(self, value: object) -> bool:
        """Whether a file may say so."""
        if issubclass(self.kind, Enum):
            return value in {one.value for one in self.kind}
        if self.kind in (int, float):
            is_number = isinstance(value, int if self.kind is int else (int, float)) and not isinstance(value, bool)
            return is_number and self._is_within(float(value))  # type: ignore[arg-type]
        return isinstance(value, bool if self.kind is bool else str)

    def _is_within(self, number: float) -> bool:
        return (self.least is None or number >= self.least) and (self.most is None or number <= self.most)


class WrongFile(Exception):
    """A file of settings that cannot be used; the message is for the operator."""


class Value(Struct, frozen=True):
    """What a setting is, and where that comes from."""

    setting: str
    value: str | int | float | bool | None
    source: str


def settings_of(command: Callable[..., Any]) -> list[Setting]:
    """The table: each option of a command, in its order."""
    kinds = get_type_hints(command)
    table = []
    for name, parameter in inspect.signature(command).parameters.items():
        option = next(one for one in get_args(parameter.annotation) if isinstance(one, OptionInfo))
        declared = [one for one in option.param_decls or () if one.startswith("--")]
        table.append(
            Setting(
                name,
                next((one for one in get_args(kinds[name]) if one is not NoneType), kinds[name]),
                parameter.default,
                option.help or "",
                option.min,
                option.max,
                not option.allow_from_autoenv,
                declared[0] if declared else None,
                option.envvar if isinstance(option.envvar, str) else None,
            )
        )
    return table


def read_file(table: Sequence[Setting], path: Path) -> dict[str, Any]:
    """The settings that a TOML file holds; WrongFile, with all that is wrong in it."""
    try:
        said = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise WrongFile(f"{path} cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise WrongFile(f"{path} is no TOML: {error}") from None
    except RecursionError:
        raise WrongFile(f"{path} is too deep") from None
    if problems := list(_problems(table, said)):
        raise WrongFile("; ".join(f"{path}: {problem}" for problem in problems))
    return said


def _problems(table: Sequence[Setting], said: Mapping[str, Any]) -> Iterator[Problem]:
    known = {one.key: one for one in table if one.key is not None}
    for key, value in said.items():
        if key in (PUBLIC_KEY, SECRET_KEY):
            yield Problem(key, "a key", f"no key in a file; set {ENVIRONMENT_PREFIX}_{key.upper()}")
        elif key in NOT_IN_FILES:
            yield Problem(key, shown(value), f"nothing here: {NOT_IN_FILES[key]}")
        elif key not in known:
            near = get_close_matches(key, known, 1) or [", ".join(known)]
            yield Problem(key, "an unknown setting", near[0])
        elif not known[key].takes(value):
            yield Problem(key, shown(value), known[key].wanted)


def values(
    table: Sequence[Setting], found: Mapping[str, Any], source_of: Callable[[str], str], environment: Mapping[str, str]
) -> list[Value]:
    """Every setting with its value and its source; no secret is among them. `source_of` speaks Typer's words."""
    file = found.get(FILE)
    told = []
    for one in table:
        source = {
            "COMMANDLINE": "command line",
            "ENVIRONMENT": f"environment: {one.variable}",
            "DEFAULT_MAP": f"file: {file}",
        }.get(source_of(one.name), "default")
        told.append(Value(one.name, _plain(found[one.name]), source))
    for name in (PUBLIC_KEY, SECRET_KEY):
        variable = f"{ENVIRONMENT_PREFIX}_{name.upper()}"
        key = environment.get(variable)
        said = key if key is None or name == PUBLIC_KEY else NOT_SHOWN
        told.append(Value(name, said, "default" if key is None else f"environment: {variable}"))
    return told


def networks_of(text: str) -> list[str]:
    """Addresses and networks with commas between; ValueError, for the operator, where one is neither."""
    networks = [one.strip() for one in text.split(",") if one.strip()]
    for one in networks:
        try:
            ip_network(one)
        except ValueError:
            raise ValueError(f"expected an address or a network, such as 10.0.0.0/8; found {shown(one)}") from None
    return networks


def is_http_url(text: str) -> bool:
    """Whether it is a whole URL of somebody who can be asked."""
    parts = urlsplit(text)
    return parts.scheme in ("http", "https") and bool(parts.hostname)


def is_contact(text: str) -> bool:
    """Whether it is a URI at which somebody can be told something, on one line (RFC 9116, 2.5.3)."""
    scheme, _, rest = text.partition(":")
    is_one = bool(rest.strip("/")) if scheme in ("mailto", "tel") else scheme == "https" and is_http_url(text)
    return is_one and text.isascii() and text.isprintable() and " " not in text


def _plain(value: object) -> str | int | float | bool | None:
    if isinstance(value, Enum):
        value = value.value
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)

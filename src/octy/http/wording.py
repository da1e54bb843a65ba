"""What does the decoder or the framework mean? Its messages in our words: where, what was found, what was wanted."""

import re
from collections.abc import Mapping
from typing import Any

import msgspec
from litestar.exceptions import ValidationException

from octy.http.large_numbers import number_out_of_range
from octy.model.errors import Problem
from octy.model.values import in_path, shown

BODY = "(body)"
UNEXPECTED_FORM = "The request does not have the expected form."
NO_BODY = Problem(BODY, "nothing", "a JSON object")

_MESSAGE = re.compile(r"(?P<what>.*?)(?: - at `(?:key in )?\$\.?(?P<path>.*)`)?", re.DOTALL)
_TYPES = re.compile(r"Expected `(?P<wanted>.*?)`, got `(?P<found>.*?)`")
_LENGTH = re.compile(r"Expected `(?P<wanted>\w+)` of length (?P<bound>.*)")
_BOUND = re.compile(r"Expected `(?P<wanted>\w+)` (?P<bound>[<>]=? .*)")
_UNKNOWN = re.compile(r"Object contains unknown field `(?P<field>.*)`", re.DOTALL)
_MISSING = re.compile(r"Object missing required field `(?P<field>.*)`")

_MISSING_PARAMETER = re.compile(r"Missing required \w+ parameter '(?P<name>.*?)'")

_WORDS = {
    "str": "a string",
    "int": "an integer",
    "float": "a number",
    "bool": "a boolean",
    "null": "null",
    "array": "a list",
    "object": "an object",
}


def body_problem(error: msgspec.ValidationError, body: bytes) -> Problem:
    """What is wrong with a JSON body that is not of its expected type."""
    if "out of range" in str(error) and (number := number_out_of_range(body)) is not None:
        return Problem(*number, "a number of at most 64 bits")
    message = _MESSAGE.fullmatch(str(error))
    assert message is not None, "the pattern takes any text"
    path = message["path"] or ""
    if missing := _MISSING.fullmatch(message["what"]):
        return Problem(f"{path}.{missing['field']}".lstrip("."), "nothing", "a value")
    if unknown := _UNKNOWN.fullmatch(message["what"]):
        return Problem(
            f"{path}.{in_path(unknown['field'])}".lstrip("."), "an unknown field", "only fields that are documented"
        )
    return _problem(path or BODY, message["what"], None)


def parameter_problems(
    error: ValidationException, query: Mapping[str, Any], headers: Mapping[str, str]
) -> list[Problem]:
    """What is wrong with the query parameters and headers of a request, or with its body, if it has none."""
    if missing := _MISSING_PARAMETER.match(error.detail):
        return [Problem(missing["name"], "nothing", "a value")]
    return [_parameter_problem(extra, query, headers) for extra in error.extra or [] if isinstance(extra, dict)]


def _parameter_problem(extra: Mapping[str, Any], query: Mapping[str, Any], headers: Mapping[str, str]) -> Problem:
    name = str(extra.get("key", BODY)).removesuffix("_query")
    if name == "data":
        return NO_BODY
    value = query.get(name, headers.get(name))
    wanted = str(extra["message"]).replace(" | null`", "`")
    return _problem(name, wanted, None if value is None else shown(value))


def _problem(path: str, what: str, found: str | None) -> Problem:
    if types := _TYPES.fullmatch(what):
        return Problem(path, found or _words(types["found"]), _words(types["wanted"]))
    if length := _LENGTH.fullmatch(what):
        unit = "characters" if length["wanted"] == "str" else "elements"
        return Problem(path, found or "another number", f"{length['bound']} {unit}")
    if bound := _BOUND.fullmatch(what):
        return Problem(path, found or "another", f"{_words(bound['wanted'])} {bound['bound']}")
    if what.endswith("out of range"):
        return Problem(path, found or "a number out of range", "a number of at most 64 bits")
    return Problem(path, found or "another value", what)


def _words(types: str) -> str:
    return " or ".join(_WORDS.get(name, name) for name in types.split(" | "))

"""Every text and number comes back as it went in, or is refused with its place: by events, profiles, definitions and
YAML files alike (C28)."""

import json
import random
import re
import unicodedata
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from octy.cli.documents import read_documents
from octy.cli.failures import LinesRefused
from octy.model.definitions import from_wire
from octy.model.errors import Refused
from octy.model.rules import Surroundings
from octy.model.values import canonical
from tests.integration.http.world import Api, error_of, live

BATCH = "/v1/retention/events/create/batch"
AT_ONCE = 500
SPECIAL = [
    "", " ", "\0", "a\0b", "\ud800", "a\udfffb", "\udc00\ud800", "__proto__", "constructor", "null", "true", "1", "1.0",
    "\u202eevil", "\u2066a\u2069", "e\u0301", "é", "Å", "A\u030a", "\u212b", "\ufb01", "\ufeff", "\ufffe", "\uffff",
    "\u2028", "\r\n", "-0",
    "👩‍👩‍👧‍👦", "🏳️‍🌈", "\U0010ffff", "\x7f", "\x1b[2J", "' OR 1=1 --", "%s%n", "../../x", "{{x}}",
    "x" * 8_192, "x" * 8_193,
    "é" * 8_192, "🦑" * 8_193, "x" * 10_240,
]  # fmt: skip
NUMBERS = [
    *(str(sign * (2**bits + more)) for bits in (31, 32, 53, 63, 64) for sign in (1, -1) for more in (-1, 0, 1)),
    "0", "-0", "0.0", "-0.0", "1", "1.0", "1e0", "1e308", "-1e308", "1.7976931348623157e308", "1e309", "1e999",
    "-1e999", "5e-324",
    "1e-400", "0.1", "0.30000000000000004", "1e22", "1e23", "9007199254740993", "9" * 30, "9" * 400, "1" + "0" * 5_000,
]  # fmt: skip


@pytest.fixture
def api(api: Api) -> Api:
    """Of an account that knows an event type."""
    api.has_event_types(viewed=["x"])
    return api


def texts(count: int) -> list[str]:
    """All planes, pairs that look alike, halves of characters."""

    def made() -> Iterator[str]:
        yield from SPECIAL
        chance = random.Random(28)
        while True:
            plane = chance.randrange(17) << 16
            text = "".join(chr(plane + chance.randrange(0x10000)) for _ in range(chance.randrange(1, 6)))
            yield text if chance.random() < 0.8 else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
            yield from (unicodedata.normalize("NFC", text), unicodedata.normalize("NFD", text))

    return list(islice(made(), count))


def numbers(count: int) -> list[str]:
    def made() -> Iterator[str]:
        yield from NUMBERS
        chance = random.Random(53)
        while True:
            yield str(chance.randrange(-(2**66), 2**66) >> chance.randrange(66))
            yield repr(chance.uniform(-1, 1) * 10.0 ** chance.randrange(-320, 308))

    return list(islice(made(), count))


def by_events(api: Api, values: Sequence[str]) -> list[Any]:
    """What is shown of each, or its refusal; `values` are JSON."""
    (ana,) = api.has_profiles("ana")
    shown: list[Any] = []
    for first in range(0, len(values), AT_ONCE):
        some = values[first : first + AT_ONCE]
        events = (f'{{"event_type":"viewed","profile_id":"{ana}","event_properties":{{"x":{one}}}}}' for one in some)
        answer = api.post(BATCH, f'{{"events":[{",".join(events)}]}}'.encode()).json()
        refused = {one["index"]: Refusal(one["error_message"]) for one in answer["failed_to_create"]}
        stored = api.get(f"/v1/retention/profiles/events?id=ana&limit={len(answer['created_events'])}").json()["events"]
        assert answer["created_events"] == [
            {key: one[key] for key in answer["created_events"][0]} for one in stored[::-1]
        ]
        kept = iter(one["event_properties"]["x"] for one in answer["created_events"])
        shown += [refused.get(index) or next(kept) for index in range(len(some))]
    return shown


def by_profiles(api: Api, values: Sequence[str]) -> list[Any]:
    shown: list[Any] = []
    for first in range(0, len(values), AT_ONCE):
        some = values[first : first + AT_ONCE]
        drafts = (f'{{"customer_id":"{first + n}","profile_data":{{"x":{one}}}}}' for n, one in enumerate(some))
        answer = api.post("/v1/retention/profiles/create", f'{{"profiles":[{",".join(drafts)}]}}'.encode()).json()
        refused = {one["index"]: Refusal(one["error_message"]) for one in answer["failed_to_create"]}
        ids = [one["profile_id"] for one in answer["profiles"]]
        stored = {
            one["profile_id"]: one["profile_data"]["x"]
            for first_id in range(0, len(ids), 100)
            for one in api.get(f"/v1/retention/profiles?ids={','.join(ids[first_id : first_id + 100])}").json()[
                "profiles"
            ]
        }
        kept = (stored[one] for one in ids)
        shown += [refused.get(index) or next(kept) for index in range(len(some))]
    return shown


class Refusal(str):
    """What is said of a value that is not taken."""


def by_yaml(folder: Path, values: Sequence[str]) -> list[Any]:
    """The same of values in a file; what is refused is refused in a file of its own."""
    path = folder / "values.yml"

    def read(some: Sequence[str]) -> list[Any]:
        path.write_text("".join(f"- {one}\n" for one in some), encoding="utf-8")
        try:
            return list(read_documents(path)[0].root)  # type: ignore[call-overload, no-any-return]
        except LinesRefused as refused:
            if len(some) == 1:
                return [Refusal(refused.messages[0])]
            half = len(some) // 2
            return read(some[:half]) + read(some[half:])

    return [one for first in range(0, len(values), 50) for one in read(values[first : first + 50])]


def in_yaml(one: str) -> str:
    """A character within double quotes."""
    return one if one.isprintable() and one not in '"\\' else f"\\U{ord(one):08x}"


def same(one: object, other: object) -> bool:
    """Of the same type and text: 1 is not 1.0, nor -0.0 another zero."""
    return type(one) is type(other) and repr(one) == repr(other)


def agree(values: Sequence[str], wanted: Sequence[object], *ways: Sequence[Any]) -> int:
    """Whether each is kept by all, or refused by all with its place; returns how many are refused."""
    refused = 0
    for value, meant, *shown in zip(values, wanted, *ways, strict=True):
        verdicts = {isinstance(one, Refusal) for one in shown}
        assert len(verdicts) == 1, (value[:80], shown)
        if verdicts == {True}:
            refused += 1
            assert all(re.search(r"(x|:\d+:\d+): expected .*; found ", one, re.DOTALL) for one in shown), shown
        else:
            assert all(same(one, meant) for one in shown), (value[:80], shown)
    return refused


def test_texts_come_back_as_they_went_in_or_are_refused_by_all(api: Api, tmp_path: Path) -> None:
    meant = texts(5_000)
    as_json = [json.dumps(text) for text in meant]
    as_yaml = ['"' + "".join(map(in_yaml, text)) + '"' for text in meant]
    refused = agree(as_json, meant, by_events(api, as_json), by_profiles(api, as_json), by_yaml(tmp_path, as_yaml))
    assert 10 < refused < 500


def test_numbers_come_back_as_they_went_in_or_are_refused_by_all(api: Api, tmp_path: Path) -> None:
    values = numbers(500)
    meant = [float(one) if re.search("[.e]", one) else len(one) > 4_000 or int(one) for one in values]
    refused = agree(values, meant, by_events(api, values), by_profiles(api, values), by_yaml(tmp_path, values))
    assert 10 < refused < 100


@pytest.mark.parametrize("path", [BATCH, "/v1/retention/profiles/create", "/v1/retention/segments/create"])
@pytest.mark.parametrize("number", ["NaN", "-Infinity", "1e999", "01", "+1", "0x1", "1_0", ".5", "1."])
def test_what_is_no_number_is_refused(api: Api, path: str, number: str) -> None:
    body = f'{{"events":[{{"event_type":"viewed","profile_id":"p","event_properties":{{"x":{number}}}}}],'
    body += f'"profiles":[{{"customer_id":"c","profile_data":{{"x":{number}}}}}],"segment_timeframe":{number}}}'
    error_of(api.post(path, body.encode()), 400)


@pytest.mark.parametrize("rest", ["", "}", "}}}", ', "a": }}', ', "a": ' + "[" * 5_000])
def test_a_number_out_of_range_in_what_is_no_json_is_refused_too(api: Api, rest: str) -> None:
    """The decoder stumbles over the number before it sees the rest. Found by fuzzing."""
    for path in ("/v1/retention/segments/create", BATCH):
        error_of(api.post(path, f'{{"events": [], "x": {{"y": 1e999{rest}'.encode()), 400)


def is_refused(definition: dict[str, Any], around: Surroundings) -> bool:
    try:
        from_wire(definition, around)
    except Refused:
        return True
    return False


def test_definitions_take_the_same_conditions_as_events_take_values(api: Api) -> None:
    """And keep them: what is shown of a segment is what was asked for."""
    chosen = [json.dumps(one) for one in SPECIAL[:40]] + [one for one in NUMBERS if len(one) < 4_000]
    values = [json.loads(one) for one in chosen]
    around = Surroundings(event_types={"viewed": {"x"}})
    taken = by_events(api, chosen)
    for value, shown in zip(values, taken, strict=True):
        assert is_refused(live("s", x=value), around) == isinstance(shown, Refusal), repr(value)
    kept = {f"s{n}": value for n, value in enumerate(values) if not isinstance(taken[n], Refusal)}
    for name, value in list(kept.items())[:40]:
        api.has_segment(live(name, x=value))
    for one in api.get("/v1/retention/segments").json()["segments"]:
        assert same(one["event_sequence"][0]["event_properties"]["x"], kept[one["segment_name"]])


def test_no_two_integers_are_equal_and_a_whole_float_is_its_integer(api: Api) -> None:
    """V2, to the last digit, through the engine: `2^53 + 1` as a float would be `2^53`."""
    values = [sign * (2**bits + more) for bits in (53, 62) for sign in (1, -1) for more in (-1, 0, 1)] + [
        2**63 - 1,
        -(2**63),
    ]
    assert len({canonical(one) for one in values}) == len(values)
    for n, value in enumerate(values):
        api.has_segment(live(f"s{n}", x=value))
    ids = api.has_profiles(*(f"c{n}" for n in range(len(values))))
    events = [
        {"event_type": "viewed", "profile_id": one, "event_properties": {"x": value}}
        for one, value in zip(ids, values, strict=True)
    ]
    assert api.post(BATCH, {"events": events}).status_code == 201
    for n in range(len(values)):
        (found,) = api.get(f"/v1/retention/profiles?id=c{n}").json()["profiles"]
        assert [tag["segment_tag"] for tag in found["segment_tags"]] == [f"s{n}"]

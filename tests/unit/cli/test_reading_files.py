"""Files of every kind hold the same objects; ids may be of any form; a fault is told with its row."""

import gzip
import json
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from octy.cli.columns import EVENTS, ITEMS, PROFILES, Form
from octy.cli.failures import LinesRefused
from octy.cli.reading_files import read_objects

PROFILES_CSV = b"customer_id,has_charged,profile_data>>age,profile_data>>plan,platform_info>>os\n7,true,42,gold,ios\n"
NESTED = {
    "customer_id": "7",
    "has_charged": True,
    "profile_data": {"age": 42, "plan": "gold"},
    "platform_info": {"os": "ios"},
}
FLAT = {
    "customer_id": 7,
    "has_charged": True,
    "profile_data>>age": 42,
    "profile_data>>plan": "gold",
    "platform_info>>os": "ios",
}


def as_parquet(rows: list[dict[str, Any]]) -> bytes:
    sink = pa.BufferOutputStream()
    parquet.write_table(pa.Table.from_pylist(rows), sink)
    return bytes(sink.getvalue())


def as_ndjson(rows: list[dict[str, Any]]) -> bytes:
    return "".join(f"{json.dumps(row)}\n" for row in rows).encode()


def _map(*pairs: tuple[str, str]) -> bytes:
    kind = pa.schema([("customer_id", pa.string()), ("profile_data", pa.map_(pa.string(), pa.string()))])
    sink = pa.BufferOutputStream()
    parquet.write_table(pa.Table.from_pydict({"customer_id": ["a"], "profile_data": [list(pairs)]}, kind), sink)
    return bytes(sink.getvalue())


MAP_WITH_A_KEY_TWICE = _map(("plan", "gold"), ("plan", "free"))


def read(tmp_path: Path, form: Form, content: bytes) -> list[dict[str, Any]]:
    file = tmp_path / "file"
    file.write_bytes(content)
    return [json.loads(body) for body in read_objects(file, form).bodies]


def faults(tmp_path: Path, form: Form, content: bytes) -> list[str]:
    with pytest.raises(LinesRefused) as caught:
        read(tmp_path, form, content)
    return [line.removeprefix(f"{tmp_path / 'file'}:") for line in caught.value.messages]


FAULTS = [
    (PROFILES, as_ndjson([{"customer_id": "a"}]) + b"{\n", "2: expected a JSON object; "),
    (PROFILES, as_ndjson([{"customer_id": "a"}]) + b"[1]\n", "2: expected a JSON object; "),
    (PROFILES, as_ndjson([{"customer_id": "a"}, {"customer_id": "a"}]), '2: customer_id: "a" was given before, at'),
    (PROFILES, as_ndjson([{"customer_id": True}]), "1: customer_id: expected text; found true"),
    (PROFILES, as_ndjson([{"customer_id": 1.5}]), "1: customer_id: expected text; found 1.5"),
    (PROFILES, as_ndjson([{"has_charged": True}]), "1: customer_id: expected a value; found nothing"),
    (PROFILES, as_ndjson([{"customer_id": "a", "has_charged": 1}]), "1: has_charged: expected true or false"),
    (PROFILES, as_ndjson([{"customer_id": "a", "age": 1}]), '1: unknown column "age": known are customer_id'),
    (
        PROFILES,
        as_ndjson([{"customer_id": "a", "profile_data": 1}]),
        "1: profile_data: expected an object; found 1",
    ),
    (
        PROFILES,
        b'{"customer_id":"a","customer_id":"a"}\n',
        '1: expected each key once; found "customer_id" a second time',
    ),
    (
        PROFILES,
        as_ndjson([{"customer_id": 'a:b":'}]) + b'{"customer_id":"b","profile_data":{"n" : 1,"\\u006e":{":":2}}}\n',
        '2: expected each key once; found "n" a second time',
    ),
    (PROFILES, as_ndjson([{"customer_id": "a\0"}]), "1: customer_id: expected "),
    (ITEMS, as_ndjson([{"item_id": "a", "item_price": 1.5}]), "1: item_price: expected an integer"),
    (PROFILES, as_parquet([{"customer_id": "a"}, {"customer_id": None}]), "2: customer_id: expected a value"),
    (PROFILES, MAP_WITH_A_KEY_TWICE, "1: profile_data: expected each key once; found a key a second time"),
    (PROFILES, b"PAR1\x0f\x0f" + as_parquet([{"customer_id": "a"}])[6:], " expected a whole Parquet file; "),
    (PROFILES, as_parquet([{"customer_id": "a"}])[:-20], " expected a whole Parquet file; "),
    (PROFILES, gzip.compress(PROFILES_CSV)[:-12], " the gzipped content is damaged: "),
    (PROFILES, gzip.compress(as_parquet([{"customer_id": "a"}]))[:-12], " the gzipped content is damaged: "),
]


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzipped"])
@pytest.mark.parametrize(
    "content",
    [
        PROFILES_CSV,
        b"\xef\xbb\xbf" + PROFILES_CSV,
        as_ndjson([NESTED]),
        b"\n  \n" + as_ndjson([NESTED]),
        as_ndjson([FLAT]),
        as_parquet([NESTED]),
        as_parquet([FLAT]),
    ],
    ids=["CSV", "CSV with a mark", "NDJSON", "NDJSON after blanks", "flat NDJSON", "Parquet", "flat Parquet"],
)
def test_whatever_holds_them_the_objects_are_the_same(
    tmp_path: Path, content: bytes, pack: Callable[[bytes], bytes]
) -> None:
    assert read(tmp_path, PROFILES, pack(content)) == [NESTED]


@pytest.mark.parametrize("identifier", ["7", "007", "4294967296", "0b9e-5cc1", "pk:1/2", "ünïcödé 🦑", "9" * 30, "T"])
def test_an_id_may_have_any_form(tmp_path: Path, identifier: str) -> None:
    for content in (
        f"customer_id\n{identifier}\n".encode(),
        as_ndjson([{"customer_id": identifier}]),
        as_parquet([{"customer_id": identifier}]),
    ):
        assert [one["customer_id"] for one in read(tmp_path, PROFILES, content)] == [identifier]


@pytest.mark.parametrize(("value", "text"), [(7, "7"), (2**62, str(2**62)), (7.0, "7")])
def test_an_id_that_is_a_number_is_its_digits(tmp_path: Path, value: object, text: str) -> None:
    for content in (as_ndjson([{"customer_id": value}]), as_parquet([{"customer_id": value}])):
        assert read(tmp_path, PROFILES, content)[0]["customer_id"] == text


def test_a_parquet_file_s_types_become_those_of_json(tmp_path: Path) -> None:
    at = datetime(2024, 1, 1, 10, 30, tzinfo=UTC)
    row = {
        "event_type": "view",
        "profile_id": 5,
        "created_at": at,
        "event_properties": {"at": at.replace(tzinfo=None), "price": Decimal("1.50"), "none": None, "list": [1, 2]},
    }
    (event,) = read(tmp_path, EVENTS, as_parquet([row]))
    assert (event["profile_id"], event["created_at"]) == ("5", "2024-01-01T10:30:00.000000Z")
    assert event["event_properties"] == {"at": "2024-01-01T10:30:00.000000Z", "price": "1.50", "list": [1, 2]}


def test_items_may_lack_words_and_their_price_may_be_a_whole_float(tmp_path: Path) -> None:
    (item,) = read(tmp_path, ITEMS, as_ndjson([{"item_id": 1, "item_price": 5.0}]))
    words = dict.fromkeys(("item_category", "item_name", "item_description"), "")
    assert item == {"item_id": "1", "item_price": 5} | words


def test_an_empty_field_that_may_be_missing_is(tmp_path: Path) -> None:
    row = {"event_type": "view", "profile_id": "p", "created_at": "2024-01-01", "message_id": ""}
    (event,) = read(tmp_path, EVENTS, as_ndjson([row]))
    assert event["message_id"].endswith("-0")


@pytest.mark.parametrize(("form", "content", "fault"), FAULTS, ids=[fault for _, _, fault in FAULTS])
def test_a_fault_is_told_with_its_row(tmp_path: Path, form: Form, content: bytes, fault: str) -> None:
    found = faults(tmp_path, form, content)
    assert found[0].startswith(fault)

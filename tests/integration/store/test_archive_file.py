"""Is a file of the archive plain Parquet, and does it say exactly what was put into it, row by row and in part?"""

import gc
import json
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from octy.engine.runs import Wanted
from octy.model.tags import ChangeKind
from octy.model.values import canonical
from octy.store.archive import parquet, run_writer
from octy.store.archive.archive import Archive
from octy.store.archive.run_file import RunFile
from octy.store.blocks import UncutRows
from octy.store.event_runs import FileRun, MemoryRun
from octy.store.lines import Lines, texts_of
from octy.store.log_shape import CHANGES, EVENTS, PROFILE
from tests.integration.store.archiving import file_of, file_rows, move, path_of, rows_of, run_codes, write
from tests.integration.store.making import (
    MINUTE_US,
    NOON_US,
    EventRow,
    apply_changes,
    change,
    event,
    event_columns,
    insert_events,
)

FILES = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
KNOWN_OF_FILES = ("FileMetaData", "ParquetSchema", "ParquetFile", "ParquetReader")
"""Arrow's names."""
KEYS = ("product", "price", "größe", "a", "a.b", "property:a", "properties", "seq", " ")

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)
numbers = st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
scalars = st.none() | st.booleans() | numbers | texts | st.sampled_from(["30", "true", "null", "1", 30, 30.0, -0.0, 1])
values = st.recursive(scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3))
properties = st.dictionaries(st.sampled_from(KEYS) | texts.filter(bool), values, max_size=4).map(
    lambda said: json.dumps(said, ensure_ascii=False, separators=(",", ":"))
)
lines = st.none() | st.just("{}") | properties


@st.composite
def logs(draw: st.DrawFn) -> list[EventRow]:
    """One account's events, some of them of one instant."""
    shape = st.tuples(st.integers(0, 12), st.integers(0, 3), st.integers(-30, 30), lines)
    drawn = draw(st.lists(shape, max_size=40))
    return [
        event(seq, 1, profile, type_id, at=at, properties=text)
        for seq, (profile, type_id, at, text) in enumerate(drawn, 1)
    ]


@pytest.fixture(autouse=True)
def small_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    """A few rows make several row groups, and marks are within and beyond them."""
    monkeypatch.setattr(run_writer, "ROWS_PER_GROUP", 7)
    monkeypatch.setattr(RunFile, "ROWS_PER_MARK", 3)


@pytest.fixture
def twenty(archive: Archive) -> Path:
    """A file of the profiles 2, 5 and 9, with 8, 1 and 11 events."""
    profiles = [2] * 8 + [5] + [9] * 11
    return write(archive, [event(seq, 1, key, at=-seq) for seq, key in enumerate(profiles, 1)], keys=["price"])


def test_a_file_that_was_opened_and_read_leaves_nothing_for_the_collector(twenty: Path) -> None:
    """It seldom comes, and what Arrow knows of a large file's row groups takes a megabyte."""
    gc.collect()
    gc.disable()
    try:
        file = RunFile(twenty, EVENTS)
        file.properties(0, file.row_count)
        left = [one for one in gc.get_objects() if type(one).__name__ in KNOWN_OF_FILES]
        assert not left
    finally:
        gc.enable()


def asked(question: str) -> list[tuple[Any, ...]]:
    """What DuckDB answers."""
    with duckdb.connect() as database:
        return database.execute(question).fetchall()


def wanted_of(*keys: str, among: list[EventRow]) -> Wanted:
    """Codes for every other text that a key has anywhere."""
    said = [json.loads(row.properties or "{}") for row in among]
    found = {key: sorted({canonical(one.get(key)) or "" for one in said}) for key in keys}
    return [(key, {text: code for code, text in enumerate(texts[::2], 1)}) for key, texts in found.items()]


def codes_from_json(wanted: Wanted, rows: list[EventRow]) -> list[list[int]]:
    """What the codes of rows in the order of their file should be, for each key in turn (V2)."""
    said: list[dict[str, Any]] = [json.loads(row.properties or "{}") for row in file_rows(rows)]
    texts = [[canonical(one.get(key)) for one in said] for key, _ in wanted]
    return [
        [0 if text is None else codes.get(text, 0) for text in of_key]
        for of_key, (_, codes) in zip(texts, wanted, strict=True)
    ]


# What other programs see


def test_other_programs_see_columns_with_names_and_types(writer: Connection, archive: Archive, account: int) -> None:
    insert_events(writer, [event(1, account, properties='{"price":30.0}')])
    path = path_of(archive, move(writer, archive, account, keys=["price"]))
    described = asked(f"SELECT column_name, column_type FROM (DESCRIBE FROM '{path}')")
    assert described == [
        ("seq", "BIGINT"),
        ("created_us", "TIMESTAMP WITH TIME ZONE"),
        ("accepted_us", "TIMESTAMP WITH TIME ZONE"),
        ("profile_key", "INTEGER"),
        ("type_id", "INTEGER"),
        ("code:price", "BLOB"),
        ("name", "VARCHAR"),
        ("properties", "VARCHAR"),
        ("property:price", "VARCHAR"),
    ]
    text, instant = pa.dictionary(pa.int32(), pa.string()), pa.timestamp("us", "UTC")
    integers = [pa.int64(), instant, instant, pa.int32(), pa.int32()]
    assert pq.read_schema(path).types == [*integers, pa.binary(1), text, text, text]


def test_a_file_of_changes_is_as_plain(writer: Connection, archive: Archive, account: int) -> None:
    # G5
    apply_changes(writer, account, [change(ChangeKind.CREATED, 3, 1, at=2, seq=17), change(ChangeKind.REMOVED, 0, 2)])
    path = path_of(archive, move(writer, archive, account, CHANGES, names={1: "buyers", 2: "readers"}))
    found = asked(
        f"SELECT change_id, profile_key, segment_key, name, kind, cause, event_seq, epoch_us(effective_us), "
        f"epoch_us(recorded_us) FROM '{path}'"
    )
    at_2_us = NOON_US + 2 * MINUTE_US
    assert found == [
        (2, 0, 2, "readers", 3, 2, 0, NOON_US, NOON_US + MINUTE_US),
        (1, 3, 1, "buyers", 1, 1, 17, at_2_us, at_2_us + MINUTE_US),
    ]


@FILES
@given(rows=logs())
def test_every_reader_finds_the_same_rows_in_the_same_order(archive: Archive, rows: list[EventRow]) -> None:
    """T2: Octy's reader, which decodes nothing, and two that decode everything."""
    path = write(archive, rows, keys=("price", "größe"))
    whole = file_rows(rows)
    assert rows_of(RunFile(path, EVENTS)) == whole

    arrow = pq.read_table(path)
    named = [PROFILE, "created_us", "seq", "type_id", "accepted_us", "properties"]
    columns = [arrow.column(name).cast("int64") if name.endswith("_us") else arrow.column(name) for name in named]
    assert list(zip(*(column.to_pylist() for column in columns), strict=True)) == whole

    duck = asked(
        "SELECT profile_key, epoch_us(created_us), seq, type_id, epoch_us(accepted_us), properties, name, "
        f'"property:price", "property:größe" FROM \'{path}\''
    )
    assert [row[:6] for row in duck] == whole
    assert [row[6] for row in duck] == [f"type {row.type_id}" for row in whole]
    said = [json.loads(row.properties or "{}") for row in whole]
    assert [row[7:] for row in duck] == [(canonical(one.get("price")), canonical(one.get("größe"))) for one in said]


@pytest.mark.parametrize("at_us", [0, -1, 2**53 + 1, -(2**62), 2**62])
def test_integers_of_any_size_come_back(archive: Archive, at_us: int) -> None:
    rows = [EventRow(2**62, 1, 2**31 - 1, 2**31 - 1, at_us, -at_us, None), EventRow(1, 1, 0, 0, at_us, at_us, None)]
    assert rows_of(file_of(archive, rows[::-1])) == file_rows(rows)


@pytest.mark.parametrize(
    "text",
    [
        '{"text":"two\\nlines\\r\\n"}',
        '{"text":"👟 ✓ \u2028 \\u0000 \\ud83d\\ude00"}',
        '{ "spaced" : 1 , "twice" : 1 , "twice" : 2 }',
        '{"most":9223372036854775807,"least":-9223372036854775808,"beyond":123456789012345678901234567890}',
        '{"float":1e300,"short":0.1,"whole":30.0}',
        '{"a":{"b":[1,[2.5,null],{"c":true}]}}',
        '{"":""}',
    ],
)
def test_properties_come_back_to_the_byte(archive: Archive, text: str) -> None:
    (row,) = rows_of(file_of(archive, [event(1, 1, properties=text)], keys=["text", "most", "a", "float", "twice"]))
    assert row.properties == text


@pytest.mark.parametrize("text", [None, "", "null", "{}"])
def test_properties_that_say_nothing_are_null(archive: Archive, text: str | None) -> None:
    file = file_of(archive, [event(1, 1, properties=text)], keys=["price"])
    assert file.properties(0, 1) == [None]
    assert file.properties_of(np.array([0])) == [b""]
    assert run_codes(FileRun(file), [("price", {"null": 1, "": 2})]) == [[0]]


def test_a_label_without_a_name_is_null(writer: Connection, archive: Archive, account: int) -> None:
    insert_events(writer, [event(1, account, type_id=1), event(2, account, type_id=2), event(3, account, type_id=3)])
    path = path_of(archive, move(writer, archive, account, names={2: "view"}))
    assert pq.read_table(path).column("name").to_pylist() == [None, "view", None]


# Some of the rows


def test_a_file_has_row_groups_and_each_integer_column_one_plain_page(twenty: Path) -> None:
    metadata = pq.read_metadata(twenty)
    assert [metadata.row_group(group).num_rows for group in range(metadata.num_row_groups)] == [7, 7, 6]
    for group in range(3):
        for place, name in enumerate([*EVENTS.types, "code:price"]):
            chunk = metadata.row_group(group).column(place)
            assert (chunk.path_in_schema, chunk.compression) == (name, "UNCOMPRESSED")
            assert set(chunk.encodings) == {"PLAIN", "RLE"}, "the latter of levels, which columns without nulls lack"


@pytest.mark.parametrize(
    ("profile", "before"),
    [(-1, 0), (0, 0), (2, 0), (3, 8), (5, 8), (6, 9), (8, 9), (9, 9), (10, 20), (2**31 - 1, 20)],
)
def test_a_file_knows_how_many_rows_are_before_a_profile(twenty: Path, profile: int, before: int) -> None:
    """Profiles that are absent, first, last, or beyond."""
    assert RunFile(twenty, EVENTS).rows_before(profile) == before


@FILES
@given(rows=logs())
def test_a_profiles_rows_lie_where_the_file_says(archive: Archive, rows: list[EventRow]) -> None:
    file = file_of(archive, rows)
    whole = file_rows(rows)
    for profile in range(-1, 15):
        first, last = file.rows_before(profile), file.rows_before(profile + 1)
        assert rows_of(file, first, last) == [row for row in whole if row.profile_key == profile]


@FILES
@given(rows=logs(), data=st.data())
def test_any_rows_of_a_file_can_be_read(archive: Archive, rows: list[EventRow], data: st.DataObject) -> None:
    file = file_of(archive, rows)
    whole = file_rows(rows)
    first, last = sorted(data.draw(st.tuples(*(st.integers(0, len(rows)),) * 2)))
    assert rows_of(file, first, last) == whole[first:last]
    some = sorted(data.draw(st.sets(st.integers(0, len(rows) - 1) if rows else st.nothing())))
    lines = file.properties_of(np.array(some, np.int64))
    assert lines == [(whole[row].properties or "").encode() for row in some]


def test_a_file_without_rows_can_be_read(archive: Archive) -> None:
    file = file_of(archive, [], keys=["price"])
    assert (file.row_count, file.last_profile, rows_of(file)) == (0, -1, [])
    assert [file.rows_before(profile) for profile in (-1, 0, 7)] == [0, 0, 0]
    assert run_codes(FileRun(file), [("price", {}), ("size", {})]) == [[], []]


def test_a_file_that_was_cut_short_is_no_run(twenty: Path) -> None:
    whole = twenty.read_bytes()
    twenty.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(pa.ArrowInvalid):
        RunFile(twenty, EVENTS)


# Codes of texts (V1, V2)


@pytest.mark.parametrize("coded_texts_max", [1, 65_535])
@FILES
@given(rows=logs(), with_column=st.sets(st.sampled_from(KEYS)), sought=st.lists(st.sampled_from(KEYS), unique=True))
def test_codes_are_those_of_the_canonical_texts(
    archive: Archive,
    monkeypatch: pytest.MonkeyPatch,
    coded_texts_max: int,
    rows: list[EventRow],
    with_column: set[str],
    sought: list[str],
) -> None:
    """Whether the file has a column for each key, for some, or for none; with codes or with too many texts for them."""
    monkeypatch.setattr(parquet, "CODED_TEXTS_MAX", coded_texts_max)
    run = FileRun(file_of(archive, rows, keys=sorted(with_column)))
    wanted = wanted_of(*sought, among=rows)
    codes = run_codes(run, wanted)
    assert codes == codes_from_json(wanted, rows)
    first, last = len(rows) // 4, len(rows) // 2
    assert run_codes(run, wanted, first, last) == [of_key[first:last] for of_key in codes]


@pytest.mark.parametrize("keys", [["value"], []], ids=["column", "JSON"])
@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("30", "30"),
        ("30.0", "30"),
        ('"30"', "30"),
        ('"30.0"', "30.0"),
        ("30.5", "30.5"),
        ("-0.0", "0"),
        ("1", "1"),
        ("true", "true"),
        ('"true"', "true"),
        ("false", "false"),
        ('""', ""),
        ("null", None),
        ("{}", None),
        ('["30"]', None),
        ('{"value":"30"}', None),
    ],
)
def test_equal_values_have_equal_codes(archive: Archive, keys: list[str], value: str, text: str | None) -> None:
    # V2
    known = {known: code for code, known in enumerate(["30", "30.0", "30.5", "0", "1", "true", "false", "", "None"], 1)}
    line = f'{{"value":{value}}}'
    run = FileRun(file_of(archive, [event(1, 1, properties=line)], keys=keys))
    code = 0 if text is None else known[text]
    assert run_codes(run, [("value", known)]) == [[code]]
    held = UncutRows(event_columns([event(1, 1)]), Lines.of([line.encode()]))
    assert run_codes(MemoryRun(held), [("value", known)]) == [[code]]


NAMES = st.sampled_from(["plan", "pl", "", "null", "na\u00efve", "a\\b", 'a"b', "tab\t", "\U0001f600"])


def texts_by_row(lines: list[bytes], key: str) -> list[str | None]:
    found = list(texts_of(Lines.of(lines), key))
    texts = dict(found)
    assert len(texts) == len(found), "no line twice"
    return [texts.get(row) for row in range(len(lines))]


@given(
    st.lists(st.dictionaries(NAMES, st.sampled_from(["plan", "gold", 30, 30.0, True, None, "pl\\an"])), max_size=8),
    NAMES,
)
def test_a_property_is_found_however_its_name_is_written(objects: list[dict[str, Any]], key: str) -> None:
    for escapes in (False, True):
        lines = [json.dumps(one, ensure_ascii=escapes).encode() for one in objects]
        assert texts_by_row(lines, key) == [canonical(one.get(key)) for one in objects]
    hidden = '{"' + "".join(f"\\u{ord(letter):04x}" for letter in key if ord(letter) < 0x10000) + '":"gold"}'
    assert texts_by_row([hidden.encode()], key) == [canonical(json.loads(hidden).get(key))]


def test_a_file_says_which_keys_have_columns(archive: Archive) -> None:
    file = file_of(archive, [event(1, 1, properties='{"price":3,"size":4}')], keys=["price"])
    assert [key for key in ("price", "size", "property:price", "") if file.has(key)] == ["price"]


@pytest.mark.parametrize(("texts", "code_bytes"), [(0, 1), (254, 1), (255, 1), (256, 2), (300, 2)])
def test_codes_are_as_short_as_the_number_of_texts_allows(archive: Archive, texts: int, code_bytes: int) -> None:
    rows = [event(seq, 1, properties=f'{{"n":{seq}}}') for seq in range(1, texts + 1)]
    path = write(archive, [*rows, event(texts + 1, 1)], keys=["n"])
    assert pq.read_schema(path).field("code:n").type == pa.binary(code_bytes)
    run = FileRun(RunFile(path, EVENTS))
    wanted = [("n", {str(seq): seq for seq in range(1, texts + 1, 2)})]
    assert run_codes(run, wanted) == [[seq if seq % 2 else 0 for seq in range(1, texts + 1)] + [0]]


@pytest.mark.parametrize(("texts", "coded"), [(2, True), (3, True), (4, False)])
def test_a_property_with_too_many_texts_has_no_codes(
    archive: Archive, monkeypatch: pytest.MonkeyPatch, texts: int, coded: bool
) -> None:
    monkeypatch.setattr(parquet, "CODED_TEXTS_MAX", 3)
    file = file_of(archive, [event(seq, 1, properties=f'{{"n":{seq}}}') for seq in range(texts)], keys=["n"])
    assert ("code:n" in file.names) == coded
    assert run_codes(FileRun(file), [("n", {"1": 5})]) == [[5 if seq == 1 else 0 for seq in range(texts)]]

"""Is a file that was made of others what it would be, had all their rows been written into it at once?"""

import json
import re
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from octy.model.tags import ChangeKind
from octy.store.archive import merging, parquet, run_writer
from octy.store.archive.archive import Archive
from octy.store.archive.making import merged_run
from octy.store.archive.merging import Leaving
from octy.store.archive.run_file import RunFile
from octy.store.event_runs import FileRun
from octy.store.log_shape import CHANGES, EVENTS, PROFILE
from tests.integration.store.archiving import file_of, file_rows, merge, merged, move, path_of, rows_of, run_codes
from tests.integration.store.making import EventRow, apply_changes, change, event

FILES = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
KEYS = ("colour", "größe")
COLOURS = ("red", "green", "blue")


@pytest.fixture(autouse=True, params=[2, 65_535], ids=["many texts", "few texts"])
def small_groups(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """A few rows make several row groups and ranges; and a property may have too many texts for codes."""
    for module in (merging, run_writer):
        monkeypatch.setattr(module, "ROWS_PER_GROUP", 8)
    monkeypatch.setattr(RunFile, "ROWS_PER_MARK", 2)
    for module in (merging, parquet):
        monkeypatch.setattr(module, "CODED_TEXTS_MAX", request.param)


@st.composite
def parted_logs(draw: st.DrawFn) -> list[list[EventRow]]:
    """One account's events in some parts that follow each other."""
    values = st.sampled_from([*COLOURS, 30, 30.0, True, None])
    said = st.dictionaries(st.sampled_from(KEYS), values).map(json.dumps)
    shape = st.tuples(st.integers(0, 9), st.integers(0, 3), st.integers(-9, 9), said)
    parts = draw(st.lists(st.lists(shape, max_size=30), max_size=4))
    seqs = iter(range(1, 200))
    return [
        [event(next(seqs), 1, profile, type_id, at=at, properties=text) for profile, type_id, at, text in part]
        for part in parts
    ]


def coloured(first_seq: int, *colours: str, profile: int = 0) -> list[EventRow]:
    """An event of each colour."""
    return [
        event(seq, 1, profile, properties=json.dumps({"colour": colour}))
        for seq, colour in enumerate(colours, first_seq)
    ]


def colours_in(file: RunFile) -> list[str | None]:
    """As the property's own column has it."""
    texts: list[str | None] = file.texts(["property:colour"], 0, file.row_count).column(0).to_pylist()
    return texts


@FILES
@given(parts=parted_logs(), erased=st.sets(st.integers(-1, 10)))
def test_every_row_is_there_once_in_its_order(archive: Archive, parts: list[list[EventRow]], erased: set[int]) -> None:
    """T2, X3: by profile, instant and number; and none of an erased profile."""
    everything = [row for part in parts for row in part]
    file = merged(archive, [file_of(archive, part, keys=KEYS) for part in parts], erased)
    kept = [row for row in file_rows(everything) if row.profile_key not in erased]
    assert rows_of(file) == kept
    for profile in range(11):
        before = sum(row.profile_key < profile for row in kept)
        assert file.rows_before(profile) == before


@FILES
@given(parts=parted_logs())
def test_codes_are_what_they_would_be_in_one_file(archive: Archive, parts: list[list[EventRow]]) -> None:
    # V2
    at_once = FileRun(file_of(archive, [row for part in parts for row in part], keys=KEYS))
    run = FileRun(merged(archive, [file_of(archive, part, keys=KEYS) for part in parts]))
    wanted = [(key, {text: code for code, text in enumerate(["30", "true", "red"], 1)}) for key in KEYS]
    assert run_codes(run, wanted) == run_codes(at_once, wanted)


def test_files_merge_in_steps_as_at_once(archive: Archive) -> None:
    parts = [[event(10 * part + row, 1, row % 4, at=-row) for row in range(9)] for part in range(4)]
    files = [file_of(archive, part) for part in parts]
    halves = [merged(archive, files[:2]), merged(archive, files[2:])]
    assert rows_of(merged(archive, halves)) == rows_of(merged(archive, files))


def test_a_profile_that_is_larger_than_a_row_group_lies_together(archive: Archive) -> None:
    parts = [[event(30 * part + row, 1, 3, at=-row) for row in range(30)] for part in range(3)]
    file = merged(archive, [file_of(archive, part) for part in parts])
    assert (file.rows_before(3), file.rows_before(4)) == (0, 90)
    assert rows_of(file) == file_rows([row for part in parts for row in part])


def test_a_merged_file_has_every_property_column_that_any_of_its_files_has(archive: Archive) -> None:
    """Where one lacks it, the event types of its rows do not declare the property (D9): null will do."""
    files = [
        file_of(archive, coloured(1, "red", "red"), keys=["colour"]),
        file_of(archive, [event(3, 1, properties='{"size":"44"}')], keys=["size"]),
        file_of(archive, [event(4, 1, at=-9)]),
        file_of(archive, coloured(5, "green"), keys=["colour", "size"]),
    ]
    file = merged(archive, files)
    assert {name for name in file.names if name.startswith("property:")} == {"property:colour", "property:size"}
    assert colours_in(file) == [None, "red", "red", None, "green"]
    codes = run_codes(FileRun(file), [("colour", {"red": 1, "green": 2}), ("size", {"44": 3})])
    assert codes == [[0, 1, 1, 0, 2], [0, 0, 0, 3, 0]]


def test_texts_of_several_files_are_one_dictionary(archive: Archive) -> None:
    files = [file_of(archive, coloured(first, *COLOURS[first - 1 :]), keys=["colour"]) for first in (1, 10, 20)]
    file = merged(archive, [file_of(archive, coloured(1, "red", "blue"), keys=["colour"]), *files[1:]])
    assert colours_in(file) == ["red", "blue"]
    again = merged(archive, [file, file_of(archive, coloured(30, "green", "red"), keys=["colour"])])
    assert colours_in(again) == ["red", "blue", "green", "red"]


def test_merged_changes_stay_in_the_order_of_their_numbers(writer: Connection, archive: Archive, account: int) -> None:
    # G5
    for number in range(5):
        rows = [change(ChangeKind.CREATED, (number * 7 + row) % 5, row, at=-row) for row in range(1, 4)]
        apply_changes(writer, account, rows)
        move(writer, archive, account, CHANGES)
    path = path_of(archive, merge(writer, archive, account, CHANGES, erased=[2]))
    file = RunFile(path, CHANGES)
    columns = file.columns(0, file.row_count)
    places = list(zip(columns[PROFILE].tolist(), columns["change_id"].tolist(), strict=True))
    expected = sorted(((number * 7 + row) % 5, number * 3 + row) for number in range(5) for row in range(1, 4))
    assert places == [place for place in expected if place[0] != 2]
    assert pq.read_table(path).column("name").to_pylist() == [f"type {key}" for key in columns["segment_key"].tolist()]


def texts_stored_in(path: Path) -> set[str | None]:
    """All texts of all dictionaries, whether a row has them or not."""
    columns = [column for column in pq.read_table(path).itercolumns() if pa.types.is_dictionary(column.type)]
    return {text for column in columns for chunk in column.chunks for text in chunk.dictionary.to_pylist()}


@pytest.mark.parametrize("other_colours", [[], ["red", "blue"]], ids=["one file", "two files"])
def test_an_erased_profile_leaves_none_of_its_texts(archive: Archive, other_colours: list[str]) -> None:
    """X3: not in the dictionaries, and not in metadata or statistics, which are plain bytes."""
    secret = event(1, 1, 4, properties='{"colour":"s3cr3t","note":"wh1sper"}')
    files = [
        file_of(archive, [secret, *coloured(2, "red", profile=3)], keys=["colour"]),
        file_of(archive, coloured(5, *other_colours, profile=5), keys=["colour"]),
    ]
    path = archive.folder / merged_run(archive, EVENTS, 1, files, Leaving(frozenset([4]))).file
    assert texts_stored_in(path) == {"type 1", "red", *other_colours} | {
        f'{{"colour": "{colour}"}}' for colour in ["red", *other_colours]
    }
    assert not re.search(b"s3cr3t|wh1sper", path.read_bytes())
    assert "s3cr3t" not in RunFile(path, EVENTS).texts_by_key.get("colour", [])


def test_a_file_of_erased_profiles_alone_has_no_rows(archive: Archive) -> None:
    file = merged(archive, [file_of(archive, coloured(1, "red", profile=4), keys=["colour"])], erased=[4])
    assert (file.row_count, rows_of(file)) == (0, [])
    again = merged(archive, [file, file_of(archive, coloured(2, "blue"), keys=["colour"])])
    assert colours_in(again) == ["blue"]


def test_no_files_make_one_without_rows(archive: Archive) -> None:
    assert merged(archive, []).row_count == 0

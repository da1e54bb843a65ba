"""Which objects do files hold whose values have types: NDJSON and Parquet?

A row has the fields of its kind, with nested objects as objects or as `base>>key`, as in a CSV file.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import count
from typing import Any

import msgspec

from octy.cli.columns import PROPERTY, REASON, Empty, Field, Form, column
from octy.cli.failures import Faults, LinesRefused
from octy.cli.files import lines_of, unpacked
from octy.cli.objects import Collector, Source
from octy.model.values import problems_in, shown

LINE_BYTES_MAX = 4_000_000
PARQUET_ROWS_AT_ONCE = 10_000
PARQUET_BYTES_MAX = 1_000_000_000
"""Unpacked; it is read into memory."""

_MAYBE_KEY = re.compile(r'"[ \t\r\n]*:')
"""The end of a key, and here and there something else: no key is without it."""

_decode = msgspec.json.Decoder(dict[str, Any]).decode


def read_ndjson(source: Source, form: Form, faults: Faults, into: Collector) -> None:
    """All lines of a file, each an object; what is wrong with them becomes faults."""
    rows = _Rows(form, faults, into)
    for number, line in enumerate(lines_of(source.path, LINE_BYTES_MAX), 1):
        if not line.strip():
            continue
        try:
            row = _decode(line)
        except (msgspec.DecodeError, RecursionError) as error:
            into.fault(number, f"expected a JSON object; {error}")
            continue
        if (repeated := _repeated_key(line, row)) is not None:
            into.fault(number, f"expected each key once; found {shown(repeated)} a second time")
            continue
        rows.take(number, row)
    _finish(faults, into)


def read_parquet(source: Source, form: Form, faults: Faults, into: Collector) -> None:
    """All rows of a file, with their numbers for lines; what is wrong with them becomes faults."""
    rows = _Rows(form, faults, into)
    for number, row in zip(count(1), _parquet_rows(source), strict=False):
        rows.take(number, row)
    _finish(faults, into)


def _repeated_key(line: str, row: Mapping[str, Any]) -> str | None:
    """A key that the line, of which the decoder has taken the last one, gives an object twice."""
    if len(_MAYBE_KEY.findall(line)) == _keys_in(row):  # as it nearly always is, and ten times as fast to see
        return None
    repeated: list[str] = []

    def look(pairs: list[tuple[str, object]]) -> None:
        seen = Counter(key for key, _ in pairs)
        repeated.extend(key for key, times in seen.items() if times > 1)

    json.loads(line, object_pairs_hook=look, parse_int=str)
    return repeated[0] if repeated else None


def _keys_in(value: object) -> int:
    match value:
        case dict():
            return len(value) + sum(map(_keys_in, value.values()))
        case list():
            return sum(map(_keys_in, value))
        case _:
            return 0


def _finish(faults: Faults, into: Collector) -> None:
    faults.check()
    if not into.objects.bodies:
        raise LinesRefused([f"{into.place(1)}: there is no row in the file"])


def _parquet_rows(source: Source) -> Iterator[dict[str, Any]]:
    import pyarrow as pa
    from pyarrow import parquet

    try:
        file = parquet.ParquetFile(pa.BufferReader(_whole(source)))
        for batch in file.iter_batches(PARQUET_ROWS_AT_ONCE):
            yield from batch.to_pylist()
    except (pa.ArrowException, OSError, ValueError, OverflowError) as error:  # Arrow's, of what is damaged within
        first = str(error).partition("\n")[0]
        raise LinesRefused([f"{source.path}: expected a whole Parquet file; {first}"]) from None


def _whole(source: Source) -> bytes:
    with unpacked(source.path) as file:
        content = file.read(PARQUET_BYTES_MAX + 1)
    if len(content) > PARQUET_BYTES_MAX:
        raise LinesRefused([f"{source.path}: a Parquet file holds at most {PARQUET_BYTES_MAX:,} bytes; split it"])
    return content


class _Rows:
    """Makes objects of rows. What a name means is found out once."""

    def __init__(self, form: Form, faults: Faults, into: Collector) -> None:
        self._form = form
        self._faults = faults
        self._into = into
        self._places: dict[str, tuple[str, str | None, Field] | None] = {REASON: None}

    def take(self, line: int, row: Mapping[str, Any]) -> None:
        """A row."""
        nested: dict[str, dict[str, object]] = {base: {} for base in self._form.nested}
        flat: dict[str, object] = {}
        for name, value in row.items():
            if name in nested:
                self._take_nested(line, name, value, nested[name])
                continue
            place = self._place(line, name)
            if place is None or value is None:
                continue
            base, key, field = place
            if value == "" and key is None and field.empty is Empty.LEFT_OUT:
                continue
            taken = self._taken(line, name, field, value)
            if key is None:
                flat[base] = taken
            else:
                nested[base][key] = taken
        self._check_missing(line, flat)
        self._into.add(line, flat, nested)

    def _take_nested(self, line: int, name: str, value: object, into: dict[str, object]) -> None:
        """An object, or the list of pairs that Parquet makes of a map; its nulls are left out, as empty cells are."""
        pairs = dict(value) if isinstance(value, list) and all(isinstance(one, tuple) for one in value) else value
        if pairs is None:
            return
        if isinstance(value, list) and isinstance(pairs, dict) and len(pairs) < len(value):
            self._into.fault(line, f"{name}: expected each key once; found a key a second time")
            return
        if not isinstance(pairs, dict):
            self._into.fault(line, f"{name}: expected an object; found {shown(value)}")
            return
        for key, inner in pairs.items():
            if inner is not None:
                into[key] = self._taken(line, f"{name}.{key}", PROPERTY, inner)

    def _taken(self, line: int, name: str, field: Field, value: object) -> object:
        try:
            taken = field.take(value)
        except ValueError as error:
            self._into.fault(line, f"{name}: expected {error}; found {shown(value)}")
            return None
        for problem in problems_in(taken, name):
            self._into.fault(line, str(problem))
        return taken

    def _place(self, line: int, name: str) -> tuple[str, str | None, Field] | None:
        if name not in self._places:
            found = column(name, self._form, self._faults, self._into.place(line))
            self._places[name] = None if found is None else (found.base, found.key, found.field)
        return self._places[name]

    def _check_missing(self, line: int, flat: dict[str, object]) -> None:
        for name, field in self._form.fields.items():
            if flat.get(name, "") != "" or field.is_optional:
                continue
            if field.empty is Empty.FAULT:
                self._into.fault(line, f"{name}: expected a value; found nothing")
            elif field.empty is Empty.TEXT:
                flat[name] = ""

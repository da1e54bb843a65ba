"""What a file of the archive looks like: plain Parquet that anything opens, whose integers lie in it as in memory.

Integer columns are neither compressed nor encoded, one page for each row group, so that a slice of one is read with one
system call and no decoding. Texts are dictionaries, compressed: the event type's or the segment's name, the properties
as JSON, and for each property that an event type declares a column of its own with its canonical text (V2). Where such
a column has few different texts, another one beside it says which of them each row has, in one or two plain bytes: the
place of the text, from 1, in a list that the file's metadata holds (`octy.texts`); 0 for none.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa

from octy.model.values import canonical
from octy.store.lines import Lines
from octy.store.log_shape import Column, Columns, LogShape
from octy.store.resting import Rest, go_on

PROPERTIES = "properties"
LABEL = "name"
"""The column with the names that go with `LogShape.label`."""
PROPERTY_PREFIX = "property:"
CODE_PREFIX = "code:"
TEXTS = b"octy.texts"
CODED_TEXTS_MAX = 65_535
"""How many different texts of a property two bytes can tell apart."""
NOTHING = (b"", b"null", b"{}")
"""Properties that say nothing; the archive keeps them as null."""

LINES_AT_ONCE = 16_384
"""So many objects of properties are decoded at once."""
ROWS_PER_GROUP = 65_536
"""So few that one profile's texts are decoded in a few milliseconds."""

_LINE_BREAK = ord("\n")
_TEXT = pa.dictionary(pa.int32(), pa.string())
_decode = msgspec.json.Decoder(dict[str, Any]).decode


def schema_of(shape: LogShape, keys: Sequence[str], coded: Mapping[str, Sequence[str]]) -> pa.Schema:
    """The file's columns, with one for each of those property keys, and codes for those whose texts are `coded`."""
    return pa.schema(
        [
            *(pa.field(name, _arrow_type(name, kind), nullable=False) for name, kind in shape.types.items()),
            *(pa.field(CODE_PREFIX + key, pa.binary(code_bytes(coded[key])), nullable=False) for key in coded),
            pa.field(LABEL, _TEXT),
            *([pa.field(PROPERTIES, _TEXT)] if shape.has_properties else []),
            *(pa.field(PROPERTY_PREFIX + key, _TEXT) for key in keys),
        ],
        metadata={TEXTS: msgspec.json.encode(coded)},
    )


def code_bytes(texts: Sequence[str]) -> int:
    """How many bytes tell these texts and none apart."""
    return 1 if len(texts) < 256 else 2


def texts_in(schema: pa.Schema) -> dict[str, list[str]]:
    """The lists of texts of a file's coded properties, by key."""
    return msgspec.json.decode((schema.metadata or {}).get(TEXTS, b"{}"), type=dict[str, list[str]])


def writer_options(shape: LogShape, schema: pa.Schema) -> dict[str, Any]:
    """How `ParquetWriter` writes such a file."""
    texts = text_columns(shape, schema)
    return {
        "compression": {name: "ZSTD" if name in texts else "NONE" for name in schema.names},
        "compression_level": dict.fromkeys(texts, 1),
        "use_dictionary": texts,
        "data_page_size": 1 << 30,
        "max_rows_per_page": 1 << 30,
        "write_page_checksum": True,
    }


def text_columns(shape: LogShape, schema: pa.Schema) -> list[str]:
    """Those that are dictionaries."""
    return [name for name in schema.names if name not in shape.types and not name.startswith(CODE_PREFIX)]


def table_of(
    schema: pa.Schema, shape: LogShape, columns: Columns, texts: Mapping[str, pa.ChunkedArray | pa.Array]
) -> pa.Table:
    """Rows as a table of the schema; a text column that is not given is null."""
    count = len(columns[shape.number])
    arrays = []
    for field in schema:
        if field.name.startswith(CODE_PREFIX):
            codes = columns[field.name].astype(f"<u{field.type.byte_width}")
            arrays.append(pa.FixedSizeBinaryArray.from_buffers(field.type, count, [None, pa.py_buffer(codes)]))
        elif field.name in columns:
            arrays.append(pa.array(columns[field.name]).cast(field.type))
        elif field.name in texts:
            arrays.append(_with_used_texts_alone(texts[field.name]))
        else:
            arrays.append(pa.nulls(count, pa.string()).dictionary_encode())
    return pa.table(arrays, schema=schema)


def labels(names: Mapping[int, str], numbers: Column) -> pa.Array:
    """The names that belong to numbers; null where there is none."""
    known, places = np.unique(numbers, return_inverse=True)
    texts = pa.array([names.get(number) for number in known.tolist()], pa.string())
    return texts.dictionary_encode().take(pa.array(places))


def property_texts(lines: Lines, keys: Sequence[str], rest: Rest = go_on) -> dict[str, pa.Array]:
    """The properties as JSON, and one column for each key; some at a time, as what is decoded takes much memory."""
    parts = []
    for count, text in lines.texts(LINES_AT_ONCE):
        parts.append(_property_texts(count, text, keys))
        rest()
    return {
        name: pa.chunked_array([part[name] for part in parts], _TEXT).unify_dictionaries().combine_chunks()
        for name in [PROPERTIES, *(PROPERTY_PREFIX + key for key in keys)]
    }


def _property_texts(count: int, text: bytes, keys: Sequence[str]) -> dict[str, pa.Array]:
    """Of so many lines in one text. Arrow finds those that differ, and only these become objects of Python's."""
    ends = np.flatnonzero(np.frombuffer(text, np.uint8) == _LINE_BREAK).astype(np.int32)
    bounds = pa.py_buffer(np.concatenate([np.zeros(1, np.int32), ends + 1]))
    encoded = pa.Array.from_buffers(pa.binary(), count, [None, bounds, pa.py_buffer(text)]).dictionary_encode()
    distinct = [line[:-1] for line in encoded.dictionary.to_pylist()]
    said = [None if line in NOTHING else line.decode() for line in distinct]
    decoded = [{} if line is None else _decode(line) for line in said]
    made = {PROPERTIES: pa.array(said, pa.string())}
    made |= {PROPERTY_PREFIX + key: pa.array([canonical(one.get(key)) for one in decoded], pa.string()) for key in keys}
    return {name: texts.dictionary_encode().take(encoded.indices) for name, texts in made.items()}


def codes_in(texts: Mapping[str, pa.Array]) -> tuple[dict[str, list[str]], dict[str, Column]]:
    """The lists of texts of properties that have few, by key, and their code columns by name."""
    coded, columns = {}, {}
    for name, column in texts.items():
        if name.startswith(PROPERTY_PREFIX) and len(column.dictionary) <= CODED_TEXTS_MAX:
            key = name.removeprefix(PROPERTY_PREFIX)
            coded[key] = column.dictionary.to_pylist()
            columns[CODE_PREFIX + key] = column.indices.fill_null(-1).to_numpy() + 1
    return coded, columns


def taken(texts: Mapping[str, pa.ChunkedArray | pa.Array], order: Column) -> dict[str, pa.ChunkedArray | pa.Array]:
    """The same text columns in another order, or some of their rows."""
    rows = pa.array(order)
    return {name: column.take(rows) for name, column in texts.items()}


def concatenated(schema: pa.Schema, shape: LogShape, tables: Iterable[pa.Table]) -> dict[str, pa.ChunkedArray]:
    """The text columns of several tables, one after another. A column that one of them lacks is null there."""
    named = [schema.field(name) for name in text_columns(shape, schema)]
    parts: dict[str, list[pa.Array]] = {field.name: [] for field in named}
    for table in tables:
        for field in named:
            if field.name in table.column_names:
                parts[field.name] += table.column(field.name).chunks
            else:
                parts[field.name].append(pa.nulls(table.num_rows, pa.string()).dictionary_encode())
    return {name: pa.chunked_array(chunks, _TEXT).unify_dictionaries() for name, chunks in parts.items()}


def _with_used_texts_alone(column: pa.ChunkedArray | pa.Array) -> pa.DictionaryArray:
    """The same texts. Parquet would store all of a dictionary: other rows' texts too, and those of the erased (X3)."""
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    indices = array.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    used = np.zeros(len(array.dictionary) + 1, np.bool_)  # the last one is for null
    used[indices] = True
    places = np.cumsum(used, dtype=np.int32) - 1
    dictionary = array.dictionary.filter(pa.array(used[:-1]))
    return pa.DictionaryArray.from_arrays(pa.array(places[indices], mask=indices < 0), dictionary)


def _arrow_type(name: str, kind: str) -> pa.DataType:
    if name.endswith("_us"):
        return pa.timestamp("us", "UTC")
    return pa.int64() if kind == "<i8" else pa.int32()

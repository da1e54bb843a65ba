"""Do the newest rows of a log come back from their blocks as they were, and are their numbers given once only? (T2)"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection

from octy.model.tags import ChangeKind
from octy.store.blocks import CHANGE_BLOCKS, EVENT_BLOCKS, Rows, _packed, unpacked
from octy.store.log_shape import CHANGES, EVENTS, PROFILE, LogShape
from tests.integration.store.making import apply_changes, change, event, insert_events

INT32 = (-(2**31), 0, 2**31 - 1)
INT64 = (-(2**63), 0, 2**63 - 1)
SOME_PROPERTIES = (
    '{"text":"two\\nlines\\r\\n","tab":"\\t"}',
    '{"größe":"44 ✓ 👟","\u2028":"\u2029"}',
    "{}",
    "",
    '{"most":9223372036854775807,"least":-9223372036854775808}',
    '{"a":{"b":[1,[2.5,null],{"c":true}]}}',
)


@pytest.fixture
def three_blocks(writer: Connection, account: int, stranger: int) -> int:
    """The account, whose events 1 to 9 are in three blocks, with numbers between them that are a stranger's."""
    for first in (1, 4, 7):
        mine = [event(seq, account, seq % 3, properties=f'{{"n":{seq}}}') for seq in (first, first + 2)]
        insert_events(writer, [*mine, event(first + 1, stranger)])
    return account


def seqs(rows: Rows) -> list[int]:
    found: list[int] = rows.columns["seq"].tolist()
    assert len(rows) == len(found)
    return found


def blocks_of(connection: Connection, account: int) -> list[tuple[int, int, int]]:
    """(first number, last number, how many rows) of each."""
    question = "SELECT first_seq, last_seq, row_count FROM event_blocks WHERE account_id = ? ORDER BY 1"
    return [tuple(row) for row in connection.exec_driver_sql(question, (account,))]


@pytest.mark.parametrize("shape", [EVENTS, CHANGES], ids=lambda shape: shape.name)
@given(data=st.data())
def test_integers_come_out_of_their_bytes_as_they_went_in(shape: LogShape, data: st.DataObject) -> None:
    count = data.draw(st.integers(0, 20))
    bounds = {"<i4": INT32, "<i8": INT64}
    values = {
        name: data.draw(st.lists(st.integers(bounds[kind][0], bounds[kind][-1]), min_size=count, max_size=count))
        for name, kind in shape.types.items()
    }
    found = unpacked(shape, count, _packed(shape, shape.columns(values)))
    assert {name: column.tolist() for name, column in found.items()} == values
    assert {name: column.dtype.str for name, column in found.items()} == dict(shape.types)


def test_bytes_are_packed_as_they_are_stored_for_good() -> None:
    """What a released version has stored, every later one must read: column by column, integers little-endian."""
    values = {"seq": [1], "created_us": [2], "accepted_us": [-1], PROFILE: [4], "type_id": [5]}
    packed = _packed(EVENTS, EVENTS.columns(values))
    assert packed.hex(" ", 4) == "01000000 00000000 02000000 00000000 ffffffff ffffffff 04000000 05000000"


def test_properties_come_back_to_the_byte(writer: Connection, account: int) -> None:
    rows = [event(seq, account, properties=text) for seq, text in enumerate(SOME_PROPERTIES, 1)]
    insert_events(writer, rows[:2])
    insert_events(writer, rows[2:])
    stored = EVENT_BLOCKS.read(writer, account)
    assert [line.decode() for line in stored.properties] == [text or "null" for text in SOME_PROPERTIES]


@pytest.mark.parametrize(
    ("after", "through", "wanted"),
    [
        (0, None, [1, 3, 4, 6, 7, 9]),
        (0, 10**9, [1, 3, 4, 6, 7, 9]),
        (3, None, [4, 6, 7, 9]),
        (4, None, [6, 7, 9]),
        (4, 7, [6, 7]),
        (3, 6, [4, 6]),
        (1, 3, [3]),
        (1, 2, []),
        (4, 4, []),
        (9, None, []),
        (0, 0, []),
    ],
)
def test_rows_are_read_after_one_number_and_through_another(
    writer: Connection, three_blocks: int, after: int, through: int | None, wanted: list[int]
) -> None:
    rows = EVENT_BLOCKS.read(writer, three_blocks, after, through)
    assert seqs(rows) == wanted
    assert rows.properties == [b'{"n":%d}' % seq for seq in wanted]
    assert rows.columns[PROFILE].tolist() == [seq % 3 for seq in wanted]


@pytest.mark.parametrize(
    ("profiles", "wanted"), [([1], [1, 4, 7]), ([0, 1], [1, 3, 4, 6, 7, 9]), ([1, 7], [1, 4, 7]), ([2], []), ([], [])]
)
def test_some_profiles_rows_are_read_alone(
    writer: Connection, three_blocks: int, profiles: list[int], wanted: list[int]
) -> None:
    rows = EVENT_BLOCKS.of_profiles(writer, three_blocks, profiles)
    assert seqs(rows) == wanted
    assert rows.properties == [b'{"n":%d}' % seq for seq in wanted]
    assert {name: column.dtype.str for name, column in rows.columns.items()} == EVENTS.types


def test_columns_are_read_without_properties(writer: Connection, three_blocks: int, stranger: int) -> None:
    assert EVENT_BLOCKS.read_columns(writer, three_blocks)["seq"].tolist() == [1, 3, 4, 6, 7, 9]
    assert EVENT_BLOCKS.read_columns(writer, stranger)["seq"].tolist() == [2, 5, 8]


def test_an_account_without_rows_has_empty_columns_of_the_same_types(writer: Connection, account: int) -> None:
    for blocks, shape in ((EVENT_BLOCKS, EVENTS), (CHANGE_BLOCKS, CHANGES)):
        for columns in (blocks.read(writer, account).columns, blocks.read_columns(writer, account)):
            assert {name: (column.dtype.str, len(column)) for name, column in columns.items()} == {
                name: (kind, 0) for name, kind in shape.types.items()
            }


def test_rows_are_counted_by_account(writer: Connection, three_blocks: int, stranger: int) -> None:
    assert EVENT_BLOCKS.counts(writer) == {three_blocks: 6, stranger: 3}
    assert CHANGE_BLOCKS.counts(writer) == {}


def test_blocks_go_through_a_number_and_no_further(writer: Connection, three_blocks: int, stranger: int) -> None:
    """What came after the archive had read an account's blocks stays, and so does everybody else's."""
    EVENT_BLOCKS.drop_through(writer, three_blocks, 6)
    assert blocks_of(writer, three_blocks) == [(7, 9, 2)]
    assert seqs(EVENT_BLOCKS.read(writer, stranger)) == [2, 5, 8]


def test_a_block_that_ends_later_stays_whole(writer: Connection, three_blocks: int) -> None:
    EVENT_BLOCKS.drop_through(writer, three_blocks, 5)
    assert seqs(EVENT_BLOCKS.read(writer, three_blocks)) == [4, 6, 7, 9]


def test_a_profiles_rows_go_and_all_others_stay_as_they_were(
    writer: Connection, three_blocks: int, stranger: int
) -> None:
    # X3
    EVENT_BLOCKS.drop_profiles(writer, three_blocks, [1])
    rows = EVENT_BLOCKS.read(writer, three_blocks)
    assert seqs(rows) == [3, 6, 9]
    assert rows.properties == [b'{"n":3}', b'{"n":6}', b'{"n":9}']
    assert rows.columns[PROFILE].tolist() == [0, 0, 0]
    assert seqs(EVENT_BLOCKS.read(writer, stranger)) == [2, 5, 8]
    assert EVENT_BLOCKS.counts(writer) == {three_blocks: 3, stranger: 3}


def test_a_profiles_changes_go_too(writer: Connection, account: int) -> None:
    apply_changes(writer, account, [change(ChangeKind.CREATED, key, seq=key + 1) for key in (0, 1, 0, 2)])
    CHANGE_BLOCKS.drop_profiles(writer, account, [0])
    found = CHANGE_BLOCKS.read(writer, account)
    assert found.columns["change_id"].tolist() == [2, 4]
    assert found.columns["event_seq"].tolist() == [2, 3]
    assert found.properties == []


def test_numbers_end_where_they_did_when_the_last_rows_are_gone(writer: Connection, account: int) -> None:
    # T2, X3
    insert_events(writer, [event(1, account, 0), event(2, account, 1)])
    insert_events(writer, [event(5, account, 1)])
    assert EVENT_BLOCKS.ends(writer, account) == EVENT_BLOCKS.last_number(writer) == 5
    EVENT_BLOCKS.drop_profiles(writer, account, [1])
    EVENT_BLOCKS.drop_profiles(writer, account, [0])
    assert blocks_of(writer, account) == [(1, 2, 0), (5, 5, 0)]
    assert EVENT_BLOCKS.ends(writer, account) == EVENT_BLOCKS.last_number(writer) == 5
    rows = EVENT_BLOCKS.read(writer, account)
    assert (seqs(rows), rows.properties) == ([], [])
    assert EVENT_BLOCKS.counts(writer) == {account: 0}
    EVENT_BLOCKS.drop_profiles(writer, account, [0])
    EVENT_BLOCKS.drop_through(writer, account, 5)
    assert blocks_of(writer, account) == []


@pytest.mark.parametrize(
    ("rows", "bytes_", "last"),
    [(1, 10**6, 2), (2, 10**6, 2), (3, 10**6, 3), (4, 10**6, 9), (10**6, 10**6, 9), (10**6, 1, 2), (10**6, 50, 3)],
)
def test_the_first_blocks_that_hold_enough(writer: Connection, account: int, rows: int, bytes_: int, last: int) -> None:
    """Two rows, one with 40 bytes of properties, one without rows any more, one: they end at 2, 3, 7 and 9."""
    insert_events(writer, [event(1, account, 0), event(2, account, 0)])
    insert_events(writer, [event(3, account, 0, properties="x" * 40)])
    insert_events(writer, [event(7, account, 1)])
    insert_events(writer, [event(9, account, 0)])
    EVENT_BLOCKS.drop_profiles(writer, account, [1])
    assert EVENT_BLOCKS.ends_with(writer, account, rows, bytes_) == last
    assert CHANGE_BLOCKS.ends_with(writer, account, rows, bytes_) == 0


def test_numbers_end_for_each_account(writer: Connection, three_blocks: int, stranger: int) -> None:
    assert EVENT_BLOCKS.ends(writer, three_blocks) == EVENT_BLOCKS.last_number(writer) == 9
    assert EVENT_BLOCKS.ends(writer, stranger) == 8
    assert EVENT_BLOCKS.ends(writer, stranger + 1) == 0
    assert CHANGE_BLOCKS.last_number(writer) == 0


def test_an_emptied_block_harms_no_later_read(writer: Connection, three_blocks: int) -> None:
    for profile in (0, 1, 2):
        EVENT_BLOCKS.drop_profiles(writer, three_blocks, [profile])
    insert_events(writer, [event(10, three_blocks, 3, properties='{"n":10}')])
    rows = EVENT_BLOCKS.read(writer, three_blocks, after=8, through=10)
    assert (seqs(rows), rows.properties) == ([10], [b'{"n":10}'])
    assert np.array_equal(EVENT_BLOCKS.read_columns(writer, three_blocks)["seq"], [10])

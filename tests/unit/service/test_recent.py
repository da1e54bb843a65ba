"""Are the newest events in memory those that were appended and not dropped, whatever their numbers and sizes?"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from octy.service import recent
from octy.service.recent import Recent
from octy.store.blocks import UncutRows
from octy.store.event_runs import WantedEvents
from octy.store.lines import Lines
from octy.store.log_shape import EVENTS, Columns

PROFILES, TYPES, INSTANTS = 6, 3, 10
COUNTS = st.integers(0, 25)


class Row(NamedTuple):
    """An event, and its line of JSON."""

    seq: int
    created_us: int
    accepted_us: int
    profile_key: int
    type_id: int

    @property
    def line(self) -> bytes:
        """Its properties as JSON."""
        return b'{"n":%d}' % self.seq


@pytest.fixture(scope="module", autouse=True)
def _small() -> Iterator[None]:
    """So small that a few rows fill several."""
    with pytest.MonkeyPatch.context() as patch:
        for name, size in {"ROWS_PER_STRETCH": 8, "_ROWS_MIN": 2}.items():
            patch.setattr(recent, name, size)
        yield


def rows_from(data: st.DataObject, count: int, last_seq: int) -> list[Row]:
    """New ones. Other accounts' events have the numbers between theirs."""
    rows = []
    for _ in range(count):
        last_seq += data.draw(st.integers(1, 3))
        said = [data.draw(st.integers(0, most - 1)) for most in (INSTANTS, INSTANTS, PROFILES, TYPES)]
        rows.append(Row(last_seq, *said))
    return rows


def columns_of(rows: list[Row]) -> Columns:
    return EVENTS.columns({name: [getattr(row, name) for row in rows] for name in EVENTS.types})


def asked_of(newest: Recent, wanted: WantedEvents) -> list[Row]:
    found = newest.of_profiles(wanted)
    columns = (found.seq, found.created_us, found.accepted_us, found.profile, found.type_id)
    rows = [Row(*said) for said in zip(*(one.tolist() for one in columns), strict=True)]
    assert found.properties == [row.line for row in rows]
    return rows


@settings(deadline=None)
@given(st.data())
def test_they_are_what_was_appended_and_not_dropped(data: st.DataObject) -> None:
    newest = Recent()
    rows = rows_from(data, data.draw(COUNTS), 0)
    newest.load(UncutRows(columns_of(rows), Lines.of([row.line for row in rows])))
    last_seq = rows[-1].seq if rows else 0
    for _ in range(data.draw(st.integers(0, 6))):
        if data.draw(st.booleans()):
            more = rows_from(data, data.draw(COUNTS), last_seq)
            last_seq = more[-1].seq if more else last_seq
            newest.append(columns_of(more), b"".join(row.line + b"\n" for row in more))
            rows += more
        else:
            through = data.draw(st.integers(0, last_seq + 1))
            newest.drop_through(through)
            rows = [row for row in rows if row.seq > through]
        assert len(newest) == len(rows)
        wanted = WantedEvents(
            np.array(sorted(data.draw(st.sets(st.integers(0, PROFILES + 1)))), np.int32),
            frozenset(data.draw(st.sets(st.integers(0, TYPES)))),
            data.draw(st.integers(-1, INSTANTS)),
            with_properties=True,
        )
        assert asked_of(newest, wanted) == [
            row
            for row in rows
            if row.profile_key in wanted.profiles
            and row.type_id in wanted.type_ids
            and row.created_us > wanted.after_us
        ]


def test_their_size_is_that_of_the_rows_and_their_lines() -> None:
    newest = Recent()
    rows = [Row(number, 0, 0, 0, 0) for number in range(20)]
    newest.append(columns_of(rows), b"{}\n" * 20)
    full = newest.size_bytes
    newest.drop_through(9)
    assert newest.size_bytes == full / 2
    newest.drop_through(19)
    assert newest.size_bytes == 0

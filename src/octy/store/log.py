"""Tables that only grow, and how their rows are found by profile.

An index that is kept up at every row touches a random page for each, and whole pages are written: with 500,000 events
of 20,000 profiles, storing one more cost 16 µs, 12 of them for that. So the places of rows by profile are a table of
their own, to which new rows are added tens of thousands at a time, in order; an event then costs 5 µs. The newest rows,
which it lacks, are looked through if need be.
"""

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from sqlalchemy import Column, ColumnElement, CompoundSelect, Connection, Select, Table, func, select, union_all

from octy.store import meta
from octy.store.rows import Row, insert_rows

PLACES_LATE_MAX = 32_768
"""How many rows may be missing among the places: a scan of some milliseconds."""

Narrowing: TypeAlias = Callable[[Select[Any]], Select[Any]]


class Log:
    """A table with the columns `account_id` and `profile_key`, whose first column numbers its rows in order.

    `places` has the columns by which rows are sought, of the same names, the number last; all are its primary key.
    """

    def __init__(self, rows: Table, places: Table) -> None:
        self._rows = rows
        self._places = places
        self._insert = rows.insert()
        self._last = select(func.max(rows.columns[0]))
        self._number: Column[Any] = rows.columns[0]
        self._places_number: Column[Any] = places.c[self._number.name]
        self._name = f"{places.name}_through"

    def append(self, connection: Connection, rows: Sequence[Row]) -> None:
        """Adds rows whose numbers are greater than `last_number` and rise."""
        insert_rows(connection, self._insert, rows)
        if rows and (rows[0][0] - 1) // PLACES_LATE_MAX != rows[-1][0] // PLACES_LATE_MAX:
            self.catch_up(connection)

    def last_number(self, connection: Connection) -> int:
        """The greatest number that was ever given, though its row may be gone; 0 before the first row."""
        return max(self._last_stored(connection), self._placed_through(connection))

    def of_profiles(
        self,
        connection: Connection,
        question: Select[Any],
        account_id: int,
        profile_keys: Sequence[int],
        narrow: Narrowing = lambda places: places,
    ) -> CompoundSelect[Any]:
        """`question`, asked of some profiles' rows, unordered. `narrow` may leave out places that it need not see."""
        through = self._placed_through(connection)
        placed = narrow(self._numbers(account_id, profile_keys)).subquery()
        return union_all(
            question.join(placed, placed.c[self._number.name] == self._number),
            question.where(self._number > through, *_belongs_to(self._rows, account_id, profile_keys)),
        )

    def numbers_of(self, connection: Connection, account_id: int, profile_key: int) -> Select[Any]:
        """The numbers of a profile's rows, all of which have their places from now on."""
        self.catch_up(connection)
        return self._numbers(account_id, [profile_key])

    def delete_of_profile(self, connection: Connection, account_id: int, profile_key: int) -> None:
        """Removes a profile's rows; their numbers are not given again."""
        numbers = self.numbers_of(connection, account_id, profile_key)
        connection.execute(self._rows.delete().where(self._number.in_(numbers)))
        connection.execute(self._places.delete().where(*_belongs_to(self._places, account_id, [profile_key])))

    def catch_up(self, connection: Connection) -> None:
        """Gives every row its place."""
        through = self._placed_through(connection)
        last = self._last_stored(connection)
        if last > through:
            columns = [self._rows.c[column.name] for column in self._places.columns]
            new = select(*columns).where(self._number > through).order_by(*columns)
            connection.execute(self._places.insert().from_select(list(self._places.columns), new))
            meta.set_value(connection, self._name, str(last))

    def _numbers(self, account_id: int, profile_keys: Sequence[int]) -> Select[Any]:
        return select(self._places_number).where(*_belongs_to(self._places, account_id, profile_keys))

    def _last_stored(self, connection: Connection) -> int:
        last: int | None = connection.scalar(self._last)
        return last or 0

    def _placed_through(self, connection: Connection) -> int:
        return int(meta.get_value(connection, self._name) or 0)


def _belongs_to(table: Table, account_id: int, profile_keys: Sequence[int]) -> tuple[ColumnElement[bool], ...]:
    return table.c.account_id == account_id, table.c.profile_key.in_(profile_keys)

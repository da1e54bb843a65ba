"""Which webhook does a retraction take back? The one that told of the match from which the tag dates that goes (G3).

A tag dates from the latest of its matches. If that was not told, the retraction names nothing: what an earlier one was
told of is not what goes.
"""

from collections.abc import Iterable, Sequence

import numpy as np
from msgspec import Struct
from sqlalchemy import Connection

from octy.engine.batch import Longs
from octy.model.tags import ChangeKind
from octy.store import tags, told_matches
from octy.store.tags import ChangeColumns
from octy.store.told_matches import NOTHING, ToldMatch
from octy.store.webhook_sequences import Pair

NOT_ON = -1
"""In the place of an instant, of a tag that is not on its profile."""


class TagDates:
    """From when live tags date just before each of some changes: by these, and by the store, which has none of them."""

    def __init__(self, changes: ChangeColumns, live: Sequence[int]) -> None:
        """`live` are the keys of live segments."""
        self._changes = changes
        self._is_asked = np.isin(changes.segment, live) & (changes.kind != ChangeKind.CREATED)
        self._before = np.full(len(changes), NOT_ON, np.int64)
        whose = changes.whose()
        order = np.argsort(whose, kind="stable")
        again = np.flatnonzero(whose[order][1:] == whose[order][:-1]) + 1
        self._before[order[again]] = order[again - 1]

    def before(self, connection: Connection, rows: Longs) -> list[int]:
        """Of the changes in some rows; `NOT_ON` where the tag was not there, or the question makes no sense."""
        asked = rows[self._is_asked[rows]]
        pairs = zip(self._changes.segment[asked].tolist(), self._changes.profile[asked].tolist(), strict=True)
        stored = tags.dates(connection, list(dict.fromkeys(pairs)))
        return [self._date(stored, row) if self._is_asked[row] else NOT_ON for row in rows.tolist()]

    def _date(self, stored: dict[Pair, int], row: int) -> int:
        """What earlier changes have made of it: each match moves it on, and the one that put it on began anew."""
        changes, latest_us = self._changes, NOT_ON
        earlier = int(self._before[row])
        while earlier >= 0:
            if changes.kind[earlier] == ChangeKind.REMOVED:
                return latest_us
            latest_us = max(latest_us, int(changes.effective_us[earlier]))
            if changes.kind[earlier] == ChangeKind.CREATED:
                return latest_us
            earlier = int(self._before[earlier])
        return max(latest_us, stored.get((int(changes.segment[row]), int(changes.profile[row])), NOT_ON))


class LiveTelling(Struct, frozen=True):
    """What is told of a live tag: that a match has put it on or moved it, or that it is taken off."""

    pair: Pair
    webhook_id: str
    """Of the webhook that does it."""
    kind: ChangeKind
    at_us: int
    """When it took effect."""
    dated_us: int
    """From when the tag dated before."""


def retracted(connection: Connection, account_id: int, tellings: Iterable[LiveTelling]) -> dict[str, str | None]:
    """By webhook of a retraction, the one that it takes back. Remembers what has been told afterwards."""
    mine = list(tellings)
    asked = {one.pair: one.dated_us for one in reversed(mine) if one.kind is ChangeKind.REMOVED}
    told = told_matches.told(connection, account_id, asked)
    found: dict[str, str | None] = {}
    for one in mine:
        if one.kind is ChangeKind.REMOVED:
            last = told[one.pair]
            found[one.webhook_id] = last.webhook_id if last.at_us == one.dated_us else None
            told[one.pair] = NOTHING
        elif one.at_us >= one.dated_us:
            told[one.pair] = ToldMatch(one.webhook_id, one.at_us)
    told_matches.put(connection, told)
    return found

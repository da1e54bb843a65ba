"""Where an account's live segments stood after so many events: a file of the archive, in the place of removed events.

At a restart live segments relive what was accepted since (`engine.reliving`).
"""

from collections.abc import Mapping, Sequence

import numpy as np
from msgspec import Struct
from sqlalchemy import Connection

from octy.engine.reliving import LiveSegment, relived
from octy.engine.runs import Run
from octy.engine.standing import Standing, standing_of
from octy.model.membership import Stood
from octy.model.segments import SegmentType
from octy.store import event_types, profiles, segments
from octy.store.archive import ledger
from octy.store.archive.archive import Archive
from octy.store.archive.ledger import ArchivedRun
from octy.store.archive.making import new_run
from octy.store.archive.run_writer import WrittenRun
from octy.store.blocks import UncutRows
from octy.store.event_runs import FileRun
from octy.store.lines import Lines
from octy.store.log_shape import EVENTS, PROFILE, STANDINGS, Column, chosen
from octy.store.segments import StoredSegment

_WORDS = ("matched_us", "is_tagged", "opposed_us", "opened_us", "opener_seq")


class Standings(Struct, frozen=True):
    """An account's."""

    through_seq: int
    """The last event's that they know of; 0 where there are none."""
    of_segment: Mapping[int, Standing]
    """By segment key; of one that is not here, nothing was to be said."""

    def between(self, first: int, end: int) -> dict[int, dict[int, Stood]]:
        """With the profiles of `first` <= key < `end`, by profile, then by segment."""
        found: dict[int, dict[int, Stood]] = {}
        for key, one in self.of_segment.items():
            begin, stop = np.searchsorted(one.profile, np.array([first, end], np.int32)).tolist()
            words = (one.profile, one.matched_us, one.is_tagged, one.opposed_us, one.opened_us)
            for profile, matched_us, is_tagged, *rest in zip(*(w[begin:stop].tolist() for w in words), strict=True):
                found.setdefault(profile, {})[key] = Stood(matched_us, bool(is_tagged), *rest)
        return found


def stored(connection: Connection, archive: Archive, account_id: int) -> Standings:
    """As they were last written."""
    found = _run(connection, account_id)
    if found is None:
        return Standings(0, {})
    file = archive.opened(found, STANDINGS)
    columns = file.columns(0, file.row_count)
    keys = np.unique(columns["segment_key"]).tolist()
    return Standings(
        found.last_number, {key: _standing(chosen(columns, columns["segment_key"] == key)) for key in keys}
    )


def at_work(known: Sequence[StoredSegment], standings: Standings) -> list[LiveSegment]:
    """An account's live segments as they come back, before they relive anything; also those that rest (X1)."""
    return [
        LiveSegment(
            one.segment_key,
            one.definition,
            one.created_us,
            max(one.created_seq, standings.through_seq),
            standings.of_segment.get(one.segment_key),
            one.lifetime.pauses,
            one.lifetime.rests_since,
        )
        for one in known
        if one.definition.segment_type is SegmentType.LIVE and one.lifetime.is_followed
    ]


class NewStandings(Struct, frozen=True):
    """A file that is written, and in whose place it comes."""

    account_id: int
    through_seq: int
    written: WrittenRun
    replaced: ArchivedRun | None

    def put(self, connection: Connection) -> None:
        """From now on it is the account's."""
        if self.replaced is not None:
            ledger.remove(connection, [self.replaced.run_id])
        ledger.add(connection, STANDINGS, self.account_id, self.through_seq, self.through_seq, self.written)


def write(connection: Connection, archive: Archive, account_id: int, forgotten_us: int) -> NewStandings:
    """After all events that are in files now. `forgotten_us` as `standing_of` has it.

    One segment after another, so that one's state is in memory at a time.
    """
    runs = archive.runs(connection, EVENTS, account_id)
    through_seq = max((run.last_number for run, _ in runs), default=0)
    types = {one.event_type.event_type: one.type_id for one in event_types.of_account(connection, account_id)}
    count = profiles.next_key(connection, account_id)
    parts = []
    for one in at_work(segments.of_account(connection, account_id), stored(connection, archive, account_id)):
        files: list[Run] = [FileRun(file) for run, file in runs if run.last_number > one.after_seq]
        ((spec, state),) = relived([one], types, files, count, threads=1)
        parts.append(_columns(one.key, through_seq, standing_of(spec, state, forgotten_us)))
    columns = {
        name: np.concatenate([STANDINGS.empty()[name], *(part[name] for part in parts)]) for name in STANDINGS.types
    }
    names = segments.names(connection, account_id)
    written = new_run(archive, STANDINGS, account_id, UncutRows(columns, Lines()), names)
    return NewStandings(account_id, through_seq, written, _run(connection, account_id))


def _run(connection: Connection, account_id: int) -> ArchivedRun | None:
    found = ledger.runs(connection, STANDINGS, account_id)
    assert len(found) <= 1, "an account's live segments stand in one way"
    return found[0] if found else None


def _standing(columns: Mapping[str, Column]) -> Standing:
    return Standing(columns[PROFILE], *(columns[name] for name in _WORDS))


def _columns(key: int, through_seq: int, standing: Standing) -> dict[str, Column]:
    words = {name: getattr(standing, name) for name in _WORDS}
    count = len(standing.profile)
    numbers = {"through_seq": np.full(count, through_seq), "segment_key": np.full(count, key)}
    return STANDINGS.columns({**numbers, **words, PROFILE: standing.profile})

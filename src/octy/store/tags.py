"""Tags: who bears which now, and every change that there was (G1 to G5).

Changes come as columns, in the order in which they were recorded. What they amount to for each profile and segment is
worked out first, so that the tags themselves are written in three statements however many changes there are, and in the
order in which they are stored, so that a million neighbours cost few pages.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from msgspec import Struct
from sqlalchemy import Connection, bindparam, func, literal_column, select, tuple_

from octy.engine.batch import Ints, Longs
from octy.model.tags import Cause, ChangeKind, SegmentTag
from octy.store.archive import ledger
from octy.store.archive.archive import Archive
from octy.store.blocks import CHANGE_BLOCKS
from octy.store.log_shape import CHANGES, PROFILE, Columns, chosen, joined
from octy.store.rows import fetch_rows, in_chunks, insert_rows, run_rows
from octy.store.schema import segment_names, segments, tags
from octy.store.sqlite import upsert

_OF_ONE = (tags.c.segment_key == bindparam("segment"), tags.c.profile_key == bindparam("profile"))
_PUT = upsert(tags, ["created_us"])
_MOVE = tags.update().values(created_us=bindparam("at_us")).where(*_OF_ONE, tags.c.created_us < bindparam("at_us"))
_DELETE = tags.delete().where(*_OF_ONE)
_OF_PROFILES = (
    select(tags.c.profile_key, segments.c.name, tags.c.created_us)
    .join_from(tags, segments, tags.c.segment_key == segments.c.segment_key)
    .where(segments.c.account_id == bindparam("account"))
    .where(tags.c.profile_key.in_(bindparam("profiles", expanding=True)))
    .order_by(tags.c.profile_key, tags.c.created_us, tags.c.segment_key)
)
_SOME_BEARERS = (
    select(tags.c.profile_key).where(tags.c.segment_key == bindparam("segment")).order_by(tags.c.profile_key).subquery()
)
_BEARERS = select(func.group_concat(_SOME_BEARERS.c.profile_key, ","))
_ROWS_AT_ONCE = 5_000
_PROFILE_BITS = 32
_PAIRS_PER_STATEMENT = 400


class ChangeColumns(Struct, frozen=True, eq=False):
    """Changes of tags as they are to be stored: columns of equal length."""

    profile: Ints
    segment: Longs
    kind: Ints
    """`ChangeKind`."""
    cause: Ints
    """`Cause`."""
    effective_us: Longs
    tag_created_us: Longs
    """The instant that the tag shows from then on, unless it shows a later one."""
    recorded_us: Longs
    event_seq: Longs
    """0 where no event is the cause."""
    opener_seq: Longs
    """Of the action whose window has ended, where that is the cause (L5); 0 everywhere else. Not stored."""

    def __len__(self) -> int:
        return len(self.profile)

    def chosen(self, rows: Longs) -> "ChangeColumns":
        """Some of them, in that order."""
        return ChangeColumns(*(getattr(self, name)[rows] for name in self.__struct_fields__))

    def whose(self) -> Longs:
        """`int64[changes]`: a number for each segment and profile."""
        return self.segment << _PROFILE_BITS | self.profile

    @classmethod
    def joined(cls, parts: "Sequence[ChangeColumns]") -> "ChangeColumns":
        """One after another."""
        return cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in cls.__struct_fields__))


class StoredChange(Struct, frozen=True):
    """A line of a profile's history (G5)."""

    segment_key: int
    segment_id: str
    segment_tag: str
    kind: ChangeKind
    effective_us: int
    recorded_us: int
    cause: Cause
    event_seq: int | None


def last_change_id(connection: Connection) -> int:
    """The greatest number that a change was ever given; 0 before the first."""
    return max(CHANGE_BLOCKS.last_number(connection), ledger.last_number(connection, CHANGES))


def apply(
    connection: Connection, account_id: int, first_change_id: int, changes: ChangeColumns, gone: Sequence[int] = ()
) -> None:
    """Stores the changes, numbered from `first_change_id`; puts the tags on and takes them off (G2 to G4).

    `gone` are the keys of segments that went with all their tags at once.
    """
    if not len(changes):
        return
    columns: Columns = {
        "change_id": np.arange(first_change_id, first_change_id + len(changes)),
        "segment_key": changes.segment,
        "effective_us": changes.effective_us,
        "recorded_us": changes.recorded_us,
        "event_seq": changes.event_seq,
        PROFILE: changes.profile,
        "kind": changes.kind,
        "cause": changes.cause,
    }
    CHANGE_BLOCKS.append(connection, account_id, columns)
    if gone:
        changes = changes.chosen(np.flatnonzero(~np.isin(changes.segment, gone)))
    _put_on_and_take_off(connection, _effects(changes))


def of_profiles(
    connection: Connection, account_id: int, profile_keys: Sequence[int]
) -> dict[int, tuple[SegmentTag, ...]]:
    """The tags of those profiles that bear any, by profile key, in the order of creation (G1)."""
    found: dict[int, list[SegmentTag]] = {}
    for chunk in in_chunks(profile_keys):
        rows = connection.execute(_OF_PROFILES, {"account": account_id, "profiles": chunk})
        for key, name, created_us in rows:
            found.setdefault(key, []).append(SegmentTag(name, created_us))
    return {key: tuple(borne) for key, borne in found.items()}


def tagged_profiles(connection: Connection, segment_key: int) -> Ints:
    """The keys of the profiles that bear the segment's tag, ascending; strung together by SQLite, as all ids are."""
    found = connection.scalar(_BEARERS, {"segment": segment_key})
    keys = np.fromstring(found or "", np.int32, sep=",")
    assert (keys[1:] > keys[:-1]).all(), "in the order of the subquery"
    return keys


def borne_since(connection: Connection, segment_key: int) -> Sequence[tuple[int, int]]:
    """(profile key, instant) of all tags of a segment, by ascending keys."""
    question = select(tags.c.profile_key, tags.c.created_us).where(
        tags.c.segment_key == literal_column(str(segment_key))
    )
    return [(key, created_us) for key, created_us in fetch_rows(connection, question.order_by(tags.c.profile_key))]


def borne_in_parts(connection: Connection, segment_key: int) -> Iterator[tuple[Longs, Longs]]:
    """Profile keys and instants of all tags of a segment, some at a time."""
    question = select(tags.c.profile_key, tags.c.created_us).where(tags.c.segment_key == segment_key)
    for part in connection.execute(question, execution_options={"yield_per": _ROWS_AT_ONCE}).partitions():
        keys, instants_us = np.array(part, np.int64).T
        yield keys, instants_us


def count(connection: Connection, segment_key: int) -> int:
    """How many tags a segment has."""
    mine = select(func.count()).select_from(tags).where(tags.c.segment_key == segment_key)
    return connection.execute(mine).scalar_one()


def borne(connection: Connection, segment_keys: Sequence[int], profile_keys: Sequence[int]) -> dict[int, set[int]]:
    """By segment key, those of some profiles that bear its tag."""
    found: dict[int, set[int]] = {}
    for chunk in in_chunks(segment_keys):
        question = select(tags.c.segment_key, tags.c.profile_key)
        mine = question.where(tags.c.segment_key.in_(chunk), tags.c.profile_key.in_(profile_keys))
        for segment, profile in connection.execute(mine):
            found.setdefault(segment, set()).add(profile)
    return found


def dates(connection: Connection, pairs: Sequence[tuple[int, int]]) -> dict[tuple[int, int], int]:
    """From when those of some (segment key, profile key) tags date that are on their profiles."""
    key = tuple_(tags.c.segment_key, tags.c.profile_key)
    return {
        (segment, profile): created_us
        for chunk in in_chunks(pairs, _PAIRS_PER_STATEMENT)
        for segment, profile, created_us in connection.execute(select(tags).where(key.in_(chunk)))
    }


def history(connection: Connection, archive: Archive, account_id: int, profile_key: int) -> list[StoredChange]:
    """Every change of a profile's tags, in the order in which they were recorded."""
    blocks = CHANGE_BLOCKS.read_columns(connection, account_id)
    archived = [
        file.columns(file.rows_before(profile_key), file.rows_before(profile_key + 1))
        for _, file in archive.runs(connection, CHANGES, account_id)
    ]
    columns = joined(CHANGES, [*archived, chosen(blocks, np.flatnonzero(blocks[PROFILE] == profile_key))])
    names = {row.segment_key: row for row in connection.execute(select(segment_names))}
    wanted = ("segment_key", "kind", "effective_us", "recorded_us", "cause", "event_seq")
    return [
        StoredChange(
            segment_key=key,
            segment_id=names[key].segment_id,
            segment_tag=names[key].name,
            kind=ChangeKind(kind),
            effective_us=effective_us,
            recorded_us=recorded_us,
            cause=Cause(cause),
            event_seq=event_seq or None,
        )
        for key, kind, effective_us, recorded_us, cause, event_seq in zip(
            *(columns[name].tolist() for name in wanted), strict=True
        )
    ]


def put(connection: Connection, borne: Sequence[tuple[int, int, int]]) -> None:
    """(segment key, profile key, instant) of tags that are on their profiles from now on, whatever was before."""
    insert_rows(connection, _PUT, borne)


def drop(connection: Connection, pairs: Sequence[tuple[int, int]]) -> None:
    """(segment key, profile key) of tags that are not."""
    run_rows(connection, _DELETE, pairs)


def delete_of_profiles(connection: Connection, archive: Archive, account_id: int, profile_keys: Sequence[int]) -> int:
    """Removes profiles' tags, and their history from the blocks (X3). The archive follows (`erasures`).

    Returns how many changes they had.
    """
    keys = select(segments.c.segment_key).where(segments.c.account_id == account_id)
    for chunk in in_chunks(profile_keys):
        connection.execute(tags.delete().where(tags.c.segment_key.in_(keys), tags.c.profile_key.in_(chunk)))
    return CHANGE_BLOCKS.drop_profiles(connection, account_id, profile_keys) + sum(
        last - first
        for _, file in archive.runs(connection, CHANGES, account_id)
        for first, last in file.rows_of(profile_keys)
    )


def _put_on_and_take_off(connection: Connection, changes: ChangeColumns) -> None:
    """At most one change for each tag of each profile."""
    segment, profile, at_us = changes.segment.tolist(), changes.profile.tolist(), changes.tag_created_us.tolist()
    of_kind = {kind: np.flatnonzero(changes.kind == kind).tolist() for kind in ChangeKind}
    put = [(segment[row], profile[row], at_us[row]) for row in of_kind[ChangeKind.CREATED]]
    insert_rows(connection, _PUT, put)
    moved = [(at_us[row], segment[row], profile[row], at_us[row]) for row in of_kind[ChangeKind.UPDATED]]
    run_rows(connection, _MOVE, moved)
    run_rows(connection, _DELETE, [(segment[row], profile[row]) for row in of_kind[ChangeKind.REMOVED]])


def _effects(changes: ChangeColumns) -> ChangeColumns:
    """What the changes amount to, by segment and profile: in each pair's last change, where it has several.

    A put tag stays a put one when it moves, and one that was taken off cannot move.
    """
    whose = changes.whose()
    order = np.argsort(whose, kind="stable")
    sorted_whose = whose[order]
    again = np.flatnonzero(sorted_whose[1:] == sorted_whose[:-1]) + 1
    if not len(again):
        return changes.chosen(order)
    kind, at_us = changes.kind[order], changes.tag_created_us[order]
    for row in again.tolist():
        if kind[row] == ChangeKind.UPDATED:
            kind[row] = kind[row - 1]
            if kind[row] != ChangeKind.REMOVED:
                at_us[row] = max(at_us[row], at_us[row - 1])
    last = np.append(sorted_whose[1:] != sorted_whose[:-1], True)
    found = changes.chosen(order[last])
    return ChangeColumns(
        found.profile,
        found.segment,
        kind[last],
        found.cause,
        found.effective_us,
        at_us[last],
        found.recorded_us,
        found.event_seq,
        found.opener_seq,
    )

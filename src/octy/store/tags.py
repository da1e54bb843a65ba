"""Tags: who bears which now, and every change that there was (G1 to G5).

Changes come in the order in which they were recorded. What they amount to for each profile and segment is worked out
first, so that the tags themselves are written in three statements however many changes there are.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from msgspec import Struct
from sqlalchemy import Connection, bindparam, select

from octy.engine.batch import Ints
from octy.model.tags import Cause, ChangeKind, SegmentTag
from octy.store.log import Log
from octy.store.rows import in_chunks, insert_rows, run_rows
from octy.store.schema import change_places, segments, tag_history, tags
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
_HISTORY = Log(tag_history, change_places)


class ChangeRow(NamedTuple):
    """A change of a tag, as it is to be stored."""

    profile_key: int
    segment_key: int
    segment_id: str
    segment_tag: str
    kind: int
    """`ChangeKind`."""
    effective_us: int
    tag_created_us: int
    """The instant that the tag shows from then on, unless it shows a later one."""
    recorded_us: int
    cause: int
    """`Cause`."""
    event_seq: int | None


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


def apply(connection: Connection, account_id: int, changes: Sequence[ChangeRow]) -> None:
    """Stores the changes in their order, and puts the tags on and takes them off accordingly (G2 to G4)."""
    if not changes:
        return
    profile, segment, segment_id, tag, kind, effective_us, _, recorded_us, cause, event_seq = zip(*changes, strict=True)
    first_id = _HISTORY.last_number(connection) + 1
    change_id = range(first_id, first_id + len(changes))
    account = (account_id,) * len(changes)
    columns = (change_id, account, profile, segment, segment_id, tag, kind, effective_us, recorded_us, cause, event_seq)
    _HISTORY.append(connection, list(zip(*columns, strict=True)))
    if len(set(zip(segment, profile, strict=True))) < len(changes):
        changes = _effects(changes)
    _put_on_and_take_off(connection, changes)


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
    """The keys of the profiles that bear the segment's tag, ascending."""
    question = select(tags.c.profile_key).where(tags.c.segment_key == segment_key).order_by(tags.c.profile_key)
    return np.array(connection.scalars(question).all(), np.int32)


def history(connection: Connection, account_id: int, profile_key: int) -> list[StoredChange]:
    """Every change of a profile's tags, in the order in which they were recorded."""
    question = select(tag_history.c.change_id, *(tag_history.c[name] for name in StoredChange.__struct_fields__))
    rows = _HISTORY.of_profiles(connection, question, account_id, [profile_key]).order_by("change_id")
    return [
        StoredChange(key, id_, tag, ChangeKind(kind), effective_us, recorded_us, Cause(cause), event_seq)
        for _, key, id_, tag, kind, effective_us, recorded_us, cause, event_seq in connection.execute(rows)
    ]


def delete_of_profile(connection: Connection, account_id: int, profile_key: int) -> None:
    """Removes a profile's tags and their history (X3)."""
    keys = select(segments.c.segment_key).where(segments.c.account_id == account_id)
    connection.execute(tags.delete().where(tags.c.segment_key.in_(keys), tags.c.profile_key == profile_key))
    _HISTORY.delete_of_profile(connection, account_id, profile_key)


def _put_on_and_take_off(connection: Connection, changes: Sequence[ChangeRow]) -> None:
    """At most one change for each tag of each profile."""
    of_kind: dict[int, list[ChangeRow]] = {kind: [] for kind in ChangeKind}
    for change in changes:
        of_kind[change.kind].append(change)
    insert_rows(connection, _PUT, [(one[1], one[0], one[6]) for one in of_kind[ChangeKind.CREATED]])
    run_rows(connection, _MOVE, [(one[6], one[1], one[0], one[6]) for one in of_kind[ChangeKind.UPDATED]])
    run_rows(connection, _DELETE, [(one[1], one[0]) for one in of_kind[ChangeKind.REMOVED]])


def _effects(changes: Iterable[ChangeRow]) -> list[ChangeRow]:
    """What the changes amount to: a put tag stays a put one when it moves, and one that was taken off cannot move."""
    effects: dict[tuple[int, int], ChangeRow] = {}
    for change in changes:
        whose = (change.segment_key, change.profile_key)
        before = effects.get(whose)
        if change.kind != ChangeKind.UPDATED or before is None:
            effects[whose] = change
        elif before.kind != ChangeKind.REMOVED and change.tag_created_us > before.tag_created_us:
            effects[whose] = before._replace(tag_created_us=change.tag_created_us)
    return list(effects.values())

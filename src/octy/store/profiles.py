"""An account's customers (E6), found by key, by id or by tag; and all that goes when one of them does (X3)."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from msgspec import Struct
from sqlalchemy import (
    ColumnElement,
    Connection,
    LargeBinary,
    Row,
    Select,
    Subquery,
    bindparam,
    cast,
    false,
    func,
    select,
    true,
)

from octy.engine.batch import Longs
from octy.model.churn import ANYTHING, PredictionFilter
from octy.model.profiles import Profile
from octy.store import digests, erasures, events, outbox, predictions, tags, tallies, told_matches, webhook_sequences
from octy.store.archive.archive import Archive
from octy.store.json_text import to_scalars, to_text
from octy.store.lines import Lines, texts_of
from octy.store.rows import ROWS_PER_STATEMENT, in_chunks, insert_rows, run_rows
from octy.store.schema import accounts, profiles, segments
from octy.store.schema import tags as tags_table
from octy.store.tallies import Gone

_ROWS_AT_ONCE = 5_000
"""How many rows of a whole account are fetched ahead."""
_IDS_AT_ONCE = 200_000

_ACCOUNTS = profiles.c.account_id == bindparam("account")
_BY_KEY, _BY_PROFILE_ID, _BY_CUSTOMER_ID = (
    select(profiles).where(_ACCOUNTS, column.in_(bindparam("values", expanding=True)))
    for column in (profiles.c.profile_key, profiles.c.profile_id, profiles.c.customer_id)
)
_INSERT = profiles.insert()
_UPDATE = profiles.update().where(_ACCOUNTS, profiles.c.profile_key == bindparam("profile"))
_CHARGE = (
    profiles.update()
    .values(has_charged=true(), updated_us=bindparam("now_us"))
    .where(_ACCOUNTS, profiles.c.profile_key == bindparam("profile"), profiles.c.has_charged == false())
)


def _some(column: ColumnElement[str]) -> Subquery:
    return (
        select(profiles.c.profile_key, column)
        .where(_ACCOUNTS, profiles.c.profile_key >= bindparam("first"))
        .order_by(profiles.c.profile_key)
        .limit(bindparam("at_once"))
        .subquery()
    )


_WITH_IDS, _WITH_DATA = _some(profiles.c.profile_id), _some(profiles.c.profile_data)
_IDS = select(
    func.group_concat(_WITH_IDS.c.profile_key, ",").label("keys_"),
    func.group_concat(_WITH_IDS.c.profile_id, ",").label("ids"),
)
_DATA = select(
    func.group_concat(_WITH_DATA.c.profile_key, ",").label("keys_"),
    cast(func.group_concat(_WITH_DATA.c.profile_data, "\n") + "\n", LargeBinary).label("lines"),
)


class StoredProfile(Struct, frozen=True):
    """A profile without its tags, and the number by which everything refers to it: from 0, in each account."""

    profile_key: int
    profile: Profile


def next_key(connection: Connection, account_id: int) -> int:
    """The key of the account's next profile: greater than any that was ever given."""
    question = select(accounts.c.next_profile_key).where(accounts.c.account_id == account_id)
    key: int = connection.execute(question).scalar_one()
    return key


def insert_many(connection: Connection, account_id: int, new: Sequence[StoredProfile]) -> None:
    """Stores new ones, with keys from `next_key` on."""
    if not new:
        return
    keys = [stored.profile_key for stored in new]
    assert min(keys) >= next_key(connection, account_id), "a profile's key is never given twice"
    for some in in_chunks(new, ROWS_PER_STATEMENT):  # their JSON takes as much memory as they do
        insert_rows(connection, _INSERT, [_row(account_id, stored) for stored in some])
    count_on = accounts.update().where(accounts.c.account_id == account_id)
    connection.execute(count_on, {"next_profile_key": max(keys) + 1})


def update_many(connection: Connection, account_id: int, changed: Sequence[StoredProfile]) -> None:
    """Stores what can change of a profile: everything but its ids and its creation."""
    for some in in_chunks(changed, ROWS_PER_STATEMENT):
        rows = [
            {
                "account": account_id,
                "profile": stored.profile_key,
                "has_charged": stored.profile.has_charged,
                "profile_data": to_text(stored.profile.profile_data),
                "platform_info": to_text(stored.profile.platform_info),
                "status": stored.profile.status,
                "updated_us": stored.profile.updated_us,
            }
            for stored in some
        ]
        connection.execute(_UPDATE, rows)


def set_charged(connection: Connection, account_id: int, profile_keys: Sequence[int], now_us: int) -> None:
    """They have charged (E4). One that had before is not touched."""
    run_rows(connection, _CHARGE, [(now_us, account_id, key) for key in profile_keys])


def by_keys(connection: Connection, account_id: int, profile_keys: Sequence[int]) -> list[StoredProfile]:
    """Those that exist, ordered by key."""
    return _by(connection, account_id, _BY_KEY, profile_keys)


def by_profile_ids(connection: Connection, account_id: int, ids: Sequence[str]) -> list[StoredProfile]:
    """Those that exist, ordered by key."""
    return _by(connection, account_id, _BY_PROFILE_ID, ids)


def by_customer_ids(connection: Connection, account_id: int, ids: Sequence[str]) -> list[StoredProfile]:
    """Those that exist, ordered by key."""
    return _by(connection, account_id, _BY_CUSTOMER_ID, ids)


def by_any_ids(connection: Connection, account_id: int, ids: Sequence[str]) -> list[StoredProfile]:
    """Those that the ids name: first by profile id, then by customer id, each ordered by key, none twice."""
    found = [*by_profile_ids(connection, account_id, ids), *by_customer_ids(connection, account_id, ids)]
    return list({stored.profile_key: stored for stored in found}.values())


def keys_of(connection: Connection, account_id: int, profile_ids: Sequence[str]) -> dict[str, int]:
    """By profile id, the keys of those that exist."""
    found: dict[str, int] = {}
    for chunk in in_chunks(profile_ids):
        mine = profiles.c.account_id == account_id, profiles.c.profile_id.in_(chunk)
        found |= {
            row[0]: row[1]
            for row in connection.execute(select(profiles.c.profile_id, profiles.c.profile_key).where(*mine))
        }
    return found


def page(
    connection: Connection,
    account_id: int,
    offset: int,
    limit: int,
    tag_segment_key: int | None = None,
    foretold: PredictionFilter = ANYTHING,
) -> tuple[list[StoredProfile], int]:
    """Some of the account's profiles, or of those that bear a tag, or of which something is foretold, ordered by key.

    And how many there are in all.
    """
    question = select(profiles).where(profiles.c.account_id == account_id)
    if tag_segment_key is not None:
        borne = select(tags_table.c.profile_key).where(tags_table.c.segment_key == tag_segment_key)
        question = question.where(profiles.c.profile_key.in_(borne))
    if not foretold.is_any:
        question = question.where(profiles.c.profile_key.in_(predictions.matching(account_id, foretold)))
    total = connection.execute(select(func.count()).select_from(question.subquery())).scalar_one()
    rows = connection.execute(question.order_by(profiles.c.profile_key).offset(offset).limit(limit))
    return [_stored(row) for row in rows], total


def all_ids(connection: Connection, account_id: int, at_once: int = _IDS_AT_ONCE) -> Iterator[tuple[Longs, list[str]]]:
    """The keys, ascending, and ids of an account's profiles, some at a time.

    SQLite strings them together: a million rows, one by one, take four times as long.
    """
    asked = {"account": account_id, "first": 0, "at_once": at_once}
    while (row := connection.execute(_IDS, asked).one()).keys_ is not None:
        keys = np.fromstring(row.keys_, np.int64, sep=",")
        assert (keys[1:] > keys[:-1]).all(), "in the order of the subquery"
        yield keys, row.ids.split(",")
        asked["first"] = int(keys[-1]) + 1


def ids_in_order(connection: Connection, account_id: int) -> Iterator[tuple[list[str], list[int]]]:
    """The ids, ascending, and keys of an account's profiles, some at a time."""
    question = select(profiles.c.profile_id, profiles.c.profile_key).where(profiles.c.account_id == account_id)
    ordered = question.order_by(profiles.c.profile_id)
    for part in connection.execute(ordered, execution_options={"yield_per": _ROWS_AT_ONCE}).partitions():
        yield [row[0] for row in part], [row[1] for row in part]


def ids_of(connection: Connection, account_id: int, profile_keys: Sequence[int]) -> dict[int, str]:
    """The ids of those of the profiles that are there, by key."""
    question = select(profiles.c.profile_key, profiles.c.profile_id).where(profiles.c.account_id == account_id)
    return {
        key: profile_id
        for chunk in in_chunks(profile_keys)
        for key, profile_id in connection.execute(question.where(profiles.c.profile_key.in_(chunk)))
    }


def count(connection: Connection, account_id: int) -> int:
    """How many an account has."""
    mine = select(func.count()).select_from(profiles).where(profiles.c.account_id == account_id)
    return connection.execute(mine).scalar_one()


def texts_of_property(
    connection: Connection, account_id: int, name: str, at_once: int = _ROWS_AT_ONCE
) -> Iterator[tuple[int, str]]:
    """The keys of the account's profiles whose data have a property, each with its canonical text (V2); in no order."""
    asked = {"account": account_id, "first": 0, "at_once": at_once}
    while (row := connection.execute(_DATA, asked).one()).keys_ is not None:
        keys = np.fromstring(row.keys_, np.int64, sep=",").tolist()
        lines = Lines.joined([(len(keys), row.lines)])
        yield from ((keys[place], text) for place, text in texts_of(lines, name))
        asked["first"] = keys[-1] + 1


def everybody(connection: Connection, account_id: int) -> Iterator[StoredProfile]:
    """All of an account's profiles, ordered by key."""
    question = select(profiles).where(profiles.c.account_id == account_id).order_by(profiles.c.profile_key)
    yield from map(_stored, connection.execute(question, execution_options={"yield_per": _ROWS_AT_ONCE}))


def updated_after(connection: Connection, account_id: int, after_us: int) -> list[tuple[int, int]]:
    """(profile key, instant) of every profile of an account that was last updated after an instant."""
    question = select(profiles.c.profile_key, profiles.c.updated_us)
    later = question.where(profiles.c.account_id == account_id, profiles.c.updated_us > after_us)
    return [(key, updated_us) for key, updated_us in connection.execute(later)]


def delete(connection: Connection, archive: Archive, account_id: int, profile_keys: Sequence[int], now_us: int) -> None:
    """Removes profiles and everything of them: events, message ids, tags, history, webhooks (X3).

    What the archive has of them is removed soon after: nobody can ask for it any more.
    """
    gone = Gone(
        profiles=len(profile_keys),
        events=events.delete_of_profiles(connection, archive, account_id, profile_keys),
        changes=tags.delete_of_profiles(connection, archive, account_id, profile_keys),
    )
    erasures.request(connection, account_id, profile_keys, now_us)
    tallies.add_gone(connection, gone)
    outbox.delete_of_profiles(connection, account_id, profile_keys)
    mine = select(segments.c.segment_key).where(segments.c.account_id == account_id)
    segment_keys = list(connection.scalars(mine))
    webhook_sequences.forget_profiles(connection, segment_keys, profile_keys)
    told_matches.forget_profiles(connection, segment_keys, profile_keys)
    digests.forget_profiles(connection, account_id, profile_keys)
    for chunk in in_chunks(profile_keys):
        whose = profiles.c.account_id == account_id, profiles.c.profile_key.in_(chunk)
        connection.execute(profiles.delete().where(*whose))


def _by(connection: Connection, account_id: int, question: Select[Any], values: Sequence[Any]) -> list[StoredProfile]:
    asked = (connection.execute(question, {"account": account_id, "values": chunk}) for chunk in in_chunks(values))
    found = [_stored(row) for rows in asked for row in rows]
    return sorted(found, key=lambda stored: stored.profile_key)


def _row(account_id: int, stored: StoredProfile) -> tuple[int | str, ...]:
    profile = stored.profile
    return (
        account_id,
        stored.profile_key,
        profile.profile_id,
        profile.customer_id,
        profile.has_charged,
        to_text(profile.profile_data),
        to_text(profile.platform_info),
        profile.status,
        profile.created_us,
        profile.updated_us,
    )


def _stored(row: Row[Any]) -> StoredProfile:
    profile = Profile(
        profile_id=row.profile_id,
        customer_id=row.customer_id,
        has_charged=row.has_charged,
        profile_data=to_scalars(row.profile_data),
        platform_info=to_scalars(row.platform_info),
        status=row.status,
        created_us=row.created_us,
        updated_us=row.updated_us,
    )
    return StoredProfile(row.profile_key, profile)

"""What of the store is a dataset made of? As it is at one moment, beside a server that goes on.

The archive's files are opened within one view of the store, which then ends, so that the server's log can be written
back meanwhile; whatever the archiver drops can be read for as long as it is open.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from msgspec import Struct

from octy.engine.chronicle import People
from octy.model.datasets import DatasetQuestion
from octy.model.errors import StoreError
from octy.model.instants import NEVER
from octy.model.values import canonical
from octy.store import accounts, event_types, events, items, profiles, segments
from octy.store.event_runs import FileRun, MemoryRun, runs_of
from octy.store.folder import Snapshot, snapshot
from octy.store.profiles import StoredProfile
from octy.store.segments import StoredSegment

TRIES = 5
"""How often the store is looked at anew where a file of the archive was dropped before it could be opened."""


class Source(Struct, frozen=True):
    """What of the store a dataset is made of."""

    segments: list[StoredSegment]
    left_out: dict[str, int]
    """By segment id, the deletions that are pending (X2)."""
    type_numbers: dict[str, int]
    runs: Sequence[FileRun | MemoryRun]
    people: list[StoredProfile]
    keys_ever: int
    prices: dict[str, float]
    """Of items, by id."""
    last_seq: int
    aged_us: int


def read_source(folder: Path, account_id: int) -> Source:
    """An account's. StoreError where the folder cannot be read."""
    for _ in range(TRIES):
        try:
            with snapshot(folder) as now:
                return _read(now, account_id)
        except FileNotFoundError:
            continue
    raise StoreError(f"The data folder {folder} lacks files of its archive; octy check says which.")


def _read(now: Snapshot, account_id: int) -> Source:
    connection = now.connection
    there = segments.of_account(connection, account_id)
    return Source(
        segments=[one for one in there if not one.lifetime.is_pending],
        left_out={one.segment_id: one.lifetime.deletion for one in there if one.lifetime.deletion is not None},
        type_numbers={one.event_type.event_type: one.type_id for one in event_types.of_account(connection, account_id)},
        runs=runs_of(connection, now.archive, account_id),
        people=list(profiles.everybody(connection, account_id)),
        keys_ever=profiles.next_key(connection, account_id),
        prices=items.prices(connection, account_id),
        last_seq=events.last_seq(connection),
        aged_us=accounts.by_id(connection, account_id).aged_us,
    )


def people_of(question: DatasetQuestion, source: Source) -> People:
    """Who was not there yet when all was received that is to be known, is told of from no instant on."""
    created_us = np.full(source.keys_ever, NEVER)
    is_told = np.zeros(source.keys_ever, np.bool_)
    keys = np.array([one.profile_key for one in source.people], np.int64)
    created_us[keys] = [one.profile.created_us for one in source.people]
    is_told[keys] = True
    if question.known_us is not None:
        created_us[created_us > question.known_us] = NEVER
    eligible = np.ones((len(source.segments), source.keys_ever), np.bool_)
    for place, segment in enumerate(source.segments):
        name, wanted = segment.definition.profile_property_name, segment.definition.profile_property_value
        if name is not None:
            eligible[place, keys] = [canonical(one.profile.profile_data.get(name)) == wanted for one in source.people]
    return People(created_us, is_told, eligible)

"""Data folders with a long history in them, made without going through the front door, which is another bench's job.

Profiles, event types and events are put where a server would have put them: events in the archive, the newest left in
blocks.
"""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from bench.history import History
from octy.model.clock import ManualClock
from octy.model.events import EventTypeDraft
from octy.model.keys import Keys
from octy.model.profiles import Profile
from octy.model.segments import SegmentStatus
from octy.service.clock import SystemClock
from octy.service.octy import Octy
from octy.store import event_types, profiles
from octy.store.archive import ledger
from octy.store.archive.making import new_run
from octy.store.blocks import EVENT_BLOCKS, UncutRows
from octy.store.folder import Store, open_store
from octy.store.lines import Lines
from octy.store.log_shape import EVENTS, Column, chosen
from octy.store.profiles import StoredProfile

KEYS = Keys("pk_bench", "sk_bench")
KEYS_OF_PROPERTIES = ("page", "plan")
ROWS_PER_RUN = 4_194_304
ROWS_PER_BLOCK = 500
PROFILES_AT_ONCE = 50_000
PATIENCE_SECONDS = 300


def build(folder: Path, history: History, newest: int = 0) -> int:
    """A folder with the history of one account, whose id is returned; its last `newest` events are in blocks."""
    store = open_store(folder)
    octy = Octy(store, ManualClock(int(history.created_us[0])))
    octy.start()
    account_id = octy.create_account(KEYS).account_id
    custom = [name for name in history.event_types if name != "charged"]
    octy.create_event_types(account_id, [EventTypeDraft(name, KEYS_OF_PROPERTIES) for name in custom]).result()
    octy.stop()
    store = open_store(folder)
    try:
        _add_profiles(store, account_id, history)
        _add_events(store, account_id, history, newest)
    finally:
        store.close()
    return account_id


def put_segments_to_work(folder: Path, account_id: int, definitions: Sequence[Mapping[str, Any]]) -> None:
    """Creates segments in a folder that nobody serves, and makes their tags, as a server would now."""
    octy = Octy(open_store(folder), SystemClock())
    octy.start()
    try:
        for definition in definitions:
            octy.create_segment(account_id, definition).result()
        deadline = time.monotonic() + PATIENCE_SECONDS
        while any(one.status is not SegmentStatus.ACTIVE for one in octy.reading.segments(account_id)):
            assert time.monotonic() < deadline, "the backfills never end"
            time.sleep(0.2)
    finally:
        octy.stop()


def _add_profiles(store: Store, account_id: int, history: History) -> None:
    now_us = int(history.created_us[0])
    for first in range(0, history.profiles, PROFILES_AT_ONCE):
        new = [
            StoredProfile(
                key, Profile(f"profile_{key:024x}", f"customer {key}", False, {}, {}, "active", now_us, now_us)
            )
            for key in range(first, min(first + PROFILES_AT_ONCE, history.profiles))
        ]
        with store.writer.begin():
            profiles.insert_many(store.writer, account_id, new)


def _add_events(store: Store, account_id: int, history: History, newest: int) -> None:
    with store.writer.begin():
        types = {one.event_type.event_type: one.type_id for one in event_types.of_account(store.writer, account_id)}
    type_ids = np.array([types[name] for name in history.event_types], np.int32)
    names = {type_id: name for name, type_id in types.items()}
    texts = [[msgspec.json.encode({"page": page, "plan": plan}) for page in history.pages] for plan in history.plans]
    archived = history.events - newest
    for first in range(0, archived, ROWS_PER_RUN):
        last = min(first + ROWS_PER_RUN, archived)
        rows = _rows(history, type_ids, texts, first, last)
        written = new_run(store.archive, EVENTS, account_id, rows, names, KEYS_OF_PROPERTIES)
        with store.writer.begin():
            ledger.add(store.writer, EVENTS, account_id, first + 1, last, written)
    rows = _rows(history, type_ids, texts, archived, history.events)
    with store.writer.begin():
        lines = rows.lines.at(range(newest))
        for first in range(0, newest, ROWS_PER_BLOCK):
            block = slice(first, min(first + ROWS_PER_BLOCK, newest))
            text = b"".join(line + b"\n" for line in lines[block])
            EVENT_BLOCKS.append(store.writer, account_id, chosen(rows.columns, block), text)


def _rows(
    history: History,
    type_ids: np.ndarray[tuple[int], np.dtype[np.int32]],
    texts: Sequence[Sequence[bytes]],
    first: int,
    last: int,
) -> UncutRows:
    some = slice(first, last)
    columns: dict[str, Column] = {
        "seq": np.arange(first + 1, last + 1),
        "created_us": history.created_us[some],
        "accepted_us": history.created_us[some],
        "profile_key": history.profile[some],
        "type_id": type_ids[history.event_type[some]],
    }
    codes = zip(history.plan[some].tolist(), history.page[some].tolist(), strict=True)
    return UncutRows(EVENTS.columns(columns), Lines.of([texts[plan][page] for plan, page in codes]))

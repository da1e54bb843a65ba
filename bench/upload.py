"""Uploads of history through the front door: what does random order cost, and are the tags right afterwards?

The same events, all in the past 90 days, once in order and once shuffled. Afterwards every past segment's tags are
held against a recomputation of the whole log (P7).
"""

import random
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import numpy as np
from rich.table import Table

from bench.load import drive, encode_request
from bench.server import AUTHORIZATION, Running, serving
from bench.tables import table
from bench.world import BATCH, WEIGHTS, furnish
from octy.engine.preview import members
from octy.model.instants import US_PER_DAY
from octy.model.segments import SegmentType
from octy.store import event_types, meta, profiles, segments, tags
from octy.store.event_runs import runs_of
from octy.store.folder import Store, open_store

EVENTS, EVENTS_QUICKLY = 5_000_000, 50_000
PROFILES, PROFILES_QUICKLY = 100_000, 5_000
SEGMENTS = 20
DAYS = 90
CONNECTIONS = 4
PATH = "/v1/retention/events/create/batch"


def tables(*, quick: bool) -> Iterator[Table]:
    """One table."""
    count, customers = (EVENTS_QUICKLY, PROFILES_QUICKLY) if quick else (EVENTS, PROFILES)
    title = f"Uploads of {count:,} events of {customers:,} profiles, {DAYS} days of history, {SEGMENTS} segments"
    shown = table(title, "order", "events/s", "µs of the core", "of in order", "tags")
    in_order = 0.0
    for name in ("in order", "random"):
        with serving() as server:
            ids = furnish(server, SEGMENTS, customers)
            requests = _requests(ids, count, shuffled=name == "random")
            used = server.cpu_seconds()
            per_second = drive(server.port, requests, CONNECTIONS).per_second * BATCH
            core_us = (server.cpu_seconds() - used) / count * 1e6
            del requests
            verdict = _verdict(server)
        in_order = in_order or per_second
        shown.add_row(name, f"{per_second:,.0f}", f"{core_us:.1f}", f"{per_second / in_order:.0%}", verdict)
    yield shown


def _requests(ids: Sequence[str], count: int, *, shuffled: bool) -> list[bytes]:
    """The same events in one order or another."""
    chance = random.Random(5)
    now_us = time.time_ns() // 1000
    instants = sorted(chance.randrange(now_us - DAYS * US_PER_DAY, now_us) for _ in range(count))
    names = chance.choices(list(WEIGHTS), list(WEIGHTS.values()), k=count)
    plans = ("gold", "silver", "free")
    objects = [
        b'{"event_type":"%s","profile_id":"%s","created_at":"%s","event_properties":{"plan":"%s","page":"/p/%d"}}'
        % (
            name.encode(),
            chance.choice(ids).encode(),
            datetime.fromtimestamp(at_us / 1e6, UTC).isoformat(timespec="microseconds").encode(),
            chance.choice(plans).encode(),
            chance.randrange(500),
        )
        for name, at_us in zip(names, instants, strict=True)
    ]
    if shuffled:
        chance.shuffle(objects)
    bodies = (b'{"events":[%s]}' % b",".join(objects[first : first + BATCH]) for first in range(0, count, BATCH))
    return [encode_request(PATH, AUTHORIZATION, body) for body in bodies]


def _verdict(server: Running) -> str:
    """Stops the server, and recomputes what it says."""
    server.process.terminate()
    server.process.wait(timeout=60)
    store = open_store(server.data)
    try:
        return _compared(store)
    finally:
        store.close()


def _compared(store: Store) -> str:
    with store.reading() as snapshot:
        (account_id,) = {one.account_id for one in segments.all_segments(snapshot)}
        past = [
            one for one in segments.of_account(snapshot, account_id) if one.definition.segment_type is SegmentType.PAST
        ]
        numbers = {one.event_type.event_type: one.type_id for one in event_types.of_account(snapshot, account_id)}
        borne = [set(tags.tagged_profiles(snapshot, one.segment_key).tolist()) for one in past]
        runs = runs_of(snapshot, store.archive, account_id)
        applied_us = int(meta.get_value(snapshot, "now_us") or 0)
        profile_count = profiles.next_key(snapshot, account_id)
    found = members([one.definition for one in past], numbers, runs, profile_count, applied_us, threads=2)
    wrong = sum(len(one ^ set(np.flatnonzero(member).tolist())) for one, member in zip(borne, found, strict=True))
    return f"{sum(map(len, borne)):,} right" if not wrong else f"{wrong:,} WRONG"

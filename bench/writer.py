"""The writer alone, on one core: batches that are decoded already, and answers that nobody encodes.

However many processes parsed requests, the server would not take more than this.
"""

import tempfile
import time
from pathlib import Path

import msgspec

from bench.server import SERVER_CORE, on_core
from bench.world import BATCH, WEIGHTS, definitions, events
from octy.model.events import EventTypeDraft, PlainEventDraft
from octy.model.keys import Keys
from octy.model.profiles import ProfileDraft
from octy.service.clock import SystemClock
from octy.service.octy import Octy
from octy.store.folder import open_store

AT_ONCE = 4
"""How many batches wait for the writer at any time."""


def writing_per_second(batch_count: int, segments: int, profiles: int) -> float:
    """Events per second that are judged, evaluated and durably stored."""
    with tempfile.TemporaryDirectory(prefix="octy-bench-") as folder, on_core(SERVER_CORE):
        octy = Octy(open_store(Path(folder) / "data"), SystemClock())
        octy.start()
        try:
            account_id = octy.create_account(Keys("pk_bench", "sk_bench")).account_id
            ids = _furnish(octy, account_id, segments, profiles)
            batches = [msgspec.convert(events(ids, BATCH, seed), list[PlainEventDraft]) for seed in range(batch_count)]
            began = time.perf_counter()
            waiting = [octy.ingest(account_id, batch) for batch in batches[:AT_ONCE]]
            for batch in batches[AT_ONCE:]:
                waiting.pop(0).result()
                waiting.append(octy.ingest(account_id, batch))
            for future in waiting:
                future.result()
            return batch_count * BATCH / (time.perf_counter() - began)
        finally:
            octy.stop()


def _furnish(octy: Octy, account_id: int, segments: int, profiles: int) -> list[str]:
    """As `bench.world.furnish`, without a server."""
    types = [EventTypeDraft(name, ("plan", "page")) for name in WEIGHTS if name != "charged"]
    octy.create_event_types(account_id, types).result()
    ids: list[str] = []
    for first in range(0, profiles, BATCH):
        drafts = [ProfileDraft(f"customer {number}") for number in range(first, first + BATCH)]
        ids += [one.profile_id for one in octy.create_profiles(account_id, drafts).result().done]
    for definition in definitions(segments):
        octy.create_segment(account_id, definition).result()
    return ids

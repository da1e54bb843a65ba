"""Do the checks catch mistakes (C05)? Some that one might make, each put into the product for as long as seeds run.

The product has no switch for them: a mistake replaces a function, a constant or a setting at a named place. Run as a
module it prints which check caught which; the exit code says whether any got away.
"""

import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from octy.service import archiver, backfills, ingest, writer
from octy.service.pending import PendingEvents
from octy.store import erasures, event_runs, outbox, sqlite
from octy.store.archive import ledger, run_writer
from octy.webhooks import schedule
from octy.webhooks.sender import Delivered, Sender
from tests.simulation.__main__ import folder
from tests.simulation.simulation import simulate

SEEDS = range(8)
DAYS = 15
Patch = pytest.MonkeyPatch
Make = Callable[[Patch], None]


def _nothing(*_: Any, **__: Any) -> None:
    """In the place of what should be done."""


def _without(place: object, name: str) -> Make:
    return lambda patch: patch.setattr(place, name, _nothing)


def _instead(place: object, name: str, value: object) -> Make:
    return lambda patch: patch.setattr(place, name, value)


def _id_per_attempt(patch: Patch) -> None:
    headers = Sender._headers

    def other(self: Sender, delivery: Any) -> dict[str, str]:
        said = headers(self, delivery)
        return said | {"webhook-id": f"{said['webhook-id']}-{delivery.attempts}"}

    patch.setattr(Sender, "_headers", other)


def _id_of_the_profile(patch: Patch) -> None:
    def other(_: Sender, delivery: Any) -> dict[str, str]:
        return {"webhook-id": f"msg_{delivery.profile_key}"}

    patch.setattr(Sender, "_headers", other)


def _late_events_count_from_now(patch: Patch) -> None:
    instants = ingest._instants

    def now(tx: Any, said_us: Any, repeats: Any) -> tuple[list[int], list[int]]:
        _, accepted_us = instants(tx, said_us, repeats)
        return accepted_us, accepted_us

    patch.setattr(ingest, "_instants", now)


def _what_came_meanwhile_is_missed(patch: Patch) -> None:
    accepted_after = event_runs.accepted_after

    def none(connection: Any, archive: Any, account_id: int, _: int) -> Any:
        return accepted_after(connection, archive, account_id, 2**62)

    patch.setattr(backfills, "accepted_after", none)


def _no_webhook_for_updates(patch: Patch) -> None:
    add = outbox.add

    def some(connection: Any, rows: Any, wait_us: int) -> None:
        add(connection, [one for one in rows if b"tag updated" not in one.body], wait_us)

    patch.setattr(outbox, "add", some)


MISTAKES: Mapping[str, Make] = {
    "synchronous is NORMAL": _instead(sqlite, "_WRITER_PRAGMAS", (*sqlite._WRITER_PRAGMAS, "synchronous = NORMAL")),
    "files of the archive are not synced": _without(run_writer, "sync_file"),
    "message ids are kept in memory alone": _without(PendingEvents, "store_message_ids"),
    "message ids are forgotten after a minute": _instead(writer, "MESSAGE_IDS_KEPT_US", 60_000_000),
    "late events count from now": _late_events_count_from_now,
    "a backfill misses what came meanwhile": _what_came_meanwhile_is_missed,
    "rows leave their blocks, and their file is not in the ledger": _without(ledger, "add"),
    "files that were merged stay in the ledger": _without(ledger, "remove"),
    "an erasure leaves the archive as it is": _instead(archiver, "erase", lambda *_: iter(())),
    "an erasure is never done with": _without(erasures, "done"),
    "any answer of a receiver will do": _instead(Sender, "_judged", lambda _, answer, __: Delivered(answer.status)),
    "a webhook is given up after two attempts": _instead(schedule.Schedule, "attempts_max", 2),
    "a webhook has another id with each attempt": _id_per_attempt,
    "a webhook's id is its profile's": _id_of_the_profile,
    "a tag that moves is told to nobody": _no_webhook_for_updates,
    "what became of attempts is not stored": _without(outbox, "record"),
}


def caught_by(make: Make) -> str | None:
    """The first words of the check that noticed the mistake, and in which seed; None where no seed did."""
    for seed in SEEDS:
        with tempfile.TemporaryDirectory(dir=folder(), prefix="octy-mistake-") as root, Patch.context() as patch:
            make(patch)
            try:
                simulate(seed, Path(root), DAYS)
            except Exception as error:  # noqa: BLE001 - a server that breaks has noticed too
                return f"{type(error).__name__}: {str(error).split(':')[0][:70]} (seed {seed})"
    return None


def main() -> int:
    """The table."""
    missed = 0
    print("| mistake | caught by |\n| --- | --- |")
    for name, make in MISTAKES.items():
        found = caught_by(make)
        missed += found is None
        print(f"| {name} | {found or 'nothing'} |", flush=True)
    print(f"{len(MISTAKES) - missed} of {len(MISTAKES)} caught")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())

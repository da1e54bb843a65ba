"""Mistakes with who is in which segment, and from when on."""

from collections.abc import Mapping
from typing import Any

from octy.engine import engine, specification
from octy.engine.engine import Engine
from octy.engine.kernels.timers import timers_for
from octy.model import lifetimes
from octy.model.instants import US_PER_HOUR
from octy.service import backfills, ingest, restore, writer
from octy.store import event_runs
from tests.mistakes.making import Mistake, Patch, changed, instead


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


def _windows_are_too_long(patch: Patch) -> None:
    spec = specification._spec

    def longer(kind: int, width: int, length_us: int, **others: int) -> Any:
        return spec(kind, width, length_us + 1, **others)

    patch.setattr(specification, "_spec", longer)


def _timers_end_with_their_process(patch: Patch) -> None:
    def disarmed(*of: Any) -> Any:
        world = restore.restore(*of)
        for one in world.tenants.values():
            one.engine._windows = timers_for(engine.TIMERS_FREE_MIN)
            one.engine._timers = timers_for(engine.TIMERS_FREE_MIN)
            one.refresh_due()
        return world

    patch.setattr(writer, "restore", disarmed)


def _live_segments_begin_anew(patch: Patch) -> None:
    relive = Engine.relive

    def forgetful(self: Engine, segments: Any, type_numbers: Any, _: Any, threads: int) -> None:
        relive(self, segments, type_numbers, [], threads)

    patch.setattr(Engine, "relive", forgetful)


def _deleted_segments_stay_longer(patch: Patch) -> None:
    patch.setattr(lifetimes, "PURGE_AFTER_US", lifetimes.PURGE_AFTER_US + US_PER_HOUR)


MISTAKES: Mapping[str, Mistake] = {
    "late events count from now": Mistake(_late_events_count_from_now),
    "late events do not have a profile judged anew": Mistake(instead(Engine, "history_needed", lambda *_: None)),
    "windows are a microsecond too long": Mistake(_windows_are_too_long),
    "timers end with their process": Mistake(_timers_end_with_their_process),
    "live segments begin anew with each process": Mistake(_live_segments_begin_anew),
    "a backfill misses what came meanwhile": Mistake(_what_came_meanwhile_is_missed),
    "a profile's data changes, and no tag does": Mistake(
        changed(Engine, "profile_changed", lambda _: lambda self, *__: self._changes(engine._joined([])))
    ),
    "a deleted segment stays an hour longer": Mistake(_deleted_segments_stay_longer),
}

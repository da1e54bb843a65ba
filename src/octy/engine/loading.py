"""Has every kernel that a server calls ready before its first request, so that no event waits for one."""

import numpy as np

from octy.engine.backfill import fold_runs
from octy.engine.batch import EventBatch, Floats, Ints, Longs
from octy.engine.engine import Engine, no_data
from octy.engine.kernels.halves import replace_lone_halves
from octy.engine.kernels.keys import DEPTH_MAX, first_repeat
from octy.engine.kernels.lists import measured
from octy.engine.kernels.translation import translate
from octy.engine.latecomers import Latecomers
from octy.engine.outlook import outlook
from octy.engine.reliving import LiveSegment
from octy.engine.runs import Codes, ColumnName, NumberOf
from octy.model.definitions import from_wire
from octy.model.instants import US_PER_DAY, US_PER_MINUTE
from octy.model.segments import SegmentDefinition


def definition(segment_type: str, sub_type: int, *steps: tuple[str, str]) -> SegmentDefinition:
    """A small definition; steps are (event type, action or inaction)."""
    live = segment_type == "live"
    raw = {
        "segment_name": f"{segment_type} {sub_type}",
        "segment_type": segment_type,
        "segment_sub_type": sub_type,
        "segment_timeframe": 0 if live else 1,
        "event_sequence": [
            {
                "event_type": event_type,
                "exp_timeframe": 5 if live and index < len(steps) - 1 else 0,
                "action_inaction": kind,
                "event_properties": None,
            }
            for index, (event_type, kind) in enumerate(steps)
        ],
    }
    return from_wire(raw)[0]


def load() -> None:
    """All of them."""
    live_through()
    read_history()


def live_through() -> None:
    """One small life, which calls what requests and time do."""
    engine = Engine(0)
    engine.ensure_profiles(2)
    a, b = engine.event_type_code("a"), engine.event_type_code("b")
    engine.add_live(1, definition("live", 1, ("a", "action")), 0)
    engine.add_live(2, definition("live", 2, ("a", "action"), ("b", "inaction")), 0)
    backfill = engine.begin_backfill(3, definition("past", 2, ("a", "action"), ("c", "action"), ("b", "inaction")))
    stored = EventBatch.of([(0, a, 20, 20, None), (0, a, 10, 20, None)])
    backfill.fold(stored)
    request = backfill.history_needed()
    assert request is not None
    backfill.refold(request.profiles, stored)
    engine.finish_backfill(backfill)
    again = engine.begin_backfill(4, definition("past", 1, ("a", "action")))
    again.fold(stored)
    engine.restore_past([(again, request.profiles)], no_data, np.zeros(2, np.int64))
    engine.apply(EventBatch.of([(0, a, 30, 30, None), (0, b, 40, 40, {"key": 1})]))
    late = EventBatch.of([(0, a, 10, 50, None)])
    assert engine.history_needed(late) is not None
    engine.apply(late, stored)
    Latecomers(outlook([])).tidy(0)
    _read_keys()
    engine.advance(5 * US_PER_MINUTE)
    engine.advance(2 * US_PER_DAY, at_most=1)
    engine.advance(2 * US_PER_DAY)


def read_history() -> None:
    """What a restart and a backfill do."""
    engine = Engine(0)
    engine.ensure_profiles(1)
    runs = small_runs()
    live = definition("live", 2, ("a", "action"), ("b", "inaction"))
    engine.relive([LiveSegment(1, live, 0, 0)], {"a": 0}, runs, threads=1)
    past = definition("past", 1, ("a", "action"), ("c", "action"))
    fold_runs([engine.begin_backfill(2, past)], {"a": 0}, runs, 1, now_us=20, threads=1)
    for kind in (np.uint8, np.uint16, np.int32):
        translate(np.zeros(1, np.int32), np.zeros(1, kind), np.zeros(1, np.int32))


def small_runs() -> list["_Stored"]:
    """Two, of which the later one has the earlier event."""
    return [_Stored([20]), _Stored([10])]


class _Stored:
    """A run of events of one profile and type."""

    def __init__(self, created_us: list[int]) -> None:
        self.row_count = len(created_us)
        self._created_us = created_us

    def rows_before(self, profile: int) -> int:
        return self.row_count if profile else 0

    def read(self, name: ColumnName, first: int, out: Ints | Longs) -> None:
        out[:] = self._created_us[first : first + len(out)] if name.endswith("_us") else 0

    def read_codes(self, key: str, codes: Codes, first: int, out: Ints) -> None:
        assert not codes, f"no step asks for {key} at {first}"
        out[:] = 0

    def read_numbers(self, key: str, number_of: NumberOf, first: int, out: Floats) -> None:
        out[:] = number_of(str(len(key) + first))


def _read_keys() -> None:
    text, spare = np.frombuffer(bytes(8), np.uint8), np.zeros(1, np.uint8)
    held, frames, way = np.zeros((3, 1), np.uint64), np.zeros((3, DEPTH_MAX + 1), np.int64), np.zeros((1, 2), np.int64)
    first_repeat(text, text.view(np.uint64), spare, DEPTH_MAX, held, frames, way)
    measured(text)
    replace_lone_halves(spare)

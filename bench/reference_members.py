"""Who is a member, by the plain reference: every profile's events in order, every segment, one after the other."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np
from tests.reference.model import occur_in_order
from tests.reference.segment import Event, Segment

from bench.history import History
from bench.peers.peer import Profiles
from octy.model.definitions import from_wire


def reference_members(history: History, definitions: Sequence[dict[str, Any]]) -> list[Profiles]:
    """Members of each segment at the history's now; for histories of some ten thousand events."""
    events = _events_of_profiles(history)
    segments = [Segment(key, from_wire(raw)[0], 0, 0) for key, raw in enumerate(definitions)]
    return [
        np.array(
            [profile for profile in sorted(events) if _is_member(segment, events[profile], history.now_us)], np.int32
        )
        for segment in segments
    ]


def _is_member(segment: Segment, events: Sequence[Event], now_us: int) -> bool:
    """P1 to P3."""
    window = [event for event in events if now_us - segment.window_us < event.created_us <= now_us]
    if any(inaction.matches(event) for inaction in segment.inactions for event in window):
        return False
    return occur_in_order(segment.actions, window)


def _events_of_profiles(history: History) -> dict[int, list[Event]]:
    """Each profile's events in the order of their instants."""
    found: dict[int, list[Event]] = defaultdict(list)
    rows = zip(
        history.profile.tolist(),
        history.event_type.tolist(),
        history.created_us.tolist(),
        history.plan.tolist(),
        history.page.tolist(),
        strict=True,
    )
    for seq, (profile, event_type, created_us, plan, page) in enumerate(rows, start=1):
        texts = {"plan": history.plans[plan], "page": history.pages[page]}
        found[profile].append(Event(seq, profile, history.event_types[event_type], created_us, created_us, texts))
    return found

"""What the history of tags comes to (G5): which tags does it say that a profile bears, and since when?"""

from collections.abc import Set

from octy.model.tags import Cause, ChangeKind
from octy.store.log_shape import PROFILE, Columns


def tags_told(columns: Columns, live: Set[int]) -> dict[int, dict[int, int]]:
    """By profile, then by segment key. The changes of each profile come in the order in which they were recorded.

    A past tag dates from the acceptance of the event that made it (G2), a live one from its match (G3).
    """
    found: dict[int, dict[int, int]] = {}
    names = (PROFILE, "segment_key", "kind", "cause", "effective_us", "recorded_us")
    rows = zip(*(columns[name].tolist() for name in names), strict=True)
    for profile, segment, kind, cause, effective_us, recorded_us in rows:
        borne = found.setdefault(profile, {})
        at_us = recorded_us if cause == Cause.EVENT and segment not in live else effective_us
        if kind == ChangeKind.CREATED:
            borne[segment] = at_us
        elif kind == ChangeKind.UPDATED and segment in borne:
            borne[segment] = max(at_us, borne[segment])
        elif kind == ChangeKind.REMOVED:
            borne.pop(segment, None)
    return found

"""How much memory a server needs: the formula of docs/performance.md, for the bench to be held against."""

from collections.abc import Sequence

from octy.engine.kernels.layout import WIDTH
from octy.engine.specification import live_spec, past_spec
from octy.model.segments import SegmentDefinition, SegmentType

BASE_BYTES = 340_000_000
"""Python, the libraries, the compiled kernels: 250 MB; SQLite's cache of pages; and what reading history leaves."""
BYTES_PER_PROFILE = 230
"""Its id, and the way from the id to its number."""
BYTES_PER_NEW_EVENT = 80
"""Of those that are not in the archive yet."""
BYTES_PER_WORD = 8


def resident_bytes(profiles: int, segments: Sequence[SegmentDefinition], new_events: int) -> int:
    """What a server keeps at most, where every segment knows something of every profile."""
    words = sum(map(words_of, segments))
    per_profile = BYTES_PER_PROFILE + BYTES_PER_WORD * words
    return BASE_BYTES + profiles * per_profile + new_events * BYTES_PER_NEW_EVENT


def words_of(definition: SegmentDefinition) -> int:
    """How many words a segment keeps of a profile."""
    if definition.segment_type is SegmentType.LIVE:
        return int(live_spec(definition, created_us=0)[WIDTH])
    return int(past_spec(definition)[WIDTH])

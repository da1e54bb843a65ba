"""All rules, by chapters."""

from tests.recorded.rules import Chapter
from tests.recorded.rules.asking import ACCEPTING, DELETION, EVENTS_AND_PROFILES, WEBHOOKS
from tests.recorded.rules.deciding import LIVE, MATCHING, PAST, TAGS, TIME
from tests.recorded.rules.defining import DEFINITIONS

CHAPTERS: tuple[Chapter, ...] = (
    TIME,
    ACCEPTING,
    MATCHING,
    DEFINITIONS,
    LIVE,
    PAST,
    TAGS,
    EVENTS_AND_PROFILES,
    WEBHOOKS,
    DELETION,
)

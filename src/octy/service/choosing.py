"""What does an account want to be told of? Changes of tags by their kind and their cause, and ends of backfills.

Looked up for every commit, so it is worked out once for each configuration: two small tables.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from octy.engine.batch import Longs
from octy.model import limits
from octy.model.accounts import CHOICE_OF_CAUSES, AccountConfiguration, misfits
from octy.model.errors import Problem
from octy.model.tags import CAUSE_TEXT, Cause, ChangeKind
from octy.model.values import shown
from octy.model.webhooks import CHOICE_OF_EVENTS, WebhookEvent
from octy.store.tags import ChangeColumns

EVENT_OF = {
    (True, ChangeKind.CREATED): WebhookEvent.MATCHED,
    (True, ChangeKind.UPDATED): WebhookEvent.MATCHED,
    (True, ChangeKind.REMOVED): WebhookEvent.RETRACTED,
    (False, ChangeKind.CREATED): WebhookEvent.ENTERED,
    (False, ChangeKind.REMOVED): WebhookEvent.LEFT,
}
"""What a change is, by whether its segment is live, and its kind. A past segment's tag is never updated (G2)."""

_PAST, _LIVE = 0, 1


class Choice:
    """One account's."""

    def __init__(self, configuration: AccountConfiguration) -> None:
        """Of no event where there is nowhere to send it to."""
        self.events = frozenset(configuration.webhook_events if configuration.webhook_url else ())
        self.per_minute = configuration.webhooks_per_minute
        self.breaker_share = configuration.webhook_breaker_share
        self._of_kind = np.zeros((2, max(ChangeKind) + 1), np.bool_)
        for (is_live, kind), event in EVENT_OF.items():
            self._of_kind[int(is_live), kind] = event in self.events
        self._of_cause = np.zeros(max(Cause) + 1, np.bool_)
        for cause, text in CAUSE_TEXT.items():
            self._of_cause[cause] = text in configuration.webhook_causes
        self._is_of_past, self._is_of_live = (bool(kinds.any()) for kinds in self._of_kind)

    def rows(self, changes: ChangeColumns, live: Sequence[int]) -> Longs:
        """Which of the changes are told, in their order. `live` are the keys of live segments."""
        if not (self._is_of_past or (self._is_of_live and live)):
            return _NONE
        is_live = np.isin(changes.segment, live)
        told = self._of_kind[_LIVE][changes.kind] & is_live
        if self._is_of_past:
            told |= self._of_kind[_PAST][changes.kind] & ~is_live
        return np.flatnonzero(told & self._of_cause[changes.cause])


_NONE = np.empty(0, np.int64)


def choice_problems(configuration: AccountConfiguration) -> Iterator[Problem]:
    """All that speaks against what is chosen."""
    yield from _unknown(configuration.webhook_events, "webhook_events", CHOICE_OF_EVENTS)
    yield from _unknown(configuration.webhook_causes, "webhook_causes", CHOICE_OF_CAUSES)

    if not 0 <= configuration.webhooks_per_minute <= limits.WEBHOOKS_PER_MINUTE_MAX:
        wanted = f"an integer from 1 to {limits.WEBHOOKS_PER_MINUTE_MAX:,}, or 0 for any number of webhooks"
        yield Problem("webhooks_per_minute", shown(configuration.webhooks_per_minute), wanted)
    if not 0 <= configuration.webhook_breaker_share <= 1:
        wanted = "a number above 0, up to 1, or 0 for no breaker"
        yield Problem("webhook_breaker_share", shown(configuration.webhook_breaker_share), wanted)


def _unknown(given: Sequence[str], field: str, known: Sequence[str]) -> Iterator[Problem]:
    for index, found, wanted in misfits(given, known):
        yield Problem(f"{field}[{index}]", found, wanted)

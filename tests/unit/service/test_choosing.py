"""Which changes are told, by what an account has chosen."""

from itertools import product

import numpy as np
import pytest

from octy.model.accounts import AccountConfiguration
from octy.model.tags import CAUSE_TEXT, Cause, ChangeKind
from octy.model.webhooks import CHOICE_OF_EVENTS, WebhookEvent
from octy.service.choosing import EVENT_OF, Choice, choice_problems
from octy.store.tags import ChangeColumns

URL = "https://hooks.example.org/octy"
LIVE, PAST = 1, 2
EVERY_CHANGE = [
    (segment, kind, cause)
    for segment, kind, cause in product((LIVE, PAST), ChangeKind, Cause)
    if (segment, kind) != (PAST, ChangeKind.UPDATED)
]


def columns(changes: list[tuple[int, ChangeKind, Cause]]) -> ChangeColumns:
    segment, kind, cause = zip(*changes, strict=True)
    none = np.zeros(len(changes), np.int64)
    return ChangeColumns(
        none.astype(np.int32), np.array(segment), np.array(kind, np.int32), np.array(cause, np.int32), *[none] * 5
    )


def told(configuration: AccountConfiguration) -> list[tuple[int, ChangeKind, Cause]]:
    rows = Choice(configuration).rows(columns(EVERY_CHANGE), [LIVE])
    return [EVERY_CHANGE[row] for row in rows.tolist()]


@pytest.mark.parametrize("event", CHOICE_OF_EVENTS)
@pytest.mark.parametrize("cause", Cause)
def test_what_is_told_has_the_chosen_event_and_the_chosen_cause(event: WebhookEvent, cause: Cause) -> None:
    chosen = AccountConfiguration(webhook_url=URL, webhook_events=(event,), webhook_causes=(CAUSE_TEXT[cause],))
    assert told(chosen) == [
        change for change in EVERY_CHANGE if EVENT_OF[change[0] == LIVE, change[1]] is event and change[2] is cause
    ]


def test_by_default_that_is_live_matches() -> None:
    """H1."""
    assert {(segment, kind) for segment, kind, _ in told(AccountConfiguration(webhook_url=URL))} == {
        (LIVE, ChangeKind.CREATED),
        (LIVE, ChangeKind.UPDATED),
    }


def test_nothing_is_told_where_there_is_nowhere_to_send_it_to() -> None:
    assert told(AccountConfiguration(webhook_events=tuple(CHOICE_OF_EVENTS))) == []


def test_nothing_speaks_against_what_is_offered() -> None:
    everything = AccountConfiguration(webhook_events=tuple(CHOICE_OF_EVENTS), webhook_causes=tuple(CAUSE_TEXT.values()))
    assert list(choice_problems(everything)) == []
    assert list(choice_problems(AccountConfiguration(webhook_events=(), webhook_causes=()))) == []

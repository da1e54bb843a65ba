"""Who owns everything: the account, and what it has configured (wire.md 3.2)."""

from collections.abc import Iterator, Sequence

from msgspec import Struct

from octy.model.tags import CAUSE_TEXT, Cause
from octy.model.values import shown
from octy.model.webhooks import WebhookEvent

DEFAULT_EVENTS: tuple[str, ...] = (WebhookEvent.MATCHED.value, WebhookEvent.TRAINED.value)
"""H1, H2."""
DEFAULT_CAUSES = tuple(CAUSE_TEXT[cause] for cause in (Cause.EVENT, Cause.TIME, Cause.PROPERTY))
"""What customers do and what time does. What a backfill, a deletion or a repair does is told to whoever asks for it."""
CHOICE_OF_CAUSES = tuple(CAUSE_TEXT.values())
"""By which causes an account may choose to be told of changes."""


class AccountConfiguration(Struct, frozen=True):
    """What an account tells of itself; empty strings until it does. And what it wants to be told of."""

    contact_name: str = ""
    contact_surname: str = ""
    contact_email_address: str = ""
    webhook_url: str = ""
    authenticated_id_key: str = ""
    webhook_events: tuple[str, ...] = DEFAULT_EVENTS
    """Values of `WebhookEvent`: of which changes, and of what else, there are webhooks."""
    webhook_causes: tuple[str, ...] = DEFAULT_CAUSES
    """The words of the history of tags (G5): by which causes the changes must come."""
    webhooks_per_minute: int = 0
    """About each segment, at most: what is more is told in a digest when the minute ends. 0 for any number."""
    webhook_breaker_share: float = 0.0
    """Where more than this share of all profiles flips in a segment within a minute, nothing is told of it any more.

    0 for never.
    """
    retention_days: int = 0
    """How old an event may become before it is removed; 0 where all are kept."""


class AccountLimits(Struct, frozen=True):
    """How much an account may ask for in a second: 0 for any number, None where it may what others may."""

    requests_per_second: int | None = None
    events_per_second: int | None = None


class Account(Struct, frozen=True):
    """An account. Everything else belongs to exactly one, and no request sees another's."""

    account_id: int
    name: str
    """What the operator calls it; its first public key, unless it was given another."""
    configuration: AccountConfiguration = AccountConfiguration()
    aged_us: int = 0
    """Events that happened before this instant may have been removed for their age."""
    shut_us: int | None = None
    """Since when none of its keys is taken; None where they are."""
    limits: AccountLimits = AccountLimits()


def misfits(given: Sequence[object], choice: Sequence[str]) -> Iterator[tuple[int, str, str]]:
    """What speaks against a choice of several: the place in the list, what was found there, and what was expected."""
    for index, name in enumerate(given):
        if name not in choice:
            yield index, shown(name), f"one of {', '.join(choice)}"
        elif name in given[:index]:
            yield index, f"{shown(name)} once more", "each of them once"

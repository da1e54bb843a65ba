"""Accounts on the wire (wire.md 3.1, 3.2)."""

from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from octy.http.answers import RequestMeta
from octy.model.accounts import CHOICE_OF_CAUSES, AccountConfiguration
from octy.model.instants import iso
from octy.model.webhooks import CHOICE_OF_EVENTS, Receiver, Stop


class ConfigurationChange(Struct, forbid_unknown_fields=True):
    """The account's configuration. What is absent or null stays as it is."""

    contact_name: str | None = None
    contact_surname: str | None = None
    contact_email_address: str | None = None
    webhook_url: Annotated[str | None, Meta(description="Where webhooks are sent; the empty string for nowhere.")] = (
        None
    )
    authenticated_id_key: Annotated[
        str | None,
        Meta(description="The key of `profile_data` that holds a customer's id once it is known for certain."),
    ] = None
    webhook_events: Annotated[
        tuple[str, ...] | None,
        Meta(
            description=f"Of what there are webhooks: any of {', '.join(f'`{one}`' for one in CHOICE_OF_EVENTS)}. "
            "Of live matches unless chosen otherwise."
        ),
    ] = None
    webhook_causes: Annotated[
        tuple[str, ...] | None,
        Meta(
            description="By which causes changes of tags must come to be told: any of "
            f"{', '.join(f'`{text}`' for text in CHOICE_OF_CAUSES)}. The first three unless chosen otherwise."
        ),
    ] = None

    webhooks_per_minute: Annotated[
        int | None,
        Meta(
            description="How many webhooks there are at most about each segment within a minute; the rest is told in "
            "one digest at its end. 0, as it is unless chosen otherwise, for any number."
        ),
    ] = None
    webhook_breaker_share: Annotated[
        float | None,
        Meta(
            description="A share of all profiles, above 0 up to 1. Where more flip in a segment within a minute, its "
            "webhooks stop until they are released. 0, as it is unless chosen otherwise, for never."
        ),
    ] = None
    retention_days: Annotated[
        int | None,
        Meta(description="How old events may become; older ones are removed for good within a day. 0 keeps all."),
    ] = None

    def applied_to(self, configuration: AccountConfiguration) -> AccountConfiguration:
        """The configuration after the change."""
        given = {field: value for field, value in msgspec.structs.asdict(self).items() if value is not None}
        return msgspec.structs.replace(configuration, **given)


class ReceiverShown(Struct):
    """How the receiver of webhooks fares."""

    enabled: Annotated[bool, Meta(description="Whether it is sent anything.")]
    disabled_at: Annotated[str | None, Meta(description="Since when it is not.")]
    disabled_reason: Annotated[str | None, Meta(description="Why, in a sentence.")]
    failing_since: Annotated[
        str | None, Meta(description="The first failed attempt after the last success; null where the last succeeded.")
    ]


class StopShown(Struct):
    """A segment whose webhooks have stopped, because too many profiles flipped."""

    segment_id: str
    segment_tag: str
    stopped_at: str
    withheld: Annotated[int, Meta(description="How many changes were not told since, and are not going to be.")]


class AccountShown(Struct):
    """The account as configured."""

    request_meta: RequestMeta
    account_data: AccountConfiguration
    webhook_receiver: ReceiverShown
    webhook_stops: Annotated[list[StopShown], Meta(description="Segments of which nothing is told until released.")]


def shown_stop(stop: Stop) -> StopShown:
    """As answers show it."""
    return StopShown(stop.segment_id, stop.segment_tag, iso(stop.stopped_us), stop.withheld)


def shown_receiver(receiver: Receiver) -> ReceiverShown:
    """As answers show it."""
    return ReceiverShown(
        enabled=receiver.disabled_us is None,
        disabled_at=None if receiver.disabled_us is None else iso(receiver.disabled_us),
        disabled_reason=receiver.disabled_reason,
        failing_since=None if receiver.failing_since_us is None else iso(receiver.failing_since_us),
    )

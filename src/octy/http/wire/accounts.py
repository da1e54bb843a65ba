"""Accounts on the wire (wire.md 3.1, 3.2)."""

from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from octy.http.answers import RequestMeta
from octy.model.accounts import AccountConfiguration
from octy.model.instants import iso
from octy.model.webhooks import Receiver


class ConfigurationChange(Struct, forbid_unknown_fields=True):
    """The account's configuration. What is absent or null stays as it is."""

    contact_name: str | None = None
    contact_surname: str | None = None
    contact_email_address: str | None = None
    webhook_url: Annotated[
        str | None, Meta(description="Where live matches are sent; the empty string for nowhere.")
    ] = None
    authenticated_id_key: Annotated[
        str | None,
        Meta(description="The key of `profile_data` that holds a customer's id once it is known for certain."),
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


class AccountShown(Struct):
    """The account as configured."""

    request_meta: RequestMeta
    account_data: AccountConfiguration
    webhook_receiver: ReceiverShown


def shown_receiver(receiver: Receiver) -> ReceiverShown:
    """As answers show it."""
    return ReceiverShown(
        enabled=receiver.disabled_us is None,
        disabled_at=None if receiver.disabled_us is None else iso(receiver.disabled_us),
        disabled_reason=receiver.disabled_reason,
        failing_since=None if receiver.failing_since_us is None else iso(receiver.failing_since_us),
    )

"""A receiver of webhooks that is enabled again, on the wire."""

from typing import Annotated

from msgspec import Meta, Struct

from octy.http.answers import RequestMeta
from octy.http.wire.accounts import ReceiverShown


class Enabling(Struct, forbid_unknown_fields=True):
    """What is to become of the webhooks that were made meanwhile."""

    replay: Annotated[
        bool,
        Meta(description="Send them too. Else they have failed, and can be sent once more one by one or by time."),
    ] = False


class Enabled(Struct):
    """The receiver is sent webhooks."""

    request_meta: RequestMeta
    webhook_receiver: ReceiverShown

"""Is a webhook genuine? Its signature says so, as Standard Webhooks 1 defines it.

For programs that have this client anyway; any library of the standard does the same.
"""

import hashlib
import hmac
import time
from base64 import b64decode
from collections.abc import Mapping

from octy.model.errors import OctyError

SECRET_PREFIX = "whsec_"  # noqa: S105 - what every secret begins with
AGE_SECONDS_MAX = 300


class NotGenuine(OctyError):
    """The webhook was not signed with this secret, or was changed, or is old."""


def verify_webhook(
    body: bytes, headers: Mapping[str, str], *secrets: str, age_seconds_max: float | None = AGE_SECONDS_MAX
) -> None:
    """NotGenuine unless one of the secrets has signed the body as it came.

    `age_seconds_max` is how far the attempt's time may be from this machine's; None where the sender is a sandbox,
    which has a clock of its own.
    """
    named = {name.lower(): value for name, value in headers.items()}
    webhook_id, timestamp = named.get("webhook-id", ""), named.get("webhook-timestamp", "")
    if not webhook_id or not timestamp.isdecimal():
        raise NotGenuine("The headers webhook-id and webhook-timestamp are missing, or are none.")
    given = {one.removeprefix("v1,") for one in named.get("webhook-signature", "").split() if one.startswith("v1,")}
    signed = f"{webhook_id}.{timestamp}.".encode() + body
    if not any(_matches(secret, signed, one) for secret in secrets for one in given):
        raise NotGenuine("The signature is none of this secret and body.")
    if age_seconds_max is not None and abs(time.time() - int(timestamp)) > age_seconds_max:
        raise NotGenuine(f"It was signed more than {age_seconds_max:,.0f} seconds from now.")


def _matches(secret: str, signed: bytes, signature: str) -> bool:
    key = b64decode(secret.removeprefix(SECRET_PREFIX))
    try:
        return hmac.compare_digest(hmac.digest(key, signed, hashlib.sha256), b64decode(signature))
    except ValueError:  # no base64
        return False

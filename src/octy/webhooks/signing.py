"""How does a receiver know that a webhook is ours, and new? By its signature (Standard Webhooks, version 1).

HMAC-SHA256 over id, timestamp and body. While a secret is being replaced a webhook bears a signature for each secret
that is valid, so receivers change over whenever they like.
"""

import hashlib
import hmac
import secrets
from base64 import b64encode
from collections.abc import Iterable

SECRET_BYTES = 32
"""The standard asks for 24 to 64."""
SECRET_PREFIX = "whsec_"  # noqa: S105 - what every secret begins with


def new_key() -> bytes:
    """What an account's webhooks are signed with."""
    return secrets.token_bytes(SECRET_BYTES)


def secret_of(key: bytes) -> str:
    """The key as its account gets to see it: `whsec_` and base64."""
    return SECRET_PREFIX + b64encode(key).decode()


def signatures(keys: Iterable[bytes], webhook_id: str, timestamp: int, body: bytes) -> str:
    """The header `webhook-signature`: `v1,` and base64 for each key, with blanks between."""
    signed = f"{webhook_id}.{timestamp}.".encode() + body
    return " ".join(f"v1,{b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()}" for key in keys)

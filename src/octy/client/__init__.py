"""A client of an Octy server for Python programs: `Octy` blocks, `AsyncOcty` is awaited, both do the same.

    from octy.client import Octy

    with Octy() as octy:                                  # OCTY_URL, OCTY_PUBLIC_KEY, OCTY_SECRET_KEY
        octy.track(profile_id, "charged", item_id="i1")   # returns at once

It speaks the HTTP contract and knows the model alone; `octy-cli` is built on it.
"""

from octy.client.clients import AsyncOcty, Octy
from octy.client.errors import BufferFull, NotThere, RequestRefused, SomeFailed, Unreached
from octy.client.tracking import Tracking
from octy.client.verifying import NotGenuine, verify_webhook
from octy.model.errors import OctyError, Refused, Unauthorized, Unavailable
from octy.model.events import EventDraft, EventTypeDraft
from octy.model.items import Item
from octy.model.profiles import ProfileDraft, ProfileUpdate

__all__ = [
    "AsyncOcty",
    "BufferFull",
    "EventDraft",
    "EventTypeDraft",
    "Item",
    "NotGenuine",
    "NotThere",
    "Octy",
    "OctyError",
    "ProfileDraft",
    "ProfileUpdate",
    "Refused",
    "RequestRefused",
    "SomeFailed",
    "Tracking",
    "Unauthorized",
    "Unavailable",
    "Unreached",
    "verify_webhook",
]

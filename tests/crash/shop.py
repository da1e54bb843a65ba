"""A shop's account with segments of every kind, and what its customers do, as random as a seed makes it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from octy.model.keys import Keys
from octy.service.clock import SystemClock
from octy.service.octy import Octy
from octy.store.folder import open_store
from tests.acceptance.account import Account, Json, step

EVENT_TYPES = {"view": 400, "leave": 200, "charged": 60, "cart": 40, "payment_error": 4}
"""How often each occurs."""
LATE = ("view", "leave", "charged")
"""What also happens long before it is told."""
DAYS_AGO = (29, 20, 11, 9, 3)
"""When that was: none of it near the edge of a window."""
PLANS = ("gold", "silver")
BANKS = ("north", "south")
PROFILES_PER_REQUEST = 500
WINDOW_MINUTES = 5


def open_accounts(folder: Path, count: int) -> list[tuple[str, str]]:
    """The keys of so many accounts in a new data folder, which a server opens afterwards."""
    octy = Octy(open_store(folder), SystemClock())
    octy.start()
    keys = [(f"pk_{number}", f"sk_{number}") for number in range(count)]
    for public_key, secret_key in keys:
        octy.create_account(Keys(public_key, secret_key))
    octy.stop()
    return keys


def settle(account: Account, webhook_url: str, profile_count: int) -> list[str]:
    """Segments of every kind, and customers; their ids."""
    account.send_webhooks_to(webhook_url)
    account.event_type("view", "page")
    account.event_type("leave", "page")
    account.event_type("cart", "page")
    account.event_type("payment_error", "bank")
    account.segment("payment trouble", "live", 1, step("payment_error"))
    account.segment("trouble in the north", "live", 1, step("payment_error", bank=BANKS[0]))
    account.segment("cart left", "live", 2, step("cart", minutes=WINDOW_MINUTES), step("charged", "inaction"))
    account.segment("paid after a view", "past", 1, step("view"), step("charged"), days=30)
    account.segment("came back", "past", 1, step("leave"), step("view"), days=10)
    account.segment("stayed, paid nothing", "past", 2, step("view"), step("charged", "inaction"), days=30)
    account.segment("gold that left", "past", 3, step("view"), step("leave"), days=30, plan=PLANS[0])
    account.segment("silver without a cart", "past", 4, step("view"), step("cart", "inaction"), days=10, plan=PLANS[1])
    profile_ids: list[str] = []
    for first in range(0, profile_count, PROFILES_PER_REQUEST):
        some = range(first, min(first + PROFILES_PER_REQUEST, profile_count))
        drafts = [
            {"customer_id": f"customer {one}", "profile_data": {"plan": PLANS[one % 2]}, "platform_info": {}}
            for one in some
        ]
        created = account.post("/v1/retention/profiles/create", {"profiles": drafts})["profiles"]
        profile_ids += [one["profile_id"] for one in created]
    return profile_ids


def happening(chance: Random, profile_ids: list[str], message_id: str) -> Json:
    """What a customer does: now, or it is told days later."""
    (event_type,) = chance.choices(list(EVENT_TYPES), list(EVENT_TYPES.values()))
    properties = {"number": message_id}
    if event_type == "payment_error":
        properties["bank"] = chance.choice(BANKS)
    event: Json = {
        "event_type": event_type,
        "profile_id": chance.choice(profile_ids),
        "message_id": message_id,
        "event_properties": properties,
    }
    if event_type in LATE and chance.random() < 0.5:
        ago = timedelta(days=chance.choice(DAYS_AGO), seconds=chance.randrange(3600))
        event["created_at"] = (datetime.now(UTC) - ago).isoformat()
    return event

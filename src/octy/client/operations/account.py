"""The account: do the keys fit, and what is configured (wire.md 3.1, 3.2)."""

from collections.abc import Sequence

import msgspec

from octy.client.answers import AccountAnswer
from octy.client.envelope import Done
from octy.client.requests import Requests
from octy.client.steps import Steps


def authenticate(requests: Requests) -> Steps[None]:
    """Unauthorized unless the keys belong to an account."""
    yield from requests.get("/v1/account/authenticate", Done)


def account(requests: Requests) -> Steps[AccountAnswer]:
    """What the account has configured, and how its receiver of webhooks fares."""
    return (yield from requests.get("/v1/configurations/account", AccountAnswer))


def configure(
    requests: Requests,
    *,
    contact_name: str | None = None,
    contact_surname: str | None = None,
    contact_email_address: str | None = None,
    webhook_url: str | None = None,
    authenticated_id_key: str | None = None,
    webhook_events: Sequence[str] | None = None,
    webhook_causes: Sequence[str] | None = None,
    webhooks_per_minute: float | None = None,
    webhook_breaker_share: float | None = None,
    retention_days: int | None = None,
) -> Steps[None]:
    """Changes the account's configuration; what is None stays as it is."""
    given = {
        "contact_name": contact_name,
        "contact_surname": contact_surname,
        "contact_email_address": contact_email_address,
        "webhook_url": webhook_url,
        "authenticated_id_key": authenticated_id_key,
        "webhook_events": webhook_events,
        "webhook_causes": webhook_causes,
        "webhooks_per_minute": webhooks_per_minute,
        "webhook_breaker_share": webhook_breaker_share,
        "retention_days": retention_days,
    }
    body = msgspec.json.encode({field: value for field, value in given.items() if value is not None})
    yield from requests.post("/v1/configurations/account/set", body, Done)

"""Accounts: made with first keys and their system event types, configured by their owners, limited and shut by the
operator.
"""

from collections.abc import Sequence

import msgspec
from msgspec import Struct

from octy.model import limits
from octy.model.accounts import Account, AccountConfiguration, AccountLimits
from octy.model.errors import Problem, Refused
from octy.model.events import SYSTEM_EVENT_TYPES, EventTypeDraft
from octy.model.keys import Keys, Role
from octy.model.values import problems_in, shown
from octy.model.webhooks import Receiver, Stop, WebhookEvent
from octy.service import deliveries, event_types, keys, receivers, retention
from octy.service.choosing import choice_problems
from octy.service.tenant import Tenant
from octy.service.transaction import Transaction
from octy.store import accounts, told_matches
from octy.store.keys import StoredKey
from octy.webhooks.addresses import check_url


class Configured(Struct, frozen=True):
    """An account as it was configured."""

    account: Account
    receiver: Receiver
    stops: Sequence[Stop]


class Created(Struct, frozen=True):
    """An account as it was created."""

    account: Account
    key: StoredKey


def create(tx: Transaction, name: str, given: Keys) -> Created:
    """A new account with nothing in it but the system event types (E1); Refused where name or key is taken."""
    if problems := list(problems_in(name, "name")):
        raise Refused("The name is not acceptable.", problems)
    keys.require_unused(tx, given.public_key)
    if any(account.name == name for account in tx.world.accounts()):
        raise Refused("There is an account of this name already.")
    account_id = accounts.create(tx.connection, name, tx.now_us)
    account = Account(account_id, name)
    tenant = tx.world.tenants[account_id] = Tenant(account, tx.now_us)
    for event_type, properties in SYSTEM_EVENT_TYPES.items():
        event_types.add(tx, tenant, EventTypeDraft(event_type, properties), is_system=True)
    return Created(account, keys.add(tx, account_id, given, Role.FULL))


def set_shut(tx: Transaction, account_id: int, *, is_shut: bool) -> Account:
    """Has the account's keys refused, or taken again. Its tags stay right all the while, and its webhooks go out."""
    tenant = tx.tenant(account_id)
    if is_shut == (tenant.account.shut_us is not None):
        return tenant.account
    since_us = tx.now_us if is_shut else None
    accounts.set_shut(tx.connection, account_id, since_us)
    tenant.reconfigure(msgspec.structs.replace(tenant.account, shut_us=since_us))
    return tenant.account


def limit(tx: Transaction, account_id: int, given: AccountLimits) -> Account:
    """Replaces what the account may ask for in a second; Refused where one is no such number."""
    problems = [
        Problem(name, shown(per_second), f"0 for any number, to {limits.PER_SECOND_MAX:,}")
        for name, per_second in msgspec.structs.asdict(given).items()
        if per_second is not None and not 0 <= per_second <= limits.PER_SECOND_MAX
    ]
    if problems:
        raise Refused("The limits are not acceptable.", problems)
    tenant = tx.tenant(account_id)
    accounts.limit(tx.connection, account_id, given)
    tenant.reconfigure(msgspec.structs.replace(tenant.account, limits=given))
    return tenant.account


def configure(
    tx: Transaction,
    account_id: int,
    configuration: AccountConfiguration,
    *,
    allow_private_webhooks: bool,
    allow_http_webhooks: bool,
) -> Configured:
    """Replaces the configuration. Refused, and nothing changed, where a field or the URL is not acceptable."""
    problems: list[Problem] = []
    for field, value in msgspec.structs.asdict(configuration).items():
        problems += problems_in(value, field)
    problems += choice_problems(configuration)
    tenant = tx.tenant(account_id)
    problems += retention.problems(tenant, configuration.retention_days)
    if configuration.webhook_url:
        try:
            check_url(configuration.webhook_url, allow_private=allow_private_webhooks, allow_http=allow_http_webhooks)
        except Refused as refused:
            if not problems:
                raise
            found = f"{shown(configuration.webhook_url)}: {refused.reason}"
            problems.append(Problem("webhook_url", found, "a URL that webhooks may be sent to"))
    if problems:
        raise Refused("The configuration is not acceptable.", problems)
    if configuration.webhook_url != tenant.account.configuration.webhook_url:
        receivers.replaced(tx, account_id)
    accounts.configure(tx.connection, account_id, configuration)
    before = tenant.account.configuration
    if WebhookEvent.RETRACTED in before.webhook_events and WebhookEvent.RETRACTED not in configuration.webhook_events:
        for key in tenant.segments:
            told_matches.forget_segment(tx.connection, key)
    tenant.reconfigure(msgspec.structs.replace(tenant.account, configuration=configuration))
    stops = deliveries.stops_of(tx.connection, account_id)
    return Configured(tenant.account, receivers.of_account(tx.connection, account_id), stops)

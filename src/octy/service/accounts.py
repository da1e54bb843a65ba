"""Accounts: made with their keys and their system event types, found by their keys, configured by their owners."""

import hashlib
import hmac
import secrets
from collections.abc import Iterable, Sequence

import msgspec
from msgspec import Struct

from octy.model.accounts import Account, AccountConfiguration
from octy.model.errors import Problem, Refused
from octy.model.events import SYSTEM_EVENT_TYPES, EventTypeDraft
from octy.model.values import problems_in, shown
from octy.model.webhooks import Receiver, Stop, WebhookEvent
from octy.service import deliveries, event_types, receivers, retention
from octy.service.choosing import choice_problems
from octy.service.tenant import Tenant
from octy.service.transaction import Transaction
from octy.store import accounts, told_matches
from octy.store.accounts import StoredAccount
from octy.webhooks.addresses import check_url


class Keys(Struct, frozen=True):
    """An account's credentials, as they are shown once."""

    public_key: str
    secret_key: str


def new_keys() -> Keys:
    """32 random bytes of secret; nothing to guess."""
    return Keys("pk_" + secrets.token_hex(12), "sk_" + secrets.token_urlsafe(32))


def digest(secret_key: str) -> bytes:
    """What is stored of a secret key. It is random, not chosen by a person, so a plain hash suffices."""
    return hashlib.sha256(secret_key.encode()).digest()


class Configured(Struct, frozen=True):
    """An account as it was configured."""

    account: Account
    receiver: Receiver
    stops: Sequence[Stop]


class Credentials:
    """Which account do these keys belong to? Answered from memory, in the same time whether the keys exist or not."""

    def __init__(self, stored: Iterable[StoredAccount]) -> None:
        self._accounts = {one.account.public_key: one for one in stored}
        self.changes = 0
        """How often an answer that was given before may have become another."""

    @property
    def empty(self) -> bool:
        """Whether there is no account yet."""
        return not self._accounts

    def add(self, stored: StoredAccount) -> None:
        """One more account."""
        self._accounts[stored.account.public_key] = stored
        self.changes += 1

    def account_id(self, public_key: str, secret_key: str) -> int | None:
        """The account, or None where the keys are wrong."""
        found = self._accounts.get(public_key)
        expected = found.secret_sha256 if found is not None else bytes(32)
        fits = hmac.compare_digest(digest(secret_key), expected)
        return found.account.account_id if found is not None and fits else None


def create(tx: Transaction, keys: Keys) -> StoredAccount:
    """A new account with nothing in it but the system event types (E1); Refused where the public key is taken."""
    if any(tenant.account.public_key == keys.public_key for tenant in tx.world.tenants.values()):
        raise Refused("There is an account with this public key already.")
    account_id = accounts.create(tx.connection, keys.public_key, digest(keys.secret_key), tx.now_us)
    account = Account(account_id, keys.public_key)
    tenant = tx.world.tenants[account_id] = Tenant(account, tx.now_us)
    for name, properties in SYSTEM_EVENT_TYPES.items():
        event_types.add(tx, tenant, EventTypeDraft(name, properties), is_system=True)
    return StoredAccount(account, digest(keys.secret_key))


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

"""Who owns everything: the account, its keys' public half, and what it has configured (wire.md 3.2)."""

from msgspec import Struct


class AccountConfiguration(Struct, frozen=True):
    """What an account tells of itself; empty strings until it does."""

    contact_name: str = ""
    contact_surname: str = ""
    contact_email_address: str = ""
    webhook_url: str = ""
    authenticated_id_key: str = ""
    retention_days: int = 0
    """How old an event may become before it is removed; 0 where all are kept."""


class Account(Struct, frozen=True):
    """An account. Everything else belongs to exactly one, and no request sees another's."""

    account_id: int
    public_key: str
    configuration: AccountConfiguration = AccountConfiguration()
    aged_us: int = 0
    """Events that happened before this instant may have been removed for their age."""

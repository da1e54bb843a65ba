"""What may the operator ask of a running server, and what does it answer? Carried out here, whoever carries it over.

Orders are not part of the HTTP API: whoever may read the data folder is the operator (`octy.server.control`).
"""

from collections.abc import Sequence

from msgspec import UNSET, Struct, UnsetType

from octy.model.accounts import Account, AccountLimits
from octy.model.errors import NotFound, Refused
from octy.model.instants import iso
from octy.model.keys import Key, Role
from octy.model.values import shown
from octy.service.keys import Keys, new_keys
from octy.service.octy import Octy


class Order(Struct, frozen=True, tag_field="order", tag=str.lower):
    """One of those below."""


class List(Order, frozen=True):
    """All accounts, with all keys that they ever had."""


class Create(Order, frozen=True):
    """A new account; called by its public key, where it is given no name."""

    name: str | None


class AddKeys(Order, frozen=True):
    """One more pair of keys."""

    account: str
    role: Role


class Rotate(Order, frozen=True):
    """A new pair in the place of one that is taken for a while still."""

    public_key: str
    keep_seconds: int


class Revoke(Order, frozen=True):
    """A pair that is refused from now on."""

    public_key: str


class SetShut(Order, frozen=True):
    """An account whose keys are all refused, or taken again."""

    account: str
    is_shut: bool


class Limit(Order, frozen=True):
    """How much an account may ask for in a second: 0 for any number, None for what others may. Unset stays as it is."""

    account: str
    requests_per_second: int | UnsetType | None = UNSET
    events_per_second: int | UnsetType | None = UNSET


AnyOrder = List | Create | AddKeys | Rotate | Revoke | SetShut | Limit


class KeyShown(Struct, frozen=True):
    """A pair of keys without its secret one."""

    public_key: str
    role: Role
    created_at: str
    ends_at: str | None
    is_valid: bool


class AccountShown(Struct, frozen=True):
    """An account and its keys."""

    name: str
    disabled_at: str | None
    limits: AccountLimits
    keys: Sequence[KeyShown]


class Report(Struct, frozen=True):
    """What came of an order: the accounts that it speaks of, as they are now, and new keys, shown this once."""

    accounts: Sequence[AccountShown]
    keys: Keys | None = None


def carry_out(octy: Octy, order: AnyOrder) -> Report:
    """Done, and durable, when it returns; an OctyError says why not."""
    match order:
        case List():
            return Report([_shown(octy, account) for account in octy.all_accounts()])
        case Create(name):
            if name is not None and (name != name.strip() or not name.isprintable()):
                raise Refused(
                    f"A name has printable characters, and none that are blank at its ends; found {shown(name)}."
                )
            keys = new_keys()
            return Report([_shown(octy, octy.create_account(keys, name))], keys)
        case AddKeys(account, role):
            keys = new_keys()
            found = _found(octy, account)
            octy.add_keys(found.account_id, keys, role)
            return Report([_shown(octy, found)], keys)
        case Rotate(public_key, keep_seconds):
            keys = new_keys()
            old = octy.credentials.stored(public_key).key
            octy.add_keys(old.account_id, keys, old.role)
            octy.end_keys(public_key, keep_seconds)
            return Report([_shown(octy, octy.account(old.account_id))], keys)
        case Revoke(public_key):
            key = octy.end_keys(public_key)
            return Report([_shown(octy, octy.account(key.account_id))])
        case SetShut(account, is_shut):
            return Report([_shown(octy, octy.set_shut(_found(octy, account).account_id, is_shut=is_shut))])
        case Limit(account, requests_per_second, events_per_second):
            found = _found(octy, account)
            before = found.limits
            limits = AccountLimits(
                before.requests_per_second if requests_per_second is UNSET else requests_per_second,
                before.events_per_second if events_per_second is UNSET else events_per_second,
            )
            return Report([_shown(octy, octy.limit_account(found.account_id, limits))])


def _found(octy: Octy, named: str) -> Account:
    """By its name, or by any of its public keys."""
    for account in octy.all_accounts():
        keys = octy.credentials.of_account(account.account_id)
        if named == account.name or any(named == key.public_key for key in keys):
            return account
    raise NotFound(f"There is no account {shown(named)}; octy accounts list shows those that there are.")


def _shown(octy: Octy, account: Account) -> AccountShown:
    now_us = octy.clock.now_us()
    keys = [_key_shown(key, now_us) for key in octy.credentials.of_account(account.account_id)]
    disabled_at = None if account.shut_us is None else iso(account.shut_us)
    return AccountShown(account.name, disabled_at, account.limits, keys)


def _key_shown(key: Key, now_us: int) -> KeyShown:
    ends_at = None if key.ends_us is None else iso(key.ends_us)
    return KeyShown(key.public_key, key.role, iso(key.created_us), ends_at, key.is_valid(now_us))

"""How a running server carries out what the operator asks (`octy.server.orders`)."""

from msgspec import UNSET

from octy.model.accounts import Account, AccountLimits
from octy.model.errors import NotFound, Refused
from octy.model.instants import iso
from octy.model.keys import Key
from octy.model.values import shown
from octy.server.orders import (
    AccountShown,
    AddKeys,
    AnyOrder,
    Create,
    KeyShown,
    Limit,
    List,
    Report,
    Revoke,
    Rotate,
    SetShut,
)
from octy.service.keys import new_keys
from octy.service.octy import Octy


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

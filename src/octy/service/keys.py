"""Keys: made with their accounts or later, found when a request comes, replaced and revoked by the operator.

They are words of the operator, not of an account: no request of HTTP makes or ends any.
"""

import hashlib
import hmac
import secrets
from collections.abc import Iterable

from octy.model.accounts import Account
from octy.model.clock import Clock
from octy.model.errors import NotFound, Refused
from octy.model.instants import US_PER_SECOND
from octy.model.keys import Caller, Key, Keys, Role
from octy.model.values import shown
from octy.service.transaction import Transaction
from octy.store import keys
from octy.store.keys import StoredKey


def new_keys() -> Keys:
    """32 random bytes of secret; nothing to guess."""
    return Keys("pk_" + secrets.token_hex(12), "sk_" + secrets.token_urlsafe(32))


def digest(secret_key: str) -> bytes:
    """What is stored of a secret key. It is random, not chosen by a person, so a plain hash suffices."""
    return hashlib.sha256(secret_key.encode()).digest()


class Credentials:
    """Whose are these keys? Answered from memory, in the same time whether the keys exist or not."""

    def __init__(self, clock: Clock, accounts: Iterable[Account], stored: Iterable[StoredKey]) -> None:
        self._clock = clock
        self._keys = {one.key.public_key: one for one in stored}
        self._shut = {account.account_id for account in accounts if account.shut_us is not None}
        self.changes = 0
        """How often an answer that was given before may have become another, but for keys whose end has come."""

    @property
    def empty(self) -> bool:
        """Whether there are no keys yet."""
        return not self._keys

    def put(self, stored: StoredKey) -> None:
        """One more pair, or one that has another end."""
        self._keys[stored.key.public_key] = stored
        self.changes += 1

    def set_shut(self, account_id: int, *, is_shut: bool) -> None:
        """No keys of the account are taken from now on; or again."""
        (self._shut.add if is_shut else self._shut.discard)(account_id)
        self.changes += 1

    def caller(self, public_key: str, secret_key: str) -> Caller | None:
        """Who asks; None where the keys are wrong, or are taken no longer."""
        found = self._keys.get(public_key)
        expected = found.secret_sha256 if found is not None else bytes(32)
        fits = hmac.compare_digest(digest(secret_key), expected)
        if found is None or not fits:
            return None
        caller = Caller(found.key.account_id, found.key)
        return caller if self.are_taken(caller) else None

    def are_taken(self, caller: Caller) -> bool:
        """Whether keys that were right before still are, as long as nothing `changes`."""
        return caller.key.is_valid(self._clock.now_us()) and caller.account_id not in self._shut

    def of_account(self, account_id: int) -> list[Key]:
        """All that it ever had, the oldest first."""
        return [one.key for one in self._keys.values() if one.key.account_id == account_id]

    def stored(self, public_key: str) -> StoredKey:
        """A pair; NotFound where there is none."""
        if public_key not in self._keys:
            raise NotFound(f"There are no keys with the public key {shown(public_key)}.")
        return self._keys[public_key]


def require_unused(tx: Transaction, public_key: str) -> None:
    """Refused where a pair has, or had, this public key."""
    if keys.is_known(tx.connection, public_key):
        raise Refused("There are keys with this public key already.")


def add(tx: Transaction, account_id: int, given: Keys, role: Role) -> StoredKey:
    """One more pair of keys for an account; Refused where the public one is taken."""
    require_unused(tx, given.public_key)
    stored = StoredKey(Key(given.public_key, account_id, role, tx.now_us), digest(given.secret_key))
    keys.add(tx.connection, stored)
    return stored


def end(tx: Transaction, stored: StoredKey, after_seconds: int = 0) -> StoredKey:
    """A pair that is taken for so long still. Its end comes no later than it would have come anyway."""
    at_us = tx.now_us + after_seconds * US_PER_SECOND
    if stored.key.ends_us is not None:
        at_us = min(at_us, stored.key.ends_us)
    keys.end(tx.connection, stored.key.public_key, at_us)
    key = stored.key
    return StoredKey(Key(key.public_key, key.account_id, key.role, key.created_us, at_us), stored.secret_sha256)

"""What each account's webhooks are signed with: made with the account, replaced when it asks, and kept in memory.

For a time after a replacement both secrets are valid, and webhooks bear a signature by each.
"""

from collections.abc import Sequence

import msgspec
from msgspec import Struct

from octy.model.errors import StoreError
from octy.model.instants import US_PER_HOUR
from octy.model.webhooks import WebhookSecret
from octy.service.transaction import Transaction
from octy.store import webhook_secrets
from octy.store.vault import KEY_FILE, Vault
from octy.store.webhook_secrets import StoredSecret
from octy.webhooks.signing import new_key, secret_of

OVERLAP_HOURS = 24
OVERLAP_HOURS_MAX = 168


class SigningKey(Struct, frozen=True):
    """A secret, opened."""

    key: bytes
    created_us: int
    expires_us: int | None

    def __repr__(self) -> str:
        return f"SigningKey(created_us={self.created_us}, expires_us={self.expires_us})"


class SigningKeys:
    """Every account's, the present one first. From any thread."""

    def __init__(self) -> None:
        self._keys: dict[int, tuple[SigningKey, ...]] = {}

    def load(self, stored: Sequence[StoredSecret], vault: Vault) -> None:
        """All that the store has. StoreError where they were sealed with another key."""
        found: dict[int, tuple[SigningKey, ...]] = {}
        for one in stored:
            try:
                key = vault.open(one.sealed, _owner(one.account_id))
            except ValueError:
                raise StoreError(
                    f"{KEY_FILE} in the data folder is not the key that the webhook secrets were sealed with. Put that "
                    f"back from a backup, or start once with --new-webhook-secrets: every account then gets a new "
                    f"secret, of which its receiver must be told"
                ) from None
            mine = found.get(one.account_id, ())
            found[one.account_id] = (SigningKey(key, one.created_us, one.expires_us), *mine)
        self._keys = found

    def put(self, account_id: int, keys: tuple[SigningKey, ...]) -> None:
        """The account's from now on."""
        self._keys[account_id] = keys

    def present(self, account_id: int) -> SigningKey | None:
        """The account's, that does not expire; None where it has none yet."""
        return next(iter(self._keys.get(account_id, ())), None)

    def valid(self, account_id: int, now_us: int) -> list[bytes]:
        """What the account's webhooks are signed with at an instant, the present key first."""
        return [one.key for one in self._valid(account_id, now_us)]

    def shown(self, account_id: int, now_us: int) -> list[WebhookSecret]:
        """The same, as the account sees it."""
        valid = self._valid(account_id, now_us)
        return [WebhookSecret(secret_of(one.key), one.created_us, one.expires_us) for one in valid]

    def _valid(self, account_id: int, now_us: int) -> list[SigningKey]:
        keys = self._keys.get(account_id, ())
        return [one for one in keys if one.expires_us is None or now_us < one.expires_us]


def renew(
    tx: Transaction, vault: Vault, keys: SigningKeys, account_id: int, overlap_hours: int
) -> tuple[SigningKey, ...]:
    """A new secret for the account, durable with the transaction; its present one stays valid for so many hours.

    No other does: at most two are valid at once.
    """
    new = [SigningKey(new_key(), tx.now_us, None)]
    present = keys.present(account_id)
    if present is not None and overlap_hours:
        new.append(msgspec.structs.replace(present, expires_us=tx.now_us + overlap_hours * US_PER_HOUR))
    sealed = [
        StoredSecret(account_id, vault.seal(one.key, _owner(account_id)), one.created_us, one.expires_us)
        for one in reversed(new)
    ]
    webhook_secrets.replace(tx.connection, account_id, sealed)
    return tuple(new)


def _owner(account_id: int) -> str:
    return f"webhook secret of account {account_id}"

"""What may the operator ask of a running server, and what does it answer?

Orders are not part of the HTTP API: whoever may read the data folder is the operator (`octy.server.control`). They are
asked by a command that is to be quick, so nothing of the service is loaded here.
"""

from collections.abc import Sequence

from msgspec import UNSET, Struct, UnsetType

from octy.model.accounts import AccountLimits
from octy.model.keys import Keys, Role


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

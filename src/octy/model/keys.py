"""What does a pair of keys let its bearer do, and how long?"""

from enum import StrEnum

from msgspec import Struct


class Role(StrEnum):
    """What a pair of keys is for."""

    FULL = "full"
    READ = "read"
    """Sees all that the account has but its webhook secrets; changes nothing."""
    INGEST = "ingest"
    """Sends events, profiles and items; sees nothing."""

    def may(self, needed: "Role") -> bool:
        """Whether it lets its bearer do what is for `needed`."""
        return self in (Role.FULL, needed)


class Keys(Struct, frozen=True):
    """A pair of keys, as it is shown once."""

    public_key: str
    secret_key: str


class Key(Struct, frozen=True):
    """A pair of keys, without its secret one."""

    public_key: str
    account_id: int
    role: Role
    created_us: int
    ends_us: int | None = None
    """From this instant on they are refused: a rotation has replaced them, or they were revoked."""

    def is_valid(self, now_us: int) -> bool:
        """Whether they are taken now."""
        return self.ends_us is None or now_us < self.ends_us


class Caller(Struct, frozen=True):
    """Who asks: an account, by keys of a role."""

    account_id: int
    key: Key

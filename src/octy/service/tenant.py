"""What the writer keeps in memory of one account: its engine, and the names by which requests speak of things.

All of it is derived from the store, so it can be dropped and rebuilt at any time (`octy.service.restore`).
"""

from collections.abc import Sequence

import msgspec
from msgspec import Struct
from sqlalchemy import Connection

from octy.engine.backfill import Backfill
from octy.engine.batch import Ints
from octy.engine.engine import Engine
from octy.engine.surge import Settled
from octy.model.accounts import Account
from octy.model.instants import NEVER
from octy.service.choosing import Choice
from octy.service.recent import Recent
from octy.service.storms import Storm
from octy.store.blocks import CHANGE_BLOCKS
from octy.store.event_types import StoredEventType
from octy.store.log_shape import EVENTS, LogShape
from octy.store.segments import StoredSegment


class KnownType(Struct, frozen=True):
    """An event type, by the numbers that the store and the engine know it by."""

    type_id: int
    code: int
    event_type_id: str
    properties: frozenset[str]


class Going(Struct, frozen=True):
    """What a purge is known to remove, before it does."""

    deletion: int
    """Which of the segment's it is (`Lifetime.deletion`)."""
    profiles: Ints
    """Those whose tags go, ascending: int32[tags]."""
    tags_sha256: bytes

    def holds(self, deletion: int | None, count: int) -> bool:
        """Whether it is so yet, where the segment has `count` tags: no tag is added (X1), and they go with profiles."""
        return (self.deletion, len(self.profiles)) == (deletion, count)


class Tenant:
    """One account at work."""

    def __init__(self, account: Account, now_us: int) -> None:
        self.reconfigure(account)
        self.engine = Engine(now_us)
        self.due_us = NEVER
        """When time alone may next change something; kept by `refresh_due`."""
        self.types: dict[str, KnownType] = {}
        self.codes: dict[int, int] = {}
        """The engine's code of a stored type id."""
        self.profile_keys: dict[str, int] = {}
        self.profile_ids: list[str] = []
        """By profile key; empty for a profile that was deleted."""
        self.charged: set[int] = set()
        """Profiles whose `has_charged` was set by an event since the start: no later one need do so again (E4)."""
        self.segments: dict[int, StoredSegment] = {}
        self.backfills: dict[int, Backfill] = {}
        self.going: dict[int, Going] = {}
        """By key, of segments whose deletion is pending: what `service.preparing` has found out."""
        self.storm = Storm(account.account_id)
        self.noted: Settled | None = None
        """What the store says of how far the engine is behind."""
        self.recent = Recent()
        self.unarchived_changes = 0
        """How many changes of tags the archive does not have yet."""

    def reconfigure(self, account: Account) -> None:
        """The account as it is configured from now on."""
        self.account = account
        self.choice = Choice(account.configuration)

    @property
    def account_id(self) -> int:
        """The account's number in the store."""
        return self.account.account_id

    def set_aged(self, before_us: int) -> None:
        """Events that happened before an instant may be gone from now on."""
        self.account = msgspec.structs.replace(self.account, aged_us=before_us)

    def add_type(self, stored: StoredEventType) -> None:
        """An event type is there."""
        name = stored.event_type.event_type
        code = self.engine.event_type_code(name)
        properties = frozenset(stored.event_type.event_properties)
        self.types[name] = KnownType(stored.type_id, code, stored.event_type.event_type_id, properties)
        self.codes[stored.type_id] = code

    def remove_type(self, name: str) -> None:
        """An event type is gone; its code stays with the definitions that name it."""
        known = self.types.pop(name)
        del self.codes[known.type_id]

    def add_profile(self, key: int, profile_id: str) -> None:
        """A profile is there. Keys come in ascending order; those between belong to deleted profiles."""
        self.profile_ids.extend([""] * (key - len(self.profile_ids)))
        self.profile_ids.append(profile_id)
        self.profile_keys[profile_id] = key
        self.engine.ensure_profiles(key + 1)

    def load_profiles(self, keys: Sequence[int], profile_ids: Sequence[str]) -> None:
        """Profiles that the store has, by ascending keys; `reserve_profiles` follows the last."""
        self.profile_keys.update(zip(profile_ids, keys, strict=True))
        self.profile_ids.extend([""] * (keys[-1] + 1 - len(self.profile_ids)))
        if keys[-1] - keys[0] == len(keys) - 1:
            self.profile_ids[keys[0] :] = profile_ids
        else:
            for key, profile_id in zip(keys, profile_ids, strict=True):
                self.profile_ids[key] = profile_id

    def reserve_profiles(self, count: int) -> None:
        """Keys below `count` were given once, some of them to profiles that were deleted."""
        self.profile_ids.extend([""] * (count - len(self.profile_ids)))
        self.engine.ensure_profiles(count)

    def remove_profile(self, profile_id: str) -> None:
        """A profile is gone."""
        key = self.profile_keys.pop(profile_id)
        self.profile_ids[key] = ""
        self.engine.forget_profile(key)

    def type_numbers(self) -> dict[str, int]:
        """The store's id of each event type, by name."""
        return {name: known.type_id for name, known in list(self.types.items())}  # another thread may add one

    def type_ids(self, codes: frozenset[int] | set[int]) -> list[int]:
        """The store's ids of the engine's codes; codes of types that do not exist have none."""
        return [type_id for type_id, code in list(self.codes.items()) if code in codes]  # another thread may add one

    def archived(self, connection: Connection, shape: LogShape, last_number: int) -> None:
        """The archive has a log's rows up to a number, but for those of deleted profiles."""
        if shape is EVENTS:
            self.recent.drop_through(last_number)
        else:
            self.unarchived_changes = CHANGE_BLOCKS.counts(connection).get(self.account_id, 0)

    def refresh_due(self) -> None:
        """Looks up anew when time alone may next do something: to a tag, to a deleted segment (X2), to a digest."""
        purges = [segment.lifetime.purge_us for segment in self.segments.values()]
        self.due_us = min([self.engine.next_due_us(), self.storm.due_us, *purges])

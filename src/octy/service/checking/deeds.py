"""What the profiles of an account did, as the plain evaluator of `octy.model.membership` takes it."""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import msgspec
import numpy as np
from sqlalchemy import Connection

from octy.model.membership import Occurred, Texts, texts_of
from octy.service.checking.catalog import CheckedAccount
from octy.service.checking.logs import AccountLog, Part
from octy.store.archive.archive import Archive
from octy.store.archive.parquet import NOTHING
from octy.store.log_shape import EVENTS, PROFILE

LINES_REMEMBERED = 65_536
"""Of how many different properties the decoded form is kept: most events' are like others'."""

_decode = msgspec.json.Decoder(dict[str, Any]).decode


class Deeds:
    """Reads them for some profiles at a time."""

    def __init__(
        self,
        connection: Connection,
        archive: Archive,
        account: CheckedAccount,
        profile_keys: Sequence[int] | None = None,
    ) -> None:
        """`profile_keys`: those that will be asked for, where they are few."""
        self.log = AccountLog(connection, archive, EVENTS, account.account_id, profile_keys)
        steps = [step for one in account.segments for step in one.stored.definition.event_sequence]
        self._names = account.types
        self._asked = _numbers(account.types, {step.event_type for step in steps})
        self._looked_into = _numbers(account.types, {step.event_type for step in steps if step.event_properties})
        keys = frozenset(key for step in steps for key in step.event_properties or {})
        self._texts: Callable[[bytes], Texts] = lru_cache(LINES_REMEMBERED)(lambda line: _texts(line, keys))

    def of(self, parts: Sequence[Part]) -> dict[int, list[Occurred]]:
        """By profile, in the order in which they happened (T2): the events of types that a segment names."""
        found: dict[int, list[Occurred]] = {}
        for part in parts:
            for profile, event in self._events(part):
                found.setdefault(profile, []).append(event)
        for events in found.values():
            events.sort(key=lambda event: (event.created_us, event.seq))
        return found

    def _events(self, part: Part) -> list[tuple[int, Occurred]]:
        columns = part.columns
        asked = np.isin(columns["type_id"], self._asked)
        looked_into = np.isin(columns["type_id"], self._looked_into)
        lines = iter(self.log.properties(part, looked_into))
        wanted = (PROFILE, "seq", "type_id", "created_us", "accepted_us")
        rows = zip(*(columns[name][asked].tolist() for name in wanted), looked_into[asked].tolist(), strict=True)
        return [
            (
                profile,
                Occurred(
                    seq,
                    self._names[type_id],
                    created_us,
                    accepted_us,
                    self._texts(next(lines)) if has_texts else {},
                ),
            )
            for profile, seq, type_id, created_us, accepted_us, has_texts in rows
        ]


def _numbers(types: Mapping[int, str], names: set[str]) -> list[int]:
    return [number for number, name in types.items() if name in names]


def _texts(line: bytes, keys: frozenset[str]) -> Texts:
    """Of properties in JSON, those that any segment names."""
    properties = {} if line in NOTHING else _decode(line)
    return texts_of({key: value for key, value in properties.items() if key in keys})

"""A segment definition as somebody sent it: any JSON at all, read field by field without trusting it.

The rules (`octy.model.rules`) read drafts. A field that is absent or of a wrong type reads as `None`, so each rule
speaks only of what it can judge, and D11 alone speaks of types.
"""

from collections.abc import Mapping
from typing import Any, TypeVar, cast

T = TypeVar("T")

FIELDS = {
    "segment_name": str,
    "segment_type": str,
    "segment_sub_type": int,
    "segment_timeframe": int,
    "event_sequence": list,
    "profile_property_name": str,
    "profile_property_value": str,
}
STEP_FIELDS = {
    "event_type": str,
    "exp_timeframe": int,
    "action_inaction": str,
    "event_properties": dict,
}
OPTIONAL_FIELDS = frozenset({"profile_property_name", "profile_property_value", "event_properties"})
"""Fields that may be null, empty or absent."""

ALIASES = {"sub_type": "segment_sub_type"}
"""The documentation's name for a field that the wire calls otherwise."""


def has_type(value: object, wanted: type) -> bool:
    """Strictly: `true` is no integer, and neither is `"5"` (D11)."""
    return isinstance(value, wanted) and not (wanted is int and isinstance(value, bool))


class StepDraft:
    """One element of a draft's `event_sequence`."""

    def __init__(self, raw: Mapping[str, Any], index: int) -> None:
        self.raw = raw
        self.index = index
        self.path = f"event_sequence[{index}]"

    @property
    def event_type(self) -> str | None:
        """The name of the event type, untrimmed."""
        return _read(self.raw, "event_type", str)

    @property
    def exp_timeframe(self) -> int | None:
        """Minutes."""
        return _read(self.raw, "exp_timeframe", int)

    @property
    def properties(self) -> dict[str, Any]:
        """The event properties; empty where none are given."""
        return _read(self.raw, "event_properties", dict) or {}

    @property
    def is_inaction(self) -> bool | None:
        """None where the step says neither `action` nor `inaction`."""
        return {"action": False, "inaction": True}.get(_read(self.raw, "action_inaction", str) or "")


class Draft:
    """A definition before judgement."""

    def __init__(self, raw: Mapping[str, Any]) -> None:
        self.raw = {ALIASES.get(key, key): value for key, value in raw.items()}

    @property
    def name(self) -> str | None:
        """The name, trimmed (D1)."""
        name = _read(self.raw, "segment_name", str)
        return name.strip() if name is not None else None

    @property
    def segment_type(self) -> str | None:
        """`live` or `past`; None for anything else."""
        kind = _read(self.raw, "segment_type", str)
        return kind if kind in ("live", "past") else None

    @property
    def sub_type(self) -> int | None:
        """The sub-type, where the segment type has such a one (D1)."""
        number = _read(self.raw, "segment_sub_type", int)
        last = {"live": 2, "past": 4}.get(self.segment_type or "", 4)
        return number if number is not None and 1 <= number <= last else None

    @property
    def timeframe(self) -> int | None:
        """Days."""
        return _read(self.raw, "segment_timeframe", int)

    @property
    def steps(self) -> list[StepDraft]:
        """The elements of the sequence that are objects, each with its own index."""
        sequence = _read(self.raw, "event_sequence", list) or []
        return [StepDraft(raw, index) for index, raw in enumerate(sequence) if isinstance(raw, dict)]

    @property
    def sequence_length(self) -> int | None:
        """How many elements the sequence has; None where it is no list."""
        sequence = _read(self.raw, "event_sequence", list)
        return len(sequence) if sequence is not None else None

    @property
    def property_name(self) -> str | None:
        """The profile property's name; None where absent, null or empty."""
        return _read(self.raw, "profile_property_name", str) or None

    @property
    def property_value(self) -> str | None:
        """The profile property's value; None where absent, null or empty."""
        return _read(self.raw, "profile_property_value", str) or None


def _read(raw: Mapping[str, Any], field: str, wanted: type[T]) -> T | None:
    value = raw.get(field)
    return cast("T", value) if has_type(value, wanted) else None

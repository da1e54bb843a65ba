"""A shop whose customers are easy to talk about: `shop.views("ana", at="12:00")`, `shop.tags("ana")`.

An instant is a time of the first day (`12:00`, `12:04:59.999999`), of a later one (`3d 12:00`) or of an earlier one
(`-1d 12:00`). An event ahead of the shop's clock moves it (T4); one behind it is late, and accepted at the clock's now.
"""

import re
from datetime import datetime
from typing import Any, NamedTuple

from octy.model.definitions import from_wire
from octy.model.instants import NEVER, US_PER_DAY, US_PER_HOUR, US_PER_MINUTE, US_PER_SECOND, from_datetime
from octy.model.tags import CAUSE_TEXT, TagChange
from octy.model.values import Scalar
from tests.reference.life import Change, Life, Occurrence

OPENING_US = from_datetime(datetime(2024, 2, 28))
"""Midnight of the first day; the next one is a leap day."""

_INSTANT = re.compile(r"(?:(-?\d+)d )?(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{6}))?)?")


class Did(NamedTuple):
    """What somebody did: a step of a definition, or an event."""

    event_type: str
    properties: dict[str, Any] | None = None


def did(event_type: str, **properties: Any) -> Did:
    """`did("pay", plan="gold")`."""
    return Did(event_type, properties or None)


def instant(text: str) -> int:
    """Microseconds since 1970."""
    parts = _INSTANT.fullmatch(text)
    assert parts is not None, text
    days, hours, minutes, seconds, micros = (int(part or 0) for part in parts.groups())
    in_day_us = hours * US_PER_HOUR + minutes * US_PER_MINUTE + seconds * US_PER_SECOND + micros
    return OPENING_US + days * US_PER_DAY + in_day_us


def told(segment: str, change: Change | TagChange) -> str:
    """`checkout created at 12:05 by elapsed time`; `..., known at 12:09` where it got known later."""
    line = f"{segment} {change.kind.name.lower()} at {said(change.effective_us)} by {CAUSE_TEXT[change.cause]}"
    late = change.recorded_us != change.effective_us
    return line + (f", known at {said(change.recorded_us)}" if late else "")


def said(instant_us: int) -> str:
    """The shortest text that `instant` reads back."""
    days, in_day_us = divmod(instant_us - OPENING_US, US_PER_DAY)
    hours, in_hour_us = divmod(in_day_us, US_PER_HOUR)
    minutes, in_minute_us = divmod(in_hour_us, US_PER_MINUTE)
    seconds, micros = divmod(in_minute_us, US_PER_SECOND)
    text = f"{days}d " if days else ""
    text += f"{hours:02}:{minutes:02}"
    if seconds or micros:
        text += f":{seconds:02}"
    return text + (f".{micros:06}" if micros else "")


class Shop:
    """An account: its customers by name, its segments by name, its clock in words."""

    def __init__(self, life: Life) -> None:
        self.life = life
        self._customers: dict[str, int] = {}
        self._segments: dict[str, int] = {}
        self.changes: list[Change] = []
        """Everything that was recorded, in order."""

    # The catalog

    def live(self, name: str, action: str | Did, *, unless: str | Did | None = None, within_minutes: int = 5) -> None:
        """Live 1; with `unless`, live 2."""
        steps = [_step(action, "action", within_minutes if unless else 0)]
        steps += [_step(unless, "inaction")] if unless else []
        self.life.create_live(self._new_key(name), _defined(name, "live", 2 if unless else 1, 0, steps))

    def past(self, name: str, *actions: str | Did, days: int, unless: str | Did | None = None, **wants: str) -> None:
        """Past 1; with `unless`, past 2; with a profile property that is wanted, past 3 and 4."""
        self.begins_past(name, *actions, days=days, unless=unless, **wants)
        self.ends_backfill(name)

    def begins_past(
        self, name: str, *actions: str | Did, days: int, unless: str | Did | None = None, **wants: str
    ) -> None:
        """As `past`, with the backfill under way."""
        steps = [_step(action, "action") for action in actions]
        steps += [_step(unless, "inaction")] if unless else []
        sub_type = (2 if unless else 1) + (2 if wants else 0)
        self.life.begin_backfill(self._new_key(name), _defined(name, "past", sub_type, days, steps, **wants))

    def ends_backfill(self, name: str) -> None:
        """P6."""
        self.changes += self.life.finish_backfill(self._segments[name])

    def deletes(self, name: str) -> None:
        """X1."""
        self.life.remove_segment(self._segments[name])

    # The customers

    def views(self, who: str, at: str, **properties: Any) -> None:
        """An event of type `view`."""
        self.uploads(who, ("view", at, properties))

    def pays(self, who: str, at: str, **properties: Any) -> None:
        """An event of type `pay`."""
        self.uploads(who, ("pay", at, properties))

    def does(self, who: str, what: str, at: str, **properties: Any) -> None:
        """An event of any type."""
        self.uploads(who, (what, at, properties))

    def uploads(self, who: str, *events: tuple[str, str] | tuple[str, str, dict[str, Any]]) -> None:
        """Several events in one batch."""
        accepted_us, occurrences = self.life.now_us, []
        for what, at, *properties in events:
            created_us = instant(at)
            accepted_us = max(accepted_us, created_us)
            occurrences.append(Occurrence(self._customer(who), what, created_us, accepted_us, *properties))
        self.changes += self.life.accept(occurrences)

    def learns(self, who: str, **data: Scalar) -> None:
        """The customer's whole profile data."""
        self.changes += self.life.change_data(self._customer(who), data)

    def forgets(self, who: str) -> None:
        """The customer's profile is deleted."""
        self.life.forget_profile(self._customers.pop(who))

    # The clock

    def waits_until(self, at: str) -> None:
        """Time passes."""
        self.changes += self.life.advance(instant(at))

    def is_down_until(self, at: str) -> None:
        """Time passes, and nobody is there to see it."""
        self.changes += self.life.advance(instant(at), instant(at))

    @property
    def next_due(self) -> str:
        """When time alone changes something next, or `never`."""
        due_us = self.life.next_due_us()
        return "never" if due_us == NEVER else said(due_us)

    # What is seen

    def tags(self, who: str) -> dict[str, str]:
        """The customer's tags and since when."""
        tags = self.life.tags()
        return {
            name: said(tags[key, self._customer(who)])
            for name, key in self._segments.items()
            if (key, self._customer(who)) in tags
        }

    def history(self, who: str) -> list[str]:
        """What became of the customer's tags, line by line (`told`)."""
        names = {key: name for name, key in self._segments.items()}
        customer = self._customer(who)
        return [told(names[change.segment], change) for change in self.changes if change.profile == customer]

    def causes(self, who: str) -> list[int | None]:
        """For each line of the history, the number of the event that caused it, counted from 1."""
        return [change.event for change in self.changes if change.profile == self._customer(who)]

    def _customer(self, who: str) -> int:
        if who not in self._customers:
            self._customers[who] = self.life.add_profile()
        return self._customers[who]

    def _new_key(self, name: str) -> int:
        return self._segments.setdefault(name, len(self._segments) + 1)


def _step(what: str | Did, action_inaction: str, exp_timeframe: int = 0) -> dict[str, Any]:
    event_type, properties = what if isinstance(what, Did) else Did(what)
    return {
        "event_type": event_type,
        "event_properties": properties,
        "action_inaction": action_inaction,
        "exp_timeframe": exp_timeframe,
    }


def _defined(name: str, segment_type: str, sub_type: int, days: int, steps: list[dict[str, Any]], **wants: str) -> Any:
    [(property_name, value)] = wants.items() or [("", "")]
    raw = {
        "segment_name": name,
        "segment_type": segment_type,
        "segment_sub_type": sub_type,
        "segment_timeframe": days,
        "event_sequence": steps,
        "profile_property_name": property_name,
        "profile_property_value": value,
    }
    definition, _ = from_wire(raw)
    return definition

"""How long is `6m`, `1h30m` or `2d`? In microseconds; a day has 24 hours (T1)."""

import re

from octy.model.instants import US_PER_DAY, US_PER_HOUR, US_PER_MINUTE, US_PER_SECOND

DURATION_FORM = "a duration such as 90s, 6m, 1h30m or 2d"

PLAIN_NUMBERS = 1_000
"""Larger ones are hard to read: then a duration is said in several units."""

_UNITS_US = {"d": US_PER_DAY, "h": US_PER_HOUR, "m": US_PER_MINUTE, "s": US_PER_SECOND}
_PART = re.compile(r"([0-9]{1,6})([dhms])")


def parse_duration(text: str) -> int:
    """ValueError for anything but numbers with units, and for nothing at all."""
    parts = _PART.findall(text)
    total_us = sum(_UNITS_US[unit] * int(number) for number, unit in parts)
    if "".join(number + unit for number, unit in parts) != text or not total_us:
        raise ValueError(text)
    return total_us


def duration(duration_us: int) -> str:
    """As it is written: `7d`, `36h`, `30d30m`."""
    for unit, unit_us in _UNITS_US.items():
        if duration_us % unit_us == 0 and duration_us // unit_us < PLAIN_NUMBERS:
            return f"{duration_us // unit_us}{unit}"
    parts, left_us = [], duration_us
    for unit, unit_us in list(_UNITS_US.items())[:-1]:
        number, left_us = divmod(left_us, unit_us)
        if number:
            parts.append(f"{number}{unit}")
    return "".join(parts) + (f"{left_us / US_PER_SECOND:g}s" if left_us or not parts else "")

"""How long is `6m`, `1h30m` or `2d`?"""

import re
from datetime import timedelta

from octy.cli.failures import WrongUsage
from octy.model.values import shown

_UNITS = {"d": "days", "h": "hours", "m": "minutes", "s": "seconds"}
_PART = re.compile(r"([0-9]{1,6})([dhms])")


def duration(text: str) -> timedelta:
    """WrongUsage for anything but numbers with units, and for nothing at all."""
    parts = _PART.findall(text)
    total = sum((timedelta(**{_UNITS[unit]: int(number)}) for number, unit in parts), timedelta())
    if "".join(number + unit for number, unit in parts) != text or not total:
        raise WrongUsage(f"expected a duration such as 90s, 6m, 1h30m or 2d; found {shown(text)}")
    return total

"""How long is `6m`, `1h30m` or `2d` on the command line?"""

from datetime import timedelta

from octy.cli.failures import WrongUsage
from octy.model.durations import DURATION_FORM, parse_duration
from octy.model.values import shown


def duration(text: str) -> timedelta:
    """WrongUsage for anything but numbers with units, and for nothing at all."""
    try:
        return timedelta(microseconds=parse_duration(text))
    except ValueError:
        raise WrongUsage(f"expected {DURATION_FORM}; found {shown(text)}") from None

"""Instants: UTC, in microseconds since 1970 (rule T1), and the three texts in which they travel.

`UNSET` and `NEVER` bound every real instant, so kernels and Python compare them as plain integers.
"""

import re
from datetime import UTC, datetime, timedelta

US_PER_SECOND = 1_000_000
US_PER_MINUTE = 60 * US_PER_SECOND
US_PER_HOUR = 60 * US_PER_MINUTE
US_PER_DAY = 24 * US_PER_HOUR

UNSET = -1
"""No such instant: before every instant there is (1970 is 0)."""

NEVER = 2**62
"""After every instant there is, and still far enough from 2**63 to add a window to it."""

LATEST_US = 253_402_300_799_999_999
"""The last instant of the year 9999: what dates can be written of."""

FUTURE_TOLERANCE_US = 60 * US_PER_SECOND
"""T4: how far ahead of the clock an event may claim to be."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_CREATED_AT = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d([.,]\d{1,9})?)?(Z|[+-]\d\d(:?\d\d)?)?)?", re.ASCII)
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

CREATED_AT_FORM = "'YYYY-MM-DD HH:MM:SS' (UTC) or ISO 8601, 1970 or later"


def to_datetime(instant_us: int) -> datetime:
    """The instant as an aware UTC datetime, to the microsecond."""
    return _EPOCH + timedelta(microseconds=instant_us)


def from_datetime(moment: datetime) -> int:
    """Microseconds since 1970; a datetime without a zone is taken as UTC (E9)."""
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return (aware - _EPOCH) // _MICROSECOND


def parse_instant(text: str) -> int:
    """The instant that `created_at` names (E9). ValueError where it names none, or one before 1970 or after 9999."""
    if not _CREATED_AT.fullmatch(text):
        raise ValueError(text)
    try:
        instant_us = from_datetime(datetime.fromisoformat(text))
    except OverflowError:
        raise ValueError(text) from None
    if not 0 <= instant_us <= LATEST_US:  # an offset may lead out of the years that it is written in
        raise ValueError(text)
    return instant_us


def iso(instant_us: int) -> str:
    """`2024-01-01T00:00:00.000000Z`."""
    return to_datetime(instant_us).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def rfc1123(instant_us: int) -> str:
    """`Tue, 18 May 2021 17:26:45 GMT`, whatever the locale; fractions of a second are cut."""
    moment = to_datetime(instant_us)
    day, month = _DAYS[moment.weekday()], _MONTHS[moment.month - 1]
    return f"{day}, {moment.day:02} {month} {moment.year:04} {moment.hour:02}:{moment.minute:02}:{moment.second:02} GMT"

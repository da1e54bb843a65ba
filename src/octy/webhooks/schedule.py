"""When is a webhook tried again? After pauses that grow from seconds to a day; after three days it has failed.

Each pause is by chance a little shorter or longer, so that what failed together does not come back together.
A receiver may ask for a longer pause (`Retry-After`), never for a shorter one.
"""

import re
from email.utils import parsedate_to_datetime
from random import Random

from msgspec import Struct

from octy.model.instants import US_PER_DAY, US_PER_HOUR, US_PER_MINUTE, US_PER_SECOND, from_datetime

PAUSES_US = (
    5 * US_PER_SECOND,
    5 * US_PER_MINUTE,
    30 * US_PER_MINUTE,
    2 * US_PER_HOUR,
    5 * US_PER_HOUR,
    10 * US_PER_HOUR,
    14 * US_PER_HOUR,
    20 * US_PER_HOUR,
    24 * US_PER_HOUR,
)
"""The pause after the first failed attempt, after the second, …"""

JITTER = 0.2
RETRY_AFTER_SECONDS_MAX = US_PER_DAY // US_PER_SECOND

WAIT_US_MAX = 10 * US_PER_MINUTE
"""How long a webhook waits for an earlier one about the same profile that is being retried."""

PAUSES_MAX = 50
_PAUSE = re.compile(r"([0-9]{1,6})(s|m|h|d)")
_UNITS_US = {"s": US_PER_SECOND, "m": US_PER_MINUTE, "h": US_PER_HOUR, "d": US_PER_DAY}
PAUSES_FORM = f"1 to {PAUSES_MAX} pauses of 1s to 30d, such as 5s,5m,30m,2h,1d"
PAUSE_US_MAX = 30 * US_PER_DAY


class Schedule(Struct, frozen=True):
    """The pauses between attempts."""

    pauses_us: tuple[int, ...] = PAUSES_US
    jitter: float = JITTER
    """The share of a pause by which it may be shorter or longer."""

    @property
    def attempts_max(self) -> int:
        """How many attempts there are before a webhook has failed."""
        return len(self.pauses_us) + 1

    def pause_us(self, failed_attempts: int, chance: Random, retry_after_seconds: int | None = None) -> int | None:
        """How long to wait after so many failed attempts (1 or more); None after the last."""
        if failed_attempts >= self.attempts_max:
            return None
        pause = int(self.pauses_us[failed_attempts - 1] * chance.uniform(1 - self.jitter, 1 + self.jitter))
        return max(pause, (retry_after_seconds or 0) * US_PER_SECOND)


def pauses_of(text: str) -> tuple[int, ...]:
    """The pauses that `5s,5m,30m,2h` names. ValueError where it is of another form (`PAUSES_FORM`)."""
    parts = [_PAUSE.fullmatch(part.strip()) for part in text.split(",")]
    pauses = [int(part[1]) * _UNITS_US[part[2]] for part in parts if part is not None]
    if len(pauses) < len(parts) or len(parts) > PAUSES_MAX or not all(0 < pause <= PAUSE_US_MAX for pause in pauses):
        raise ValueError(text)
    return tuple(pauses)


def retry_after_seconds(header: str | None, now_us: int) -> int | None:
    """What a `Retry-After` header asks for, in either of its forms, and a day at most; None where it says nothing."""
    text = (header or "").strip()
    if text.isascii() and text.isdigit():
        asked = int(text[:9])  # more digits than that mean more than a day anyway
    else:
        try:
            asked = -((now_us - from_datetime(parsedate_to_datetime(text))) // US_PER_SECOND)
        except (ValueError, OverflowError):
            return None
    return min(max(asked, 0), RETRY_AFTER_SECONDS_MAX)

"""When is a webhook tried again? After pauses that grow from seconds to a day; after three days it has failed.

Each pause is up to a fifth shorter or longer by chance, so that what failed together does not come back together.
A receiver may ask for a longer pause (`Retry-After`), never for a shorter one.
"""

from email.utils import parsedate_to_datetime
from random import Random

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

ATTEMPTS_MAX = len(PAUSES_US) + 1
JITTER = 0.2
RETRY_AFTER_SECONDS_MAX = US_PER_DAY // US_PER_SECOND


def pause_us(failed_attempts: int, chance: Random, retry_after_seconds: int | None = None) -> int | None:
    """How long to wait after so many failed attempts (1 or more); None after the last."""
    if failed_attempts >= ATTEMPTS_MAX:
        return None
    pause = int(PAUSES_US[failed_attempts - 1] * chance.uniform(1 - JITTER, 1 + JITTER))
    return max(pause, (retry_after_seconds or 0) * US_PER_SECOND)


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

"""A sandbox's clock (T3). Outside a sandbox there is none: NotThere."""

from datetime import datetime

import msgspec

from octy.client.answers import ClockAnswer
from octy.client.requests import Requests
from octy.client.steps import Steps
from octy.model.errors import Unavailable
from octy.model.instants import from_datetime, iso, parse_instant, to_datetime

PATH = "/v1/sandbox/clock"


def clock(requests: Requests) -> Steps[datetime]:
    """What time it is in the sandbox."""
    answer = yield from requests.get(PATH, ClockAnswer)
    return _instant(answer)


def move_clock(requests: Requests, now: datetime | str) -> Steps[datetime]:
    """Moves the clock forward; when this is answered, all that fell due on the way is done (T6)."""
    text = iso(from_datetime(now)) if isinstance(now, datetime) else now
    answer = yield from requests.post(PATH, msgspec.json.encode({"now": text}), ClockAnswer)
    return _instant(answer)


def _instant(answer: ClockAnswer) -> datetime:
    try:
        return to_datetime(parse_instant(answer.now))
    except ValueError:
        raise Unavailable("The server gave an answer that is not Octy's: its clock shows no instant.") from None

"""A sandbox's clock on the wire."""

from msgspec import Struct

from octy.http.answers import RequestMeta


class ClockMove(Struct):
    """The instant to which the clock is to move, in ISO 8601."""

    now: str


class ClockShown(Struct):
    """The instant at which the clock stands: ISO 8601, to the microsecond."""

    now: str
    request_meta: RequestMeta

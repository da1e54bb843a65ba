"""`octy-cli clock …`: what time is it in the sandbox, and what if it were later?"""

from datetime import datetime, timedelta

from octy.cli.failures import Stopped
from octy.cli.output import say
from octy.client import NotThere, Octy
from octy.model.instants import from_datetime, iso

NO_SANDBOX = "The server is no sandbox, so its clock is the world's: `octy serve --sandbox` starts one."


def show_clock(server: Octy) -> bool:
    """The instant at which it stands."""
    return _say(_now(server))


def advance_clock(server: Octy, by: timedelta) -> bool:
    """Moves it forward; everything that falls due on the way is done when this ends (T6)."""
    return _say(server.move_clock(_now(server) + by))


def set_clock(server: Octy, to: str) -> bool:
    """Moves it to an instant."""
    _now(server)
    return _say(server.move_clock(to))


def _now(server: Octy) -> datetime:
    try:
        return server.clock()
    except NotThere:
        raise Stopped(NO_SANDBOX) from None


def _say(now: datetime) -> bool:
    say(iso(from_datetime(now)))
    return True

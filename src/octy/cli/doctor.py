"""`octy-cli doctor`: if something does not work, what is it? The address, the keys, versions, the clock, webhooks."""

from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import Enum
from typing import Any, NamedTuple

from octy import __version__
from octy.cli.settings import server_url, settings
from octy.cli.styles import Style, say_styled
from octy.client import NotThere, Octy
from octy.client.envelope import Done
from octy.model.errors import OctyError
from octy.model.instants import FUTURE_TOLERANCE_US, US_PER_SECOND, from_datetime, iso

AHEAD_SECONDS_MAX = FUTURE_TOLERANCE_US // US_PER_SECOND
"""T4: an event that claims to be further ahead than this is refused."""


class Level(Enum):
    """How bad it is, and in which style that is told."""

    GOOD = Style.GOOD
    NOTABLE = Style.NOTABLE
    BAD = Style.BAD


WORDS = {Level.GOOD: "ok", Level.NOTABLE: "note", Level.BAD: "WRONG"}


class Finding(NamedTuple):
    """What was looked at, and what to do about it."""

    level: Level
    text: str


def diagnose(url_option: str | None) -> bool:
    """Tells all findings, up to one without which the next cannot be had; False if anything is wrong."""
    is_well = True
    for finding in _findings(url_option):
        say_styled((f"{WORDS[finding.level]:<5}", finding.level.value), f"  {finding.text}")
        is_well &= finding.level is not Level.BAD
    return is_well


def _findings(url_option: str | None) -> Iterator[Finding]:
    try:
        yield Finding(Level.GOOD, f"The address is {server_url(url_option)}.")
        where = settings(url_option)
        with Octy(where.url, *where.keys, retries=0, user_agent=f"octy-cli/{__version__}") as server:
            yield from _of_server(server)
    except OctyError as error:
        yield Finding(Level.BAD, str(error))


def _of_server(server: Octy) -> Iterator[Finding]:
    server.get("/healthz", Done)
    yield Finding(Level.GOOD, "A server answers there.")
    server.get("/readyz", Done)
    yield Finding(Level.GOOD, "It is ready.")
    server.authenticate()
    yield Finding(Level.GOOD, f"It accepts the keys of {server.settings.keys.public_key}.")
    yield _of_versions(server)
    yield _of_clock(server)
    yield _of_webhooks(server)


def _of_versions(server: Octy) -> Finding:
    try:
        version = server.get("/openapi.json", dict[str, Any]).get("info", {}).get("version")
    except OctyError:
        version = None
    if version == __version__:
        return Finding(Level.GOOD, f"Server and client are of version {version}.")
    return Finding(Level.NOTABLE, f"The server is of version {version or 'unknown'}, the client of {__version__}.")


def _of_clock(server: Octy) -> Finding:
    try:
        now = iso(from_datetime(server.clock()))
    except NotThere:
        pass
    else:
        return Finding(Level.GOOD, f"It is a sandbox, whose clock says {now}.")
    told = server.requests.server_date
    if told is None:
        return Finding(Level.NOTABLE, "The server does not tell the time.")
    ahead = (datetime.now(UTC) - parsedate_to_datetime(told)).total_seconds()
    if abs(ahead) <= AHEAD_SECONDS_MAX:
        return Finding(Level.GOOD, "Its clock and this machine's agree.")
    where = "ahead of" if ahead > 0 else "behind"
    harm = "events that it dates are refused (T4)" if ahead > 0 else "events that it dates come late (L2)"
    return Finding(Level.BAD, f"This machine's clock is {abs(ahead):,.0f} s {where} the server's: {harm}. Set it.")


def _of_webhooks(server: Octy) -> Finding:
    answer = server.account()
    if not answer.account_data.webhook_url:
        return Finding(Level.NOTABLE, "No webhook URL is set, so live matches are told to nobody.")
    receiver = answer.webhook_receiver
    if not receiver.enabled:
        again = "`octy-cli webhooks enable` sends them again."
        return Finding(
            Level.BAD, f"Webhooks are disabled since {receiver.disabled_at}. {receiver.disabled_reason} {again}"
        )
    if receiver.failing_since:
        listed = "`octy-cli webhooks list` says how."
        return Finding(Level.BAD, f"Webhooks have only failed since {receiver.failing_since}; {listed}")
    return Finding(Level.GOOD, f"Webhooks go to {answer.account_data.webhook_url}.")

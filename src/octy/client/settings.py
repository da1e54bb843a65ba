"""Which server does a client speak to, and with which keys? What it is told, else what the environment says."""

import os
from typing import NamedTuple
from urllib.parse import urlsplit

from octy.model.errors import Problem, Refused, Unauthorized
from octy.model.values import shown

DEFAULT_URL = "http://127.0.0.1:8700"
URL_VARIABLE = "OCTY_URL"
PUBLIC_KEY_VARIABLE = "OCTY_PUBLIC_KEY"
SECRET_KEY_VARIABLE = "OCTY_SECRET_KEY"  # noqa: S105 - a variable's name, no secret

URL_WANTED = "an address such as http://127.0.0.1:8700 or https://octy.example.com"


class Keys(NamedTuple):
    """A pair that identifies an account."""

    public_key: str
    secret_key: str


class Settings(NamedTuple):
    """Where to, and as whom."""

    url: str
    keys: Keys


def settings(url: str | None, public_key: str | None, secret_key: str | None) -> Settings:
    """What holds. Refused where the address is none, Unauthorized where a key is missing."""
    found = url or os.environ.get(URL_VARIABLE) or DEFAULT_URL
    if not is_http_url(found):
        raise Refused("That is no address of a server.", [Problem("url", shown(found), URL_WANTED)])
    public = public_key or os.environ.get(PUBLIC_KEY_VARIABLE)
    secret = secret_key or os.environ.get(SECRET_KEY_VARIABLE)
    if not public or not secret:
        given = "public_key and secret_key"
        raise Unauthorized(f"No credentials: give {given}, or set {PUBLIC_KEY_VARIABLE} and {SECRET_KEY_VARIABLE}.")
    return Settings(found.rstrip("/"), Keys(public, secret))


def is_http_url(url: str) -> bool:
    """Whether it leads to a host by http or https."""
    try:
        parts = urlsplit(url)
        has_host = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is no number
        return False
    return has_host and url.isprintable() and " " not in url

"""Which server does a command speak to, and with which keys?

The command line is asked first, then the environment, then what `auth` stored.
"""

import os

from octy.cli.credentials import recall, secret_key_of
from octy.cli.failures import WrongUsage
from octy.client.settings import (
    DEFAULT_URL,
    PUBLIC_KEY_VARIABLE,
    SECRET_KEY_VARIABLE,
    URL_VARIABLE,
    URL_WANTED,
    Keys,
    Settings,
    is_http_url,
)
from octy.model.errors import Unauthorized
from octy.model.values import shown


def settings(url_option: str | None) -> Settings:
    """What holds for this run. WrongUsage or Unauthorized, with what to do about it."""
    return Settings(server_url(url_option), _keys())


def server_url(url_option: str | None) -> str:
    """The server's address, without a slash at the end."""
    named = {"--url": url_option, URL_VARIABLE: os.environ.get(URL_VARIABLE)}
    for source, url in named.items():
        if url:
            return checked_url(url, source)
    remembered = recall()
    if remembered and remembered.url:
        return checked_url(remembered.url, "the stored address")
    return DEFAULT_URL


def checked_url(url: str, source: str) -> str:
    """The address without a slash at its end; WrongUsage if it is none."""
    if not is_http_url(url):
        raise WrongUsage(f"{source}: expected {URL_WANTED}; found {shown(url)}")
    return url.rstrip("/")


def checked_keys(public_key: str, secret_key: str) -> Keys:
    """The pair, without the blanks that copying adds; WrongUsage where it can be none."""
    keys = Keys(public_key.strip(), secret_key.strip())
    if not keys.public_key or not keys.secret_key:
        raise WrongUsage("Both keys are needed, the public and the secret one.")
    if ":" in keys.public_key:
        raise WrongUsage("A public key holds no colon.")
    return keys


def _keys() -> Keys:
    public_key, secret_key = os.environ.get(PUBLIC_KEY_VARIABLE), os.environ.get(SECRET_KEY_VARIABLE)
    if public_key or secret_key:
        if not (public_key and secret_key):
            both = (PUBLIC_KEY_VARIABLE, SECRET_KEY_VARIABLE)
            there, missing = both if public_key else both[::-1]
            raise WrongUsage(f"{there} is set, but {missing} is not: set both, or none to use what `auth` stored.")
        return checked_keys(public_key, secret_key)
    remembered = recall()
    if remembered is None:
        raise Unauthorized(
            "No credentials: run `octy-cli auth -p PUBLIC_KEY -s SECRET_KEY`, "
            f"or set {PUBLIC_KEY_VARIABLE} and {SECRET_KEY_VARIABLE}."
        )
    stored = secret_key_of(remembered)
    if stored is None:
        raise Unauthorized("The OS keychain no longer gives the secret key: run `octy-cli auth` again.")
    return checked_keys(remembered.public_key, stored)

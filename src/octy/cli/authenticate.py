"""`octy-cli auth`: are the keys right, and where are they kept from now on?"""

import sys

from octy.cli.credentials import remember
from octy.cli.failures import WrongUsage
from octy.cli.output import say
from octy.cli.settings import checked_keys, checked_url, server_url
from octy.client import Octy


def authenticate(public_key: str, secret_key: str | None, url: str | None) -> None:
    """Asks the server, then stores the keys, and the address if it was given. Nothing is stored if they are wrong."""
    keys = checked_keys(public_key, secret_key if secret_key is not None else _asked_secret_key())
    with Octy(server_url(url), *keys) as server:
        server.authenticate()
    kept_in = remember(keys.public_key, keys.secret_key, checked_url(url, "--url") if url else None)
    say(f"Set Octy credentials in {kept_in}")


def _asked_secret_key() -> str:
    """From the terminal, unseen, or the first line of stdin; so it need not stand in a shell's history."""
    if sys.stdin.isatty():
        from getpass import getpass

        return getpass("Secret key: ")
    line = sys.stdin.readline()
    if not line.strip():
        raise WrongUsage("The secret key is missing: give -s SECRET_KEY, or write it to stdin.")
    return line

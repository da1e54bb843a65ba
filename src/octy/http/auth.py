"""Whose request is it? Answered before anything else of the request is read.

Clients send `Authorization: base64(public_key:secret_key)`, the Go ones just so, others after `Basic ` (wire.md 0.1).
"""

from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Iterable
from typing import Any

from litestar import Request

from octy.model.accounts import Account
from octy.model.errors import Unauthorized
from octy.service.octy import Octy

HEADERS_REMEMBERED_MAX = 1_000
"""The same keys may be sent in many spellings; when so many are known, all are forgotten."""


async def authorize(request: Request[Any, Any, Any]) -> None:
    """Lets a request pass that carries the keys of an account, and tells the request which.

    Called by Litestar before each request of an account. (A guard would do, but costs a copy of the handler each time.)
    """
    request.scope["user"] = account_of(request.app.state.octy, request.scope["headers"])


def account_of(octy: Octy, headers: Iterable[tuple[bytes, bytes]]) -> Account:
    """The account of which the headers carry the keys; Unauthorized where they carry none."""
    return _account(octy, _header(headers))


class Recognition:
    """As `account_of`, with a memory for headers that were found right: nearly all requests send one of a few.

    How long it takes says nothing of the keys: remembered headers are found by a hash that is secret to the process,
    and any other header is judged in full.
    """

    def __init__(self, octy: Octy) -> None:
        self._octy = octy
        self._accounts: dict[bytes, Account] = {}
        self._changes = -1
        """What the credentials' count of changes was when the memory was empty."""

    def account_of(self, headers: Iterable[tuple[bytes, bytes]]) -> Account:
        """The account of which the headers carry the keys; Unauthorized where they carry none."""
        header = _header(headers)
        if header is None:
            return _account(self._octy, None)
        self._forget_if_outdated()
        account = self._accounts.get(header)
        if account is None:
            account = self._accounts[header] = _account(self._octy, header)
        return account

    def _forget_if_outdated(self) -> None:
        changes = self._octy.credentials_changes
        if changes != self._changes or len(self._accounts) >= HEADERS_REMEMBERED_MAX:
            self._accounts.clear()
            self._changes = changes


def _header(headers: Iterable[tuple[bytes, bytes]]) -> bytes | None:
    """The header as it arrived; None where there is none, or more than one to choose from."""
    found = [value for name, value in headers if name == b"authorization"]
    return found[0] if len(found) == 1 else None


def _account(octy: Octy, header: bytes | None) -> Account:
    if header is None:
        raise Unauthorized("The request carries no Authorization.")
    keys = _keys(header)
    if keys is None:
        raise Unauthorized("The request's Authorization is not base64(public_key:secret_key), bare or after 'Basic '.")
    account = octy.authenticate(*keys)
    if account is None:
        raise Unauthorized("These keys belong to no account.")
    return account


def _keys(header: bytes) -> tuple[str, str] | None:
    """The public and the secret key of an Authorization header, in either form."""
    scheme, blank, rest = header.strip().partition(b" ")
    encoded = rest.strip() if blank else scheme
    if blank and scheme.lower() != b"basic":
        return None
    try:
        public_key, colon, secret_key = b64decode(encoded, validate=True).decode().partition(":")
    except (Base64Error, ValueError):
        return None
    return (public_key, secret_key) if colon else None

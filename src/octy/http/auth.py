"""Whose request is it, and may it ask that? Answered before anything else of the request is read.

Clients send `Authorization: base64(public_key:secret_key)`, the Go ones just so, others after `Basic ` (wire.md 0.1).
"""

from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Iterable
from typing import Any

from litestar import Request
from litestar.types import Scope

from octy.http.attempts import Attempts
from octy.model.errors import Forbidden, Unauthorized
from octy.model.keys import Caller, Role
from octy.service.octy import Octy

HEADERS_REMEMBERED_MAX = 1_000
"""The same keys may be sent in many spellings; when so many are known, all are forgotten."""
NEEDS = "needs"
"""What a route says of itself (Litestar's `opt`) where it is not as others of its method: see `needed_role`."""
INGESTS = {NEEDS: Role.INGEST}
SHOWS_SECRETS = {NEEDS: Role.FULL}
FOR_ANY_KEYS = {NEEDS: None}


async def authorize(request: Request[Any, Any, Any]) -> None:
    """Lets a request pass that carries the keys of an account for what it asks, and tells the request whose they are.

    Called by Litestar before each request of an account. (A guard would do, but costs a copy of the handler each time.)
    """
    caller = request.app.state.recognition.caller_of(request.scope)
    require_role(caller, needed_role(request.method, request.route_handler.opt))
    request.scope["user"] = caller


def needed_role(method: str, said: dict[str, Any]) -> Role | None:
    """Which keys a route takes: to see things those that read, to change any the full ones; None for any keys."""
    role: Role | None = said.get(NEEDS, Role.READ if method == "GET" else Role.FULL)
    return role


def require_role(caller: Caller, needed: Role | None) -> None:
    """Forbidden where the keys are not for this."""
    role = caller.key.role
    if needed is not None and not role.may(needed):
        raise Forbidden(f"These keys are for {_FOR[role]} only; this takes {_FOR[needed]}.")


_FOR = {Role.FULL: "full access", Role.READ: "reading", Role.INGEST: "sending events, profiles and items"}


class Recognition:
    """Finds out who asks, with a memory for headers that were found right: nearly all requests send one of a few.

    How long it takes says nothing of the keys: remembered headers are found by a hash that is secret to the process,
    and any other header is judged in full.
    """

    def __init__(self, octy: Octy, attempts: Attempts) -> None:
        self._octy = octy
        self._attempts = attempts
        self._callers: dict[bytes, Caller] = {}
        self._changes = -1
        """What the credentials' count of changes was when the memory was empty."""

    def caller_of(self, scope: Scope) -> Caller:
        """Whose keys the request carries; Unauthorized where it carries none, or wrong ones, which are counted."""
        caller = self.recognized(scope["headers"])
        if caller is not None:
            return caller
        header = _header(scope["headers"])
        if header is None:
            has_several = any(name == b"authorization" for name, _ in scope["headers"])
            raise Unauthorized(f"The request carries {'more than one' if has_several else 'no'} Authorization.")
        keys, client = _keys(header), scope.get("client")
        self._attempts.failed([f"address {client[0] if client else None}", *([f"key {keys[0]}"] if keys else [])])
        raise Unauthorized(_NO_KEYS if keys is None else "These keys belong to no account.")

    def recognized(self, headers: Iterable[tuple[bytes, bytes]]) -> Caller | None:
        """Whose keys the headers carry, if they are right."""
        header = _header(headers)
        if header is None:
            return None
        self._forget_if_outdated()
        caller = self._callers.get(header)
        if caller is not None and self._octy.credentials.are_taken(caller):
            return caller
        keys = _keys(header)
        caller = None if keys is None else self._octy.credentials.caller(*keys)
        if caller is not None:
            self._callers[header] = caller
        return caller

    def _forget_if_outdated(self) -> None:
        changes = self._octy.credentials.changes
        if changes != self._changes or len(self._callers) >= HEADERS_REMEMBERED_MAX:
            self._callers.clear()
            self._changes = changes


_NO_KEYS = "The request's Authorization is not base64(public_key:secret_key), bare or after 'Basic '."


def _header(headers: Iterable[tuple[bytes, bytes]]) -> bytes | None:
    """The header as it arrived; None where there is none, or more than one to choose from."""
    found = [value for name, value in headers if name == b"authorization"]
    return found[0] if len(found) == 1 else None


def _keys(header: bytes) -> tuple[str, str] | None:
    """The public and the secret key of an Authorization header, in either form."""
    scheme, blank, rest = header.strip().partition(b" ")
    encoded = rest.strip() if blank else scheme
    if blank and scheme.lower() != b"basic":
        return None
    try:
        decoded = b64decode(encoded, validate=True)
        public_key, colon, secret_key = decoded.decode().partition(":")
    except (Base64Error, ValueError):
        return None
    is_canonical = b64encode(decoded) == encoded  # else several headers would say the same
    return (public_key, secret_key) if colon and is_canonical else None

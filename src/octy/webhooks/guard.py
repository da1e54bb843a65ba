"""Is the address that is connected to really one that was allowed? What aiohttp asks before it connects.

`GuardedResolver` judges all that a name leads to; aiohttp connects to the addresses that it returned and asks nobody
again, so a name that changes its mind in between (DNS rebinding) gains nothing. `guarded_socket` is the last line: it
sees the very address that is handed to `connect`, whether it came from a name or stood in the URL.
"""

import errno
import socket
from collections.abc import Callable

from aiohttp import AddrInfoType
from aiohttp.abc import AbstractResolver, ResolveResult

from octy.model.errors import Refused
from octy.webhooks.addresses import NOT_PUBLIC, may_connect_to
from octy.webhooks.names import Lookup


class GuardedResolver(AbstractResolver):
    """Resolves names by `lookup`, and refuses one that leads to any address where no webhook may go.

    A name with public and private addresses is refused whole: it is an attack or a mistake.
    """

    def __init__(self, lookup: Lookup, *, allow_private: bool) -> None:
        self._lookup = lookup
        self._allow_private = allow_private

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """The addresses of the host; Refused, or OSError where it has none."""
        addresses = await self._lookup(host)
        if not addresses:
            raise OSError("the name has no addresses")
        if not all(may_connect_to(address, allow_private=self._allow_private) for address in addresses):
            raise Refused(NOT_PUBLIC)
        found = [_result(host, address, port) for address in addresses]
        return [result for result in found if family in (socket.AF_UNSPEC, result["family"])]

    async def close(self) -> None:
        """Nothing is held."""


def guarded_socket(*, allow_private: bool) -> Callable[[AddrInfoType], socket.socket]:
    """What makes the socket for an address; an OSError instead where no webhook may go there."""

    def make(info: AddrInfoType) -> socket.socket:
        family, kind, protocol, _, address = info
        if not may_connect_to(str(address[0]), allow_private=allow_private):
            raise OSError(errno.EACCES, "not a public address")
        return socket.socket(family, kind, protocol)

    return make


def _result(host: str, address: str, port: int) -> ResolveResult:
    return ResolveResult(
        hostname=host,
        host=address,
        port=port,
        family=socket.AF_INET6 if ":" in address else socket.AF_INET,
        proto=socket.IPPROTO_TCP,
        flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
    )

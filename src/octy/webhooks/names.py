"""Which addresses does a receiver's name have? Asked anew for every attempt, of the system's resolver.

A name whose servers are dead keeps a thread waiting for half a minute. So there is at most one lookup per name, whose
answer all shares that come meanwhile get, and the threads are daemons: a server that stops never waits for them,
as it would for those of a pool.
"""

import asyncio
import socket
import threading
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import TypeAlias

Lookup: TypeAlias = Callable[[str], Awaitable[Sequence[str]]]
"""From a host name to its addresses; OSError where it has none."""

LOOKUPS_MAX = 256


class SystemLookup:
    """The system's resolver, with at most `LOOKUPS_MAX` names being asked for at once."""

    def __init__(self) -> None:
        self._running: dict[str, asyncio.Future[list[str]]] = {}

    async def __call__(self, name: str) -> list[str]:
        """The addresses of the name, in the order in which the system prefers them."""
        answer = self._running.get(name)
        if answer is None:
            answer = self._ask(name)
        return await asyncio.shield(answer)

    def _ask(self, name: str) -> "asyncio.Future[list[str]]":
        if len(self._running) >= LOOKUPS_MAX:
            raise OSError("too many names are being resolved already")
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[list[str]] = loop.create_future()
        answer.add_done_callback(lambda done: done.cancelled() or done.exception())  # nobody may be waiting any more

        def settle(found: list[str] | OSError) -> None:
            del self._running[name]
            if isinstance(found, OSError):
                answer.set_exception(found)
            else:
                answer.set_result(found)

        def ask() -> None:
            found = _addresses(name)
            with suppress(RuntimeError):  # the loop has closed meanwhile
                loop.call_soon_threadsafe(settle, found)

        self._running[name] = answer
        threading.Thread(target=ask, name="octy-lookup", daemon=True).start()
        return answer


def _addresses(name: str) -> list[str] | OSError:
    try:
        found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG)
    except OSError as error:
        return error
    except UnicodeError:  # a label that IDNA cannot encode
        return OSError("not a host name")
    return list(dict.fromkeys(str(address[0]) for *_, address in found))

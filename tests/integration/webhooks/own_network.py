"""A network in which every address there is leads to one listener: who is connected to at all is known there.

As a program it sends to all hostile names on both event loops, through the system's resolver, which asks the name
server of `name_server`. Then it says what was heard. It is started in such a network by `SCRIPT`, through `unshare`.
"""

import asyncio
import json
import socket
import sys
import threading
from collections import Counter

import uvloop

from octy.webhooks.addresses import NOT_PUBLIC
from octy.webhooks.names import SystemLookup
from octy.webhooks.outcome import Delivered, Failed
from tests.integration.webhooks.hostile import PUBLIC, PUBLIC_6, Attempts
from tests.integration.webhooks.name_server import GOOD, HOSTILE, INSIDE_NAME, REBINDING, serving

SCRIPT = f"""
set -e
ip link set lo up
ip address add {PUBLIC}/32 dev lo
ip address add {PUBLIC_6}/128 dev lo
ip route add local 0.0.0.0/0 dev lo
ip -6 route add local ::/0 dev lo
for name in resolv nsswitch; do test ! -e /etc/$name.conf || mount --bind "$1/$name.conf" /etc/$name.conf; done
shift
exec "$@"
"""
"""For a shell in a new network; its arguments are the folder of `FILES`, and what is to run there."""
FILES = {"resolv.conf": "nameserver 127.0.0.1\noptions timeout:30 attempts:1\n", "nsswitch.conf": "hosts: dns\n"}
PORT, NAMES_PORT = 8080, 53
TAKEN = Delivered(204)


class Listener(threading.Thread):
    """Takes every webhook, and knows to which address each was sent."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.heard: Counter[str] = Counter()
        self._socket = socket.create_server(("", PORT), family=socket.AF_INET6, dualstack_ipv6=True)
        self.start()

    def run(self) -> None:
        """For as long as the process is there."""
        while True:
            connection, _ = self._socket.accept()
            with connection:
                self.heard[connection.getsockname()[0].removeprefix("::ffff:")] += 1
                connection.recv(65_536)
                connection.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")


async def send_to_all() -> None:
    """What leads inside gets nothing, nor what did not at the question before."""
    async with Attempts(lookup=SystemLookup()) as attempts:
        for name in HOSTILE:
            if name.startswith(REBINDING):
                assert await attempts.at(url(name)) == TAKEN, name
            assert await attempts.at(url(name)) == Failed(NOT_PUBLIC), name
        assert await attempts.at(url(GOOD)) == TAKEN
    async with Attempts(allow_private=True, lookup=SystemLookup()) as attempts:
        assert await attempts.at(url(INSIDE_NAME)) == TAKEN, "or nothing would be proved"


def url(name: str) -> str:
    """Where the listener is reached by that name."""
    return f"http://{name}:{PORT}/hook"


def main() -> None:
    """Says how often each address was connected to, and how often each name was asked for."""
    listener = Listener()
    asked: Counter[str] = Counter()
    for run in (asyncio.run, uvloop.run):
        with serving(NAMES_PORT) as (names, _):
            run(send_to_all())
        asked.update(name for name, _ in names.asked.elements())
    json.dump({"heard": listener.heard, "asked": asked}, sys.stdout)


if __name__ == "__main__":
    main()

"""URLs that lead inside, in every spelling that some filter somewhere lets pass.

As a program (`python -m tests.integration.webhooks.hostile PORT`) it sends to all of them on both event loops, then
once to a receiver at that port of 127.0.0.1, which is allowed: for whoever watches from outside what is connected to.
"""

import asyncio
import sys
from collections.abc import Iterator, Sequence
from ipaddress import IPv4Address
from typing import Self

import uvloop

from octy.model.clock import ManualClock
from octy.webhooks.names import Lookup
from octy.webhooks.outbox import Delivery
from octy.webhooks.outcome import Delivered, Failed, Outcome
from octy.webhooks.sender import Sender

NOON_US = 1_704_110_400_000_000

INSIDE = (
    "0.0.0.0",
    "10.0.0.1",
    "100.64.0.1",
    "100.100.100.200",
    "127.0.0.1",
    "127.255.255.254",
    "168.63.129.16",
    "169.254.169.254",
    "169.254.170.2",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.192",
    "192.0.2.1",
    "192.31.196.1",
    "192.52.193.1",
    "192.88.99.1",
    "192.168.0.1",
    "192.175.48.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.7",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
)
INSIDE_6 = (
    "::",
    "::1",
    "0:0:0:0:0:0:0:1",
    "100::1",
    "2001::1",
    "2001:2::1",
    "2001:10::1",
    "2001:db8::1",
    "2620:4f:8000::1",
    "3ffe::1",
    "3fff::1",
    "4000::1",
    "5f00::1",
    "fc00::1",
    "fd00:ec2::254",
    "fd20:ce::254",
    "fe80::1",
    "fe80::1%25eth0",
    "fec0::1",
    "ff02::1",
)
NAMES = (
    "localhost",
    "LOCALHOST",
    "localhost.",
    "a.localhost",
    "localhost.localdomain",
    "ip6-localhost",
    "metadata",
    "metadata.google.internal",
    "instance-data.ec2.internal",
    "kubernetes.default.svc.cluster.local",
    "router.home.arpa",
    "ⓛocalhost",
    "ⓁⓄⒸⒶⓁⒽⓄⓈⓉ",
    "loc\u00adalhost",
)
ODD = (
    "http://shop.com@127.0.0.1/",
    "http://127.0.0.1@shop.com/",
    "http://user:pass@10.0.0.1/",
    "http://shop.com:80@127.0.0.1:80/",
    "http://127.0.0.1#@shop.com/",
    "http://shop.com#@127.0.0.1/",
    "http://127.0.0.1\\@shop.com/",
    "http://shop.com\\@127.0.0.1/",
    "http:\\\\127.0.0.1/",
    "http:/127.0.0.1/",
    "http:127.0.0.1/",
    "http:///127.0.0.1/",
    "//127.0.0.1/",
    "127.0.0.1",
    "http://127.0.0.1\r\nHost: shop.com/",
    "http://127.0.0.1%0d%0aX: y/",
    "http://shop.com\r\n@127.0.0.1/",
    "http://127.0.0.1\t/",
    "http://127.0.0.1 /",
    " http://127.0.0.1/",
    "http://127.0.0.1\x00.shop.com/",
    "http://127.0.0.1%00.shop.com/",
    "http://127.0.0.1%2f.shop.com/",
    "http://%31%32%37.0.0.1/",
    "http://127.0.0.1:80:80/",
    "http://127.0.0.1:0x50/",
    "http://127.0.0.1:/",
    "http://127.0.0.1:65536/",
    "http://[::1/",
    "http://::1/",
    "http://[[::1]]/",
    "http://[::1].shop.com/",
    "http://[::1%251]/",
    "http://[0000::1]:80/",
    "http://[::ffff:0:127.0.0.1]/",
    "http://[::ffff:0:0:7f00:1]/",
    "file:///etc/passwd",
    "file://127.0.0.1/etc/passwd",
    "ftp://127.0.0.1/",
    "gopher://127.0.0.1:6379/_SET",
    "dict://127.0.0.1:11211/",
    "ldap://127.0.0.1/",
    "unix:///run/docker.sock",
    "http+unix://%2Frun%2Fdocker.sock/",
    "javascript:alert(1)",
    "data:text/plain,x",
    "jar:http://127.0.0.1!/",
    "ws://127.0.0.1/",
)


def spellings(address: str) -> Iterator[str]:
    """The host of an IPv4 address as somebody might write it."""
    parts = [int(part) for part in address.split(".")]
    number = int(IPv4Address(address))
    high, low = number >> 16, number & 0xFFFF
    yield address
    yield f"{address}."
    yield str(number)
    yield f"0x{number:x}"
    yield f"0{number:o}"
    yield ".".join(f"0x{part:x}" for part in parts)
    yield ".".join(f"0{part:o}" for part in parts)
    yield f"{parts[0]}.{number & 0xFFFFFF}"
    yield f"{parts[0]}.{parts[1]}.{low}"
    yield address.translate({ord("0") + digit: 0xFF10 + digit for digit in range(10)})  # full width
    yield address.replace(".", "\u3002")
    yield f"[::ffff:{address}]"
    yield f"[::ffff:{high:x}:{low:x}]"
    yield f"[::{address}]"
    yield f"[64:ff9b::{address}]"
    yield f"[64:ff9b:1::{high:x}:{low:x}]"
    yield f"[2002:{high:x}:{low:x}::1]"


URLS = (
    *(f"http://{host}/hook" for address in INSIDE for host in spellings(address)),
    *(f"http://[{address}]:8080/hook" for address in INSIDE_6),
    *(f"https://{name}/hook" for name in NAMES),
    *ODD,
)
PUBLIC, PUBLIC_6 = "1.1.1.1", "2606:4700:4700::1111"
ANSWERS: tuple[Sequence[str], ...] = (
    *([address] for address in (*INSIDE, *INSIDE_6)),
    *([PUBLIC, address] for address in (*INSIDE, *INSIDE_6)),
    [PUBLIC_6, "::ffff:127.0.0.1"],
)
"""What a hostile name may lead to: to an address inside, or to one outside as well."""


def delivery(url: str) -> Delivery:
    """A webhook for somebody who means harm."""
    return Delivery(1, "msg_1", 1, 0, url, b'{"subject":"x"}', attempts=0)


class Attempts:
    """A sender for which every name leads to the same addresses, unless a `lookup` says where each one leads."""

    def __init__(self, *, allow_private: bool = False, lookup: Lookup | None = None) -> None:
        self.answer: Sequence[str] = ["127.0.0.1"]
        self._sender = Sender(
            ManualClock(NOON_US),
            lambda *_: [b"k"],
            allow_private=allow_private,
            allow_http=True,
            lookup=lookup or self._lookup,
        )

    async def __aenter__(self) -> Self:
        await self._sender.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._sender.close()

    async def at(self, url: str) -> Outcome:
        """What an attempt comes to."""
        return await self._sender.attempt(delivery(url))

    async def _lookup(self, _: str) -> Sequence[str]:
        return self.answer


async def send_to_all(port: int) -> None:
    """Nothing arrives anywhere but, at the end, at the port."""
    async with Attempts() as attempts:
        for url in URLS:
            assert isinstance(await attempts.at(url), Failed), url
        for answer in ANSWERS:
            attempts.answer = answer
            assert isinstance(await attempts.at("http://hooks.shop.com/"), Failed), answer
    async with Attempts(allow_private=True) as attempts:
        assert isinstance(await attempts.at(f"http://127.0.0.1:{port}/hook"), Delivered)


if __name__ == "__main__":
    asyncio.run(send_to_all(int(sys.argv[1])))
    uvloop.run(send_to_all(int(sys.argv[1])))

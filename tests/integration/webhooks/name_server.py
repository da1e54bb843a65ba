"""A name server on 127.0.0.1 that means harm: its names lead inside at once, beside an address outside, by a chain of
other names, or from the second question on; and one client that asks it in so many words, where the system may not.
"""

import asyncio
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from ipaddress import ip_address

from dnslib import AAAA, CLASS, CNAME, QTYPE, RCODE, RR, A, DNSRecord
from dnslib.server import DNSHandler, DNSLogger, DNSServer

from tests.integration.webhooks.hostile import INSIDE, INSIDE_6, PUBLIC, PUBLIC_6

DOMAIN = "shop.example"
GOOD = f"good.{DOMAIN}"
"""Leads outside at every question."""
REBINDING = "rebinding"
"""What names begin with that lead outside at the first question."""
PATIENCE_SECONDS = 30

Led = Sequence[str]
"""Addresses, or the name that is to be asked for instead."""


def _zone() -> Iterator[tuple[str, Sequence[Led]]]:
    yield GOOD, [[PUBLIC]]
    for number, address in enumerate(one for one in (*INSIDE, *INSIDE_6) if "%" not in one):
        outside = PUBLIC_6 if ":" in address else PUBLIC
        yield f"inside-{number}.{DOMAIN}", [[address]]
        yield f"mixed-{number}.{DOMAIN}", [[outside, address]]
        yield f"mixed-families-{number}.{DOMAIN}", [[PUBLIC if ":" in address else PUBLIC_6, address]]
        yield f"chain-{number}.{DOMAIN}", [[f"cdn-{number}.{DOMAIN}"]]
        yield f"cdn-{number}.{DOMAIN}", [[f"edge-{number}.{DOMAIN}"]]
        yield f"edge-{number}.{DOMAIN}", [[address]]
        yield f"{REBINDING}-{number}.{DOMAIN}", [[PUBLIC], [address]]
        yield f"{REBINDING}-chain-{number}.{DOMAIN}", [[GOOD], [f"cdn-{number}.{DOMAIN}"]]


ZONE: Mapping[str, Sequence[Led]] = dict(_zone())
"""What each name leads to at the first question, at the second, …; the last for ever."""
INSIDE_NAME = next(name for name, answers in ZONE.items() if answers == [["10.0.0.1"]])
"""One that may be sent to where private addresses are allowed."""
HOSTILE = [name for name in ZONE if name != GOOD]


class NameServer:
    """Answers out of `ZONE`, and forbids that an answer be kept (TTL 0)."""

    def __init__(self) -> None:
        self.asked: Counter[tuple[str, str]] = Counter()
        """How often for each name and type of record."""

    def resolve(self, request: DNSRecord, _: DNSHandler) -> DNSRecord:
        """The answer to one question, with all that a chain of names leads to."""
        reply = request.reply()
        name, kind = str(request.q.qname).rstrip(".").lower(), QTYPE[request.q.qtype]
        self.asked[name, kind] += 1
        if name not in ZONE:
            reply.header.rcode = RCODE.NXDOMAIN
            return reply
        for record in self._records(name, kind, self.asked[name, kind]):
            reply.add_answer(record)
        return reply

    def _records(self, name: str, kind: str, question: int) -> Iterator[RR]:
        answers = ZONE[name]
        for led in answers[min(question, len(answers)) - 1]:
            if led in ZONE:
                yield RR(name, QTYPE.CNAME, CLASS.IN, ttl=0, rdata=CNAME(led))
                yield from self._records(led, kind, 1)
            elif (data := A if ip_address(led).version == 4 else AAAA).__name__ == kind:
                yield RR(name, getattr(QTYPE, kind), CLASS.IN, ttl=0, rdata=data(led))


@contextmanager
def serving(port: int) -> Iterator[tuple[NameServer, int]]:
    """One that is asked at that port of 127.0.0.1, or at a free one for 0; and the port."""
    names = NameServer()
    server = DNSServer(names, address="127.0.0.1", port=port, logger=DNSLogger(logf=lambda *_: None))
    server.start_thread()
    try:
        yield names, server.server.server_address[1]
    finally:
        server.stop()
        server.server.server_close()


class Asking:
    """Asks a name server at that port of 127.0.0.1, as a system's resolver does."""

    def __init__(self, port: int) -> None:
        self._port = port

    async def __call__(self, name: str) -> list[str]:
        """All addresses that the answers name."""
        return [address for kind in ("A", "AAAA") for address in await asyncio.to_thread(self._ask, name, kind)]

    def _ask(self, name: str, kind: str) -> list[str]:
        question = DNSRecord.question(name, kind)
        answer = DNSRecord.parse(question.send("127.0.0.1", self._port, timeout=PATIENCE_SECONDS))
        return [str(record.rdata) for record in answer.rr if QTYPE[record.rtype] == kind]

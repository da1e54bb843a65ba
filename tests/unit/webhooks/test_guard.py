"""Which addresses is a connection made to? Those that a name leads to, if all of them are open."""

import asyncio
import socket
import threading
from collections.abc import Sequence

import pytest
from aiohttp.abc import ResolveResult

from octy.model.errors import Refused
from octy.webhooks import names
from octy.webhooks.guard import GuardedResolver, guarded_socket
from octy.webhooks.names import SystemLookup

FOUR, SIX = "93.184.216.34", "2606:4700:4700::1111"


def resolved(
    *addresses: str, family: socket.AddressFamily = socket.AF_UNSPEC, allow_private: bool = False
) -> list[ResolveResult]:
    async def lookup(name: str) -> Sequence[str]:
        assert name == "shop.com"
        return addresses

    return asyncio.run(GuardedResolver(lookup, allow_private=allow_private).resolve("shop.com", 443, family))


def test_what_a_name_leads_to_is_connected_to_as_it_is() -> None:
    four, six = resolved(FOUR, SIX)
    assert four == {
        "hostname": "shop.com",
        "host": FOUR,
        "port": 443,
        "family": socket.AF_INET,
        "proto": socket.IPPROTO_TCP,
        "flags": socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
    }
    assert six == four | {"host": SIX, "family": socket.AF_INET6}


def test_addresses_of_another_family_than_asked_for_are_left_out() -> None:
    assert [one["host"] for one in resolved(FOUR, SIX, family=socket.AF_INET6)] == [SIX]
    assert [one["host"] for one in resolved(FOUR, SIX, family=socket.AF_INET)] == [FOUR]


@pytest.mark.parametrize("addresses", [("10.0.0.1",), (FOUR, "10.0.0.1"), ("::1", SIX)])
def test_a_name_that_leads_inside_is_refused_whole(addresses: Sequence[str]) -> None:
    with pytest.raises(Refused, match="not public"):
        resolved(*addresses)
    assert len(resolved(*addresses, allow_private=True)) == len(addresses)


def test_a_name_that_leads_nowhere_is_an_error_of_the_network() -> None:
    with pytest.raises(OSError, match="the name has no addresses"):
        resolved()


def test_a_socket_is_made_for_an_address_that_is_open() -> None:
    info = (socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", ("127.0.0.1", 80))
    with pytest.raises(PermissionError, match="not a public address"):
        guarded_socket(allow_private=False)(info)
    with guarded_socket(allow_private=True)(info) as made:
        assert (made.family, made.type, made.proto) == info[:3]


def test_so_many_names_are_looked_up_at_once_and_each_only_once(monkeypatch: pytest.MonkeyPatch) -> None:
    may_answer, asked = threading.Event(), []

    def addresses(name: str) -> list[str]:
        asked.append(name)
        may_answer.wait()
        return [name]

    monkeypatch.setattr(names, "_addresses", addresses)
    monkeypatch.setattr(names, "LOOKUPS_MAX", 2)

    async def several() -> list[list[str]]:
        lookup = SystemLookup()
        answers = [asyncio.create_task(lookup(name)) for name in ("a", "b", "a")]
        await asyncio.sleep(0)
        with pytest.raises(OSError, match="too many names are being resolved already"):
            await lookup("c")
        may_answer.set()
        return [*await asyncio.gather(*answers), await lookup("c")]

    assert asyncio.run(several()) == [["a"], ["b"], ["a"], ["c"]]
    assert sorted(asked) == ["a", "b", "c"]

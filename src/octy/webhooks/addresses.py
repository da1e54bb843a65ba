"""Where may a webhook go? Never into the network in which Octy itself runs, unless its operator allows that.

An account chooses the URL, so it may be hostile. It is checked when it is set and at every attempt, and so is the
address that is really connected to (`octy.webhooks.guard`), since a name may lead anywhere at any time.
The list of addresses is our own: `ipaddress.is_global` calls several spellings of 127.0.0.1 global.
"""

import re
from enum import Enum
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from octy.model.errors import Refused

URL_CHARACTERS_MAX = 2_048
HOST_CHARACTERS_MAX = 253

NOT_PUBLIC = "The webhook URL leads to an address that is not public."
"""The same words for all of them: which addresses exist inside is nobody's business."""


class _Kind(Enum):
    PRIVATE = "private"  # a network of the operator's own, which the operator may open
    NEVER = "never"  # no receiver lives there


_NETWORKS = {
    # IPv4 (IANA's special-purpose registry, and the addresses of clouds' own services)
    "0.0.0.0/8": _Kind.NEVER,  # "this host": connects to the machine itself
    "10.0.0.0/8": _Kind.PRIVATE,
    "100.64.0.0/10": _Kind.PRIVATE,  # carriers' and overlay networks
    "100.100.100.200/32": _Kind.NEVER,  # instance metadata (Alibaba)
    "127.0.0.0/8": _Kind.PRIVATE,  # the machine itself
    "168.63.129.16/32": _Kind.NEVER,  # the host's own service (Azure); looks public
    "169.254.0.0/16": _Kind.NEVER,  # link-local, with the instance metadata of nearly every cloud
    "172.16.0.0/12": _Kind.PRIVATE,
    "192.0.0.0/24": _Kind.NEVER,  # protocol assignments, and instance metadata (Oracle)
    "192.0.2.0/24": _Kind.NEVER,  # documentation
    "192.31.196.0/24": _Kind.NEVER,  # AS112
    "192.52.193.0/24": _Kind.NEVER,  # multicast tunnels
    "192.88.99.0/24": _Kind.NEVER,  # 6to4 relays
    "192.168.0.0/16": _Kind.PRIVATE,
    "192.175.48.0/24": _Kind.NEVER,  # AS112
    "198.18.0.0/15": _Kind.NEVER,  # benchmarks
    "198.51.100.0/24": _Kind.NEVER,  # documentation
    "203.0.113.0/24": _Kind.NEVER,  # documentation
    "224.0.0.0/4": _Kind.NEVER,  # multicast
    "240.0.0.0/4": _Kind.NEVER,  # reserved, and broadcast
    # IPv6: nothing but 2000::/3 is in public use, which leaves out ::ffff:a.b.c.d, ::a.b.c.d and NAT64 (64:ff9b::)
    "::/3": _Kind.NEVER,
    "::1/128": _Kind.PRIVATE,  # the machine itself
    "4000::/2": _Kind.NEVER,
    "8000::/1": _Kind.NEVER,  # with link-local, site-local and multicast
    "fc00::/7": _Kind.PRIVATE,
    "fd00:ec2::/32": _Kind.NEVER,  # instance metadata and time (Amazon)
    "fd20:ce::254/128": _Kind.NEVER,  # instance metadata (Google)
    "2001::/23": _Kind.NEVER,  # protocol assignments: Teredo, benchmarks, ORCHID
    "2001:db8::/32": _Kind.NEVER,  # documentation
    "2002::/16": _Kind.NEVER,  # 6to4, which wraps any IPv4 address
    "2620:4f:8000::/48": _Kind.NEVER,  # AS112
    "3ffe::/16": _Kind.NEVER,  # the former 6bone
    "3fff::/20": _Kind.NEVER,  # documentation
}
_LONGEST_PREFIX_FIRST = sorted(
    ((ip_network(text), kind) for text, kind in _NETWORKS.items()), key=lambda row: row[0].prefixlen, reverse=True
)

_PLAIN = re.compile(r"[!-\[\]-~]*")  # printable ASCII, without space and backslash
_AUTHORITY = re.compile(r"(?P<host>\[[^\]]*\]|[^\[\]:]*)(?P<port>:[0-9]*)?")
_LABEL = "[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_HOST_NAME = re.compile(rf"(?:{_LABEL}\.)*{_LABEL}", re.IGNORECASE)
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*", re.IGNORECASE)
_INTERNAL_DOMAINS = ("localhost", "local", "internal", "localdomain", "home.arpa")


def may_connect_to(address: str, *, allow_private: bool) -> bool:
    """Whether a webhook may be sent to this IP address; never to one with a zone (`fe80::1%eth0`) or to none at all."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    if isinstance(parsed, IPv6Address) and parsed.scope_id is not None:
        return False
    kind = next((kind for network, kind in _LONGEST_PREFIX_FIRST if parsed in network), None)
    return kind is None or (kind is _Kind.PRIVATE and allow_private)


def check_url(url: str, *, allow_private: bool, allow_http: bool = False) -> None:
    """Refused, with a sentence that says why, where no webhook may be sent to this URL.

    The grammar is narrower than the standard's, so that no two parsers can disagree about the host. Plain HTTP is for
    private networks, or where the operator takes it upon himself.
    """
    if len(url) > URL_CHARACTERS_MAX:
        raise Refused(f"The webhook URL must not be longer than {URL_CHARACTERS_MAX:,} characters.")
    if not _PLAIN.fullmatch(url):
        wanted = "ASCII characters without spaces and backslashes (an international host in its xn-- form)"
        raise Refused(f"The webhook URL must consist of {wanted}.")
    scheme, separator, rest = url.partition("://")
    if not separator or scheme.lower() not in ("http", "https"):
        raise Refused("The webhook URL must begin with https://.")
    if "#" in rest:
        raise Refused("The webhook URL must not have a fragment (#…), which would not be sent.")
    authority = re.split(r"[/?]", rest, maxsplit=1)[0]
    if "@" in authority:
        raise Refused("The webhook URL must not hold a user name or a password.")
    _check_host(_host_of(authority), allow_private=allow_private)
    if scheme.lower() == "http" and not (allow_private or allow_http):
        raise Refused("The webhook URL must begin with https://: this server sends nothing over plain HTTP.")


def _host_of(authority: str) -> str:
    """The host of `host` or `host:port`."""
    parts = _AUTHORITY.fullmatch(authority)
    if parts is None:
        raise Refused("The webhook URL must name one host and at most one port.")
    port = parts["port"]
    if port is not None and not (len(port) <= 6 and port != ":" and 1 <= int(port[1:]) <= 65_535):
        raise Refused("The webhook URL's port must be a number from 1 to 65535.")
    if not parts["host"]:
        raise Refused("The webhook URL must name a host.")
    return parts["host"]


def _check_host(host: str, *, allow_private: bool) -> None:
    if host.startswith("["):
        address = _address(host[1:-1], IPv6Address, "The webhook URL's host must be a valid IPv6 address.")
    elif _NUMBER.fullmatch(host.rstrip(".").rpartition(".")[2]):
        # What ends in a number is an address to every resolver, in whatever spelling: 0x7f.1, 2130706433, 127.1
        wanted = "The webhook URL must write an IPv4 address as four decimal numbers."
        address = _address(host, IPv4Address, wanted)
    else:
        _check_name(host, allow_private=allow_private)
        return
    if not may_connect_to(address, allow_private=allow_private):
        raise Refused(NOT_PUBLIC)


def _address(text: str, kind: type[IPv4Address | IPv6Address], wanted: str) -> str:
    try:
        return str(kind(text))
    except ValueError:
        raise Refused(wanted) from None


def _check_name(name: str, *, allow_private: bool) -> None:
    """A name is judged by where it leads, at every attempt; here only what can be known without asking."""
    if len(name) > HOST_CHARACTERS_MAX or not _HOST_NAME.fullmatch(name):
        raise Refused("The webhook URL's host must be a valid name: letters, digits, hyphens and single dots between.")
    lower = name.lower()
    internal = "." not in lower or any(f".{lower}".endswith(f".{domain}") for domain in _INTERNAL_DOMAINS)
    if internal and not allow_private:
        raise Refused("The webhook URL must name a public host, with its full domain.")

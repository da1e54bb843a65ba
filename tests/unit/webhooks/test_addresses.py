"""Where may a webhook go? Each address and URL here is one that some filter somewhere lets pass, or wrongly stops."""

import pytest

from octy.model.errors import Refused
from octy.webhooks.addresses import check_url, may_connect_to

PUBLIC = [
    "1.1.1.1",
    "8.8.8.8",
    "9.255.255.255",
    "11.0.0.0",
    "93.184.216.34",
    "100.63.255.255",
    "100.128.0.0",
    "126.255.255.255",
    "128.0.0.0",
    "168.63.129.15",
    "169.253.255.255",
    "172.15.255.255",
    "172.32.0.0",
    "192.0.1.0",
    "192.167.255.255",
    "192.169.0.0",
    "198.17.255.255",
    "198.20.0.0",
    "223.255.255.255",
    "2000::1",
    "2001:200::1",
    "2001:4860:4860::8888",
    "2003::1",
    "2606:4700:4700::1111",
    "3ffd:ffff::1",
]
PRIVATE = [
    "10.0.0.0",
    "10.255.255.255",
    "100.64.0.0",
    "100.127.255.255",
    "127.0.0.1",
    "127.255.255.254",
    "172.16.0.0",
    "172.31.255.255",
    "192.168.0.0",
    "192.168.255.255",
    "::1",
    "0:0:0:0:0:0:0:1",
    "fc00::",
    "fd12:3456::1",
    "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
]
NEVER = [
    "0.0.0.0",
    "0.255.255.255",
    "100.100.100.200",
    "168.63.129.16",
    "169.254.0.1",
    "169.254.169.254",
    "169.254.255.255",
    "192.0.0.1",
    "192.0.0.192",
    "192.0.2.1",
    "192.31.196.1",
    "192.52.193.1",
    "192.88.99.1",
    "192.175.48.1",
    "198.18.0.0",
    "198.19.255.255",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::127.0.0.1",
    "::a9fe:a9fe",
    "::ffff:127.0.0.1",
    "::ffff:7f00:1",
    "::ffff:10.0.0.1",
    "::ffff:8.8.8.8",
    "::ffff:0:7f00:1",
    "64:ff9b::7f00:1",
    "64:ff9b::8.8.8.8",
    "64:ff9b:1::7f00:1",
    "100::1",
    "1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
    "2001::1",
    "2001:0:7f00:1::",
    "2001:2::1",
    "2001:10::1",
    "2001:20::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "2002:a00:1::1",
    "2620:4f:8000::1",
    "3ffe::1",
    "3fff::1",
    "4000::1",
    "5f00::1",
    "8000::1",
    "fbff::1",
    "fd00:ec2::254",
    "fd20:ce::254",
    "fe00::1",
    "fe80::1",
    "fe80::1%eth0",
    "2606:4700:4700::1111%1",
    "fec0::1",
    "ff02::1",
]
NO_ADDRESS = [
    "",
    "localhost",
    "127.1",
    "0x7f.1",
    "2130706433",
    "0177.0.0.1",
    "127.0.0.1.",
    " 127.0.0.1",
    "①②⑦.0.0.1",
    "1.2.3.4/32",
    "[::1]",
]


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_is_open(address: str) -> None:
    assert may_connect_to(address, allow_private=False)
    assert may_connect_to(address, allow_private=True)


@pytest.mark.parametrize("address", PRIVATE)
def test_a_private_address_is_open_only_where_the_operator_allows_it(address: str) -> None:
    assert not may_connect_to(address, allow_private=False)
    assert may_connect_to(address, allow_private=True)


@pytest.mark.parametrize("address", NEVER + NO_ADDRESS)
def test_all_else_is_never_open(address: str) -> None:
    assert not may_connect_to(address, allow_private=False)
    assert not may_connect_to(address, allow_private=True)


@pytest.mark.parametrize(
    "url",
    [
        "https://hooks.shop.com/octy",
        "https://hooks.shop.com",
        "HTTPS://Hooks.Shop.COM/",
        "https://hooks.shop.com:8443/a/b;c?d=e&f=%40/../g",
        "https://hooks.shop.com?token=a@b",
        "https://hooks.shop.com/a:b@c",
        "https://xn--bcher-kva.example/",
        "https://a_b.shop.com/",
        "https://1.2.3.4.shop.com/",
        "https://8.8.8.8:65535/",
        "https://[2606:4700:4700::1111]:1/",
        "https://hooks.shop.com/?then=http://shop.com/",
        "https://shop.com:00443/",
        "https://shop.com/" + "a" * (2_048 - len("https://shop.com/")),
        "https://" + "a." * 125 + "com/",
    ],
)
def test_a_public_url_is_accepted(url: str) -> None:
    check_url(url, allow_private=False)


REFUSED = {
    "nothing over plain HTTP": ["http://shop.com/", "HTTP://shop.com/", "http://8.8.8.8:80/"],
    "must begin with https://": [
        "",
        "hooks.shop.com",
        "//hooks.shop.com",
        "https:hooks.shop.com",
        "https:/hooks.shop.com",
        "ftp://hooks.shop.com",
        "file:///etc/passwd",
        "gopher://127.0.0.1:6379/_x",
        "javascript:alert(1)",
        "http+unix://%2Frun%2Fdocker.sock/",
        "jar:http://shop.com!/",
    ],
    "must not hold a user name": [
        "https://user:secret@shop.com/",
        "https://shop.com@127.0.0.1/",
        "https://@shop.com/",
        "https://shop.com:80@127.0.0.1:80/",
        "https://127.0.0.1:80%40shop.com@shop.com/",
    ],
    "must not have a fragment": [
        "https://shop.com/#a",
        "https://shop.com#@127.0.0.1/",
        "https://127.0.0.1#@shop.com/",
    ],
    "must consist of ASCII characters": [
        " https://shop.com/",
        "https://shop.com/\r\nX-Evil: 1",
        "https://shop.com/a b",
        "https://shop.com/\0",
        "https://shop.com\t/",
        "https://shop.com\\@127.0.0.1/",
        "https:\\\\127.0.0.1/",
        "https://①②⑦.0.0.1/",
        "https://ⓛocalhost/",
        "https://127。0。0。1/",
        "https://bücher.example/",
        "https://shop.com/\x7f",
    ],
    "must name a host": ["https://", "https:///path", "https://:443/", "https://?a=b"],
    "must name one host": ["https://a:b:c/", "https://[::1/", "https://::1/", "https://[::1]]/", "https://[::1]x/"],
    "port must be a number": [
        "https://shop.com:/",
        "https://shop.com:0/",
        "https://shop.com:65536/",
        "https://shop.com:000443/",
        "https://shop.com:99999999999/",
    ],
    "valid IPv6 address": ["https://[]/", "https://[shop.com]/", "https://[127.0.0.1]/", "https://[::1::]/"],
    "as four decimal numbers": [
        "https://127.1/",
        "https://0/",
        "https://2130706433/",
        "https://0x7f000001/",
        "https://0x7f.1/",
        "https://0X7F.0.0.1/",
        "https://0177.0.0.1/",
        "https://127.0.0.01/",
        "https://127.0.0.1./",
        "https://127.0.0.0x1/",
        "https://1.2.3.4.5/",
        "https://256.0.0.1/",
        "https://shop.1/",
    ],
    "must be a valid name": [
        "https://shop.com./",
        "https://localhost./",
        "https://shop..com/",
        "https://.shop.com/",
        "https://-shop.com/",
        "https://shop-.com/",
        "https://sh%6Fp.com/",
        "https://shop.com%2F/",
        "https://shop,com/",
        "https://" + "a" * 64 + ".com/",
        "https://b" + "a." * 125 + "com/",
    ],
    "must name a public host": [
        "https://localhost/",
        "https://LOCALHOST:8080/",
        "https://intranet/",
        "https://metadata/",
        "https://metadata.google.internal/",
        "https://printer.local/",
        "https://a.localhost/",
        "https://router.home.arpa/",
        "https://ip6-localhost/",
    ],
    "not public": [
        "https://127.0.0.1/",
        "https://10.1.2.3:8080/",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[0:0:0:0:0:ffff:7f00:1]/",
        "https://[::127.0.0.1]/",
        "https://[64:ff9b::7f00:1]/",
        "https://[2002:7f00:1::]/",
        "https://[fe80::1%25eth0]/",
        "https://[2606:4700::1%25lo]/",
    ],
    "must not be longer": ["https://shop.com/" + "a" * (2_049 - len("https://shop.com/"))],
}


@pytest.mark.parametrize(("words", "url"), [(words, url) for words, urls in REFUSED.items() for url in urls])
def test_a_doubtful_url_is_refused_with_a_sentence_that_says_why(words: str, url: str) -> None:
    with pytest.raises(Refused, match=words) as refused:
        check_url(url, allow_private=False)
    assert refused.value.reason.startswith("The webhook URL")
    assert refused.value.reason.endswith(".")


def test_a_refusal_repeats_neither_secrets_nor_addresses() -> None:
    for url in ["https://user:secret@shop.com/", "https://10.1.2.3/secret"]:
        with pytest.raises(Refused) as refused:
            check_url(url, allow_private=False)
        assert "secret" not in refused.value.reason
        assert "10.1.2.3" not in refused.value.reason


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:8700/hook",
        "http://[::1]:8700/",
        "http://localhost:3000",
        "http://receiver:3000/",
        "http://shop.internal/",
        "http://192.168.1.20/",
    ],
)
def test_an_operator_may_allow_private_receivers(url: str) -> None:
    check_url(url, allow_private=True)


def test_an_operator_may_allow_plain_http() -> None:
    """C25."""
    check_url("http://shop.com/", allow_private=False, allow_http=True)
    with pytest.raises(Refused, match="not public"):
        check_url("http://127.0.0.1/", allow_private=False, allow_http=True)


@pytest.mark.parametrize(
    "url", ["http://169.254.169.254/", "http://0.0.0.0/", "http://0x7f.1/", "http://[::ffff:10.0.0.1]/"]
)
def test_what_is_never_open_stays_closed_where_private_receivers_are_allowed(url: str) -> None:
    with pytest.raises(Refused):
        check_url(url, allow_private=True)

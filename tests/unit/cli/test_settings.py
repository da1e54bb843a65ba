"""Which address holds, and what is none."""

import pytest

from octy.cli.failures import WrongUsage
from octy.cli.settings import checked_url


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("http://127.0.0.1:8700", "http://127.0.0.1:8700"),
        ("https://octy.example.com/", "https://octy.example.com"),
        ("http://[::1]:8700", "http://[::1]:8700"),
        ("https://example.com/octy/", "https://example.com/octy"),
    ],
)
def test_an_address_is_kept_without_its_last_slash(url: str, kept: str) -> None:
    assert checked_url(url, "--url") == kept


@pytest.mark.parametrize(
    "url",
    [
        "localhost:8700",
        "127.0.0.1",
        "ftp://x",
        "http://",
        "http://x:port",
        "http://x:99999",
        "http://a b",
        "http://a\n",
    ],
)
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(WrongUsage, match="--url: expected an address such as"):
        checked_url(url, "--url")

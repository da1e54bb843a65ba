"""Which part of a file the header `Range` asks for."""

import pytest

from octy.http.parts import asked_part


@pytest.mark.parametrize(
    ("wanted", "part"),
    [
        ("bytes=0-", range(100)),
        ("bytes=40-", range(40, 100)),
        ("bytes=0-0", range(1)),
        ("bytes=99-1000000", range(99, 100)),
        (None, None),
        ("bytes=100-", None),
        ("bytes=9-8", None),
        ("bytes=-5", None),
        ("bytes=0-1,3-4", None),
        ("rows=0-1", None),
        (f"bytes={'9' * 5_000}-", None),
    ],
)
def test_one_part_of_bytes_is_found_and_all_else_means_the_whole(wanted: str | None, part: range | None) -> None:
    assert asked_part(wanted, 100) == part

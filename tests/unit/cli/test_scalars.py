"""What unquoted YAML scalars mean: YAML 1.2's core schema."""

import pytest

from octy.cli.scalars import plain_scalar
from octy.model.values import Scalar


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no", "no"),  # Norway
        ("Yes", "Yes"),
        ("off", "off"),
        ("y", "y"),
        ("true", True),
        ("FALSE", False),
        ("tRUE", "tRUE"),
        ("", None),
        ("~", None),
        ("null", None),
        ("nUll", "nUll"),
        ("12:30:45", "12:30:45"),
        ("2024-01-01", "2024-01-01"),
        ("1_000", "1_000"),
        ("7", 7),
        ("-7", -7),
        ("+7", 7),
        ("007", 7),
        ("0o17", 15),
        ("0x1F", 31),
        ("0b11", "0b11"),
        ("1.5", 1.5),
        ("-.5", -0.5),
        ("1.", 1.0),
        ("1e3", 1000.0),
        ("1.2.3", "1.2.3"),
        ("=", "="),
        ("<<", "<<"),
    ],
)
def test_a_scalar_means_what_the_core_schema_says(text: str, value: Scalar) -> None:
    found = plain_scalar(text)
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize("text", [".inf", "-.Inf", ".nan", "1" * 10_000])
def test_numbers_that_no_store_keeps_are_none(text: str) -> None:
    with pytest.raises(ValueError, match=r"number|integer"):
        plain_scalar(text)

"""What a CSV cell says."""

import pytest

from octy.cli.cells import boolean, price, property_value
from octy.model.values import Scalar


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("true", True),
        ("FALSE", False),
        ("t", "t"),  # a size, a gender
        ("F", "F"),
        ("1", 1),
        ("0", 0),
        ("-5", -5),
        ("007", "007"),  # a postcode
        ("+5", "+5"),
        ("4294967296", 4_294_967_296),
        ("9223372036854775807", 2**63 - 1),
        ("9223372036854775808", "9223372036854775808"),
        ("1" * 10_000, "1" * 10_000),
        ("2.50", 2.5),
        ("-0.5", -0.5),
        ("5.0", 5.0),
        ("1.5e3", 1500.0),
        ("1e5", "1e5"),
        ("1.0e999", "1.0e999"),
        (".5", ".5"),
        ("1.2.3", "1.2.3"),
        ("1,5", "1,5"),
        ("NaN", "NaN"),
        ("inf", "inf"),
        ("null", "null"),
        ("None", "None"),
        ("٣", "٣"),  # a digit to Python, and none here
        ("{", "{"),
    ],
)
def test_a_property_is_what_it_looks_like(cell: str, value: Scalar) -> None:
    found = property_value(cell)
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize("cell", ["t", "1", "yes", "tRUE", ""])
def test_a_boolean_is_spelt_out(cell: str) -> None:
    with pytest.raises(ValueError, match="true or false"):
        boolean(cell)


@pytest.mark.parametrize("cell", ["12.5", "12.0", "x", "", "1e3", "9223372036854775808"])
def test_a_price_is_an_integer(cell: str) -> None:
    with pytest.raises(ValueError, match="an integer"):
        price(cell)

"""V: which events does a step match, and when are two values equal?"""

from typing import Any

import pytest

from tests.unit.engine.shop import Shop, did

EQUAL: list[tuple[Any, Any]] = [
    (30, 30),
    (30, 30.0),
    (30, "30"),
    (30.0, "30"),
    (-0.0, 0),
    (0.1, "0.1"),
    (1e16, "10000000000000000"),
    (1.5, 1.5),
    (1e-7, "1e-07"),
    (True, "true"),
    (True, True),
    (False, "false"),
    ("é", "é"),
    ("", ""),
    (2**63 - 1, "9223372036854775807"),
]
UNEQUAL: list[tuple[Any, Any]] = [
    (1, True),
    (0, False),
    ("1", True),
    (30, 31),
    (30, "30.0"),
    (30, " 30"),
    ("a", "A"),
    ("é", "e\u0301"),
    (True, "True"),
    ("", " "),
    ("null", None),
    ("None", None),
    ("", None),
    ("[1]", [1]),
    ("1", [1]),
    ("{}", {}),
    (2**53, 2**53 + 1),
]


@pytest.mark.parametrize(("wanted", "found"), EQUAL)
def test_equal_values_match_whatever_their_types(shop: Shop, wanted: Any, found: Any) -> None:  # V2
    shop.live("viewers", did("view", page=wanted))
    shop.views("ana", at="12:00", page=found)
    assert shop.tags("ana") == {"viewers": "12:00"}


@pytest.mark.parametrize(("wanted", "found"), EQUAL)
def test_equality_has_no_direction(shop: Shop, wanted: Any, found: Any) -> None:  # V2
    shop.live("viewers", did("view", page=found))
    shop.views("ana", at="12:00", page=wanted)
    assert shop.tags("ana") == {"viewers": "12:00"}


@pytest.mark.parametrize(("wanted", "found"), UNEQUAL)
def test_unequal_values_do_not_match(shop: Shop, wanted: Any, found: Any) -> None:  # V2
    shop.live("viewers", did("view", page=wanted))
    shop.past("past viewers", did("view", page=wanted), days=1)
    shop.views("ana", at="12:00", page=found)
    assert shop.tags("ana") == {}


def test_another_event_type_does_not_match(shop: Shop) -> None:  # V1
    shop.live("viewers", "view")
    shop.past("past viewers", "view", days=1)
    shop.pays("ana", at="12:00")
    assert shop.tags("ana") == {}


def test_event_types_are_compared_exactly(shop: Shop) -> None:  # V1
    shop.live("viewers", "view")
    for name in ("View", "view ", "views", "vie"):
        shop.does("ana", name, at="12:00")
    assert shop.tags("ana") == {}


def test_a_step_without_properties_matches_every_event_of_its_type(shop: Shop) -> None:  # V1
    shop.live("viewers", "view")
    shop.views("ana", at="12:00")
    shop.views("ben", at="12:00", page="shoes", price=[1, {"a": None}])
    assert shop.tags("ana") == shop.tags("ben") == {"viewers": "12:00"}


def test_every_key_that_the_step_names_must_be_there(shop: Shop) -> None:  # V1
    shop.live("viewers", did("view", page="shoes", size=42))
    shop.views("ana", at="12:00", page="shoes")
    shop.views("ben", at="12:00", page="shoes", size=43)
    shop.views("cem", at="12:00", page="shoes", size="42", colour="red")
    assert shop.tags("ana") == shop.tags("ben") == {}
    assert shop.tags("cem") == {"viewers": "12:00"}


def test_an_event_without_properties_matches_no_step_that_names_one(shop: Shop) -> None:  # V1
    shop.past("viewers", did("view", page="shoes"), days=1)
    shop.uploads("ana", ("view", "12:00"), ("view", "12:01", {}))
    assert shop.tags("ana") == {}


def test_the_same_text_under_another_key_does_not_match(shop: Shop) -> None:  # V1
    shop.live("viewers", did("view", page="shoes"))
    shop.views("ana", at="12:00", category="shoes")
    assert shop.tags("ana") == {}


def test_an_event_seen_before_the_segment_is_matched_in_the_backfill_just_so(shop: Shop) -> None:  # V1, V2, P6
    shop.views("ana", at="12:00", page=30.0)
    shop.views("ben", at="12:00", page=31)
    shop.past("viewers", did("view", page="30"), days=1)
    assert shop.tags("ana") == {"viewers": "12:00"}
    assert shop.tags("ben") == {}


@pytest.mark.parametrize("value", ["30", 30, 30.0])
def test_a_profile_property_compares_as_values_do(shop: Shop, value: Any) -> None:  # V3
    shop.past("visitors", "view", days=1, plan="30")
    shop.views("ana", at="12:00")
    assert shop.tags("ana") == {}
    shop.learns("ana", plan=value)
    assert shop.tags("ana") == {"visitors": "12:00"}


@pytest.mark.parametrize("data", [{}, {"plan": None}, {"plan": "silver"}, {"PLAN": "gold"}, {"plan": "gold "}])
def test_another_profile_property_does_not_do(shop: Shop, data: dict[str, Any]) -> None:  # V3
    shop.past("visitors", "view", days=1, plan="gold")
    shop.learns("ana", **data)
    shop.views("ana", at="12:00")
    assert shop.tags("ana") == {}


def test_a_profile_property_is_not_an_event_property(shop: Shop) -> None:  # V3
    shop.past("visitors", "view", days=1, plan="gold")
    shop.views("ana", at="12:00", plan="gold")
    assert shop.tags("ana") == {}

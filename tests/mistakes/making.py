"""How is a mistake made? Something is replaced at a named place of the product, which has no switch for it."""

from collections.abc import Callable
from typing import Any

import pytest
from msgspec import Struct

Patch = pytest.MonkeyPatch
Make = Callable[[Patch], None]


class Mistake(Struct, frozen=True):
    """One, and who is to notice."""

    make: Make
    tests: str | None = None
    """Which tests, as pytest names them; None for the simulation."""


def without(place: object, name: str) -> Make:
    """What should be done there is not."""
    return instead(place, name, _nothing)


def instead(place: object, name: str, value: object) -> Make:
    """Something else is there."""
    return lambda patch: patch.setattr(place, name, value)


def changed(place: object, name: str, change: Callable[[Any], Any]) -> Make:
    """`change` makes another of what is there when the mistake is made."""
    return lambda patch: patch.setattr(place, name, change(getattr(place, name)))


def _nothing(*_: Any, **__: Any) -> None:
    """In the place of what should be done."""

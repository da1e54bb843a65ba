"""How much do tests of webhooks try? Little with all the others; with `make webhooks`, what is claimed."""

import os
from typing import TypeVar

T = TypeVar("T")


def sized(full: T, usual: T) -> T:
    """One or the other."""
    return full if os.environ.get("WEBHOOKS") == "full" else usual

"""Items, which are stored for neighbouring products (wire.md 3.11)."""

from collections.abc import Iterable, Sequence

from octy.client.answers import ItemsAnswer, ItemsCreated, ItemsUpdated
from octy.client.batches import sent
from octy.client.lists import listed
from octy.client.requests import Requests
from octy.client.steps import Page, Steps
from octy.model.items import Item
from octy.model.limits import ITEMS_PER_BATCH_MAX

PATH = "/v1/retention/items"


def items(requests: Requests, ids: Sequence[str] = ()) -> Steps[Page[Item]]:
    """The items: all, or those with these ids."""
    return listed(requests, PATH, ItemsAnswer, ids)


def create_items(requests: Requests, new: Iterable[Item]) -> Steps[list[Item]]:
    """New items; SomeFailed tells which were refused, and why."""
    return sent(requests, f"{PATH}/create", "items", new, ITEMS_PER_BATCH_MAX, ItemsCreated)


def update_items(requests: Requests, changed: Iterable[Item]) -> Steps[list[Item]]:
    """Replaces items that exist."""
    return sent(requests, f"{PATH}/update", "items", changed, ITEMS_PER_BATCH_MAX, ItemsUpdated)

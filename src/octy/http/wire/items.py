"""Items on the wire (wire.md 3.11)."""

from typing import Annotated

from msgspec import Meta, Struct

from octy.http.answers import RequestMeta
from octy.model import limits
from octy.model.errors import Problem, Refused
from octy.model.items import Item
from octy.model.values import shown


class ItemToPut(Struct):
    """An item that the account sells."""

    item_id: str
    item_price: Annotated[
        int | float | str,
        Meta(description="In the lowest unit of its currency. Text is taken as its number, as CSV uploads send it."),
    ]
    item_category: str | None = None
    item_name: str | None = None
    item_description: str | None = None
    status: Annotated[str | None, Meta(description="`active`, unless told `inactive`.")] = None

    def draft(self) -> Item:
        """As the service takes it; Refused where the price is no integer."""
        return Item(
            item_id=self.item_id,
            item_category=self.item_category or "",
            item_name=self.item_name or "",
            item_description=self.item_description or "",
            item_price=_integer(self.item_price),
            status=self.status or "active",
        )


class ItemsToPut(Struct):
    """Several items."""

    items: Annotated[list[ItemToPut], Meta(min_length=1, max_length=limits.ITEMS_PER_BATCH_MAX)]


class ItemFailure(Struct):
    """An item that was not stored."""

    item_id: str
    error_message: str
    index: int


class ItemsCreated(Struct):
    """What became of a request to create items."""

    request_meta: RequestMeta
    items: list[Item]
    failed_to_create: list[ItemFailure]


class ItemsUpdated(Struct):
    """What became of a request to change items."""

    request_meta: RequestMeta
    items: list[Item]
    failed_to_update: list[ItemFailure]


class ItemList(Struct):
    """Some items; `request_meta.total` says how many there are."""

    request_meta: RequestMeta
    items: list[Item]


def _integer(price: float | str) -> int:
    """The price as a number; from a CSV file it may come as `10.0`, or as text with a trailing blank (wire.md 8.17)."""
    match price:
        case int():
            return price
        case float() if price.is_integer():
            return int(price)
        case str():
            text = price.strip()
            if text.isascii() and text.isdecimal() and len(text) <= len(str(limits.INTEGER_MAX)):
                return int(text)
    raise Refused("price", [Problem("item_price", shown(price), "an integer, in the lowest unit of the currency")])

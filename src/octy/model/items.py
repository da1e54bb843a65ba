"""Items: what an account sells. Stored for neighbouring products; segmentation itself does not read them."""

from msgspec import Struct


class Item(Struct, frozen=True):
    """An item; the price in the lowest unit of its currency."""

    item_id: str
    item_category: str
    item_name: str
    item_description: str
    item_price: int
    status: str = "active"

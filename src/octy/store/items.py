"""Items: what an account sells, kept for neighbouring products."""

from collections.abc import Sequence

import msgspec
from sqlalchemy import Connection, func, select

from octy.model.items import Item
from octy.store import sqlite
from octy.store.rows import in_chunks
from octy.store.schema import items

_FIELDS = Item.__struct_fields__
_PUT = sqlite.upsert(items, [*(name for name in _FIELDS if name != "item_id"), "updated_us"])


def existing_ids(connection: Connection, account_id: int, ids: Sequence[str]) -> set[str]:
    """Which of the ids are items' ids."""
    question = select(items.c.item_id).where(items.c.account_id == account_id)
    chunks = (question.where(items.c.item_id.in_(chunk)) for chunk in in_chunks(ids))
    return {item_id for chunk in chunks for item_id in connection.scalars(chunk)}


def upsert(connection: Connection, account_id: int, given: Sequence[Item], now_us: int) -> None:
    """Stores items. One whose id is there already is replaced, but for the instant of its creation."""
    whose = {"account_id": account_id, "created_us": now_us, "updated_us": now_us}
    if given:
        connection.execute(_PUT, [msgspec.structs.asdict(item) | whose for item in given])


def prices(connection: Connection, account_id: int) -> dict[str, float]:
    """Of all items, by id."""
    question = select(items.c.item_id, items.c.item_price).where(items.c.account_id == account_id)
    return {row.item_id: float(row.item_price) for row in connection.execute(question)}


def page(
    connection: Connection, account_id: int, ids: Sequence[str], offset: int, limit: int
) -> tuple[list[Item], int]:
    """Some of the items with those ids, or of all where `ids` is empty, ordered by id; and how many there are."""
    is_meant = items.c.account_id == account_id
    if ids:
        is_meant &= items.c.item_id.in_(ids)
    total = connection.execute(select(func.count()).select_from(items).where(is_meant)).scalar_one()
    question = select(*(items.c[name] for name in _FIELDS)).where(is_meant).order_by(items.c.item_id)
    return [Item(*row) for row in connection.execute(question.offset(offset).limit(limit))], total

"""Routes of items, which are stored for neighbouring products (wire.md 3.11)."""

from collections.abc import Callable
from typing import Any

from litestar import Router, get, post
from litestar.params import JSONBody

from octy.http.answers import Json, counted, encode, ok, success
from octy.http.auth import INGESTS
from octy.http.batches import BatchReader, Sent
from octy.http.body import body
from octy.http.errors import speakable
from octy.http.idempotency import write_batch
from octy.http.queries import CursorHeader, CursorQuery, Ids, Limit, page_headers, split_ids
from octy.http.requests import OctyRequest
from octy.http.wire.items import ItemFailure, ItemList, ItemsCreated, ItemsToPut, ItemsUpdated, ItemToPut
from octy.model import limits
from octy.model.idempotency import Answer
from octy.model.items import Item
from octy.model.outcomes import Failure, Outcome

_read = BatchReader("items", ItemToPut, limits.ITEMS_PER_BATCH_MAX, ItemToPut.draft).read


@get("/", sync_to_thread=True)
def list_items(
    request: OctyRequest,
    ids: Ids = None,
    limit: Limit = limits.PROFILES_PER_PAGE_MAX,
    cursor: CursorHeader = None,
    cursor_query: CursorQuery = None,
) -> Json[ItemList]:
    """Which items are there: by ids, or all, in pages?"""
    offset = (cursor if cursor is not None else cursor_query) or 0
    rows, total = request.reading.items(request.account_id, split_ids(ids), offset, limit)
    return ok(ItemList(success(f"{counted(len(rows), 'item')}.", len(rows), total), rows), page_headers(rows))


@post("/create", dto=body(ItemsToPut, _read), opt=INGESTS)
async def create_items(request: OctyRequest, data: JSONBody[Sent[Item]]) -> Json[ItemsCreated]:
    """Create items."""

    def answer(outcome: Outcome[Item]) -> Answer:
        done = len(outcome.done)
        meta = success(f"{counted(done, 'item')} created.", done, done + len(outcome.failed))
        return Answer(201, encode(ItemsCreated(meta, list(outcome.done), _failures(data, outcome))))

    return await _put(request, data, answer, create=True)


@post("/update", status_code=200, dto=body(ItemsToPut, _read), opt=INGESTS)
async def update_items(request: OctyRequest, data: JSONBody[Sent[Item]]) -> Json[ItemsUpdated]:
    """Replace items that exist."""

    def answer(outcome: Outcome[Item]) -> Answer:
        done = len(outcome.done)
        meta = success(f"{counted(done, 'item')} updated.", done, done + len(outcome.failed))
        return Answer(200, encode(ItemsUpdated(meta, list(outcome.done), _failures(data, outcome))))

    return await _put(request, data, answer, create=False)


def router() -> Router:
    """The routes of this module."""
    return Router("/v1/retention/items", route_handlers=[list_items, create_items, update_items], tags=["Items"])


async def _put(
    request: OctyRequest, data: Sent[Item], answer: Callable[[Outcome[Item]], Answer], *, create: bool
) -> Json[Any]:
    octy, account_id = request.octy, request.account_id

    def named(failure: Failure) -> str:
        """With the item's id at its end, where the public client looks for the row to name (wire.md 4)."""
        item_id = data.fields(failure.index).text("item_id")
        return f"{failure.message}, item_id : {item_id}" if item_id else failure.message

    return await write_batch(
        request, data, lambda items, once: octy.put_items(account_id, items, create=create, once=once), answer, named
    )


def _failures(sent: Sent[Item], outcome: Outcome[Item]) -> list[ItemFailure]:
    return [
        ItemFailure(sent.fields(one.index).text("item_id"), speakable(one.message), one.index) for one in outcome.failed
    ]

"""Routes of segments (wire.md 3.5; semantics D, P6, X1)."""

from litestar import Router, get, post
from litestar.params import JSONBody

from octy.http.answers import Json, counted, encode, ok, success
from octy.http.batches import BatchReader, Sent
from octy.http.body import body, typed
from octy.http.errors import speakable
from octy.http.idempotency import write, write_batch
from octy.http.queries import CursorHeader, CursorQuery, Ids, Limit, page_headers, split_ids
from octy.http.requests import OctyRequest
from octy.http.wire.segments import (
    DeletedSegment,
    ReceiptList,
    RestoredSegment,
    SegmentCreated,
    SegmentFailure,
    SegmentList,
    SegmentsDeleted,
    SegmentsRestored,
    SegmentsToDelete,
    SegmentsToRestore,
    SegmentToCreate,
    created,
    shown,
    shown_receipt,
)
from octy.model import limits
from octy.model.idempotency import Answer
from octy.model.lifetimes import Segment
from octy.model.outcomes import Outcome

_read_ids = BatchReader[str, str]("segments", str, limits.IDS_PER_REQUEST_MAX).read


@get("/", sync_to_thread=True)
def list_segments(request: OctyRequest, ids: Ids = None, cursor: CursorHeader = None) -> Json[SegmentList]:
    """Which segments are there, and how many profiles are in each? All in one page."""
    found = request.reading.segments(request.account_id, split_ids(ids))
    rows = [shown(segment) for segment in found[cursor or 0 :]]
    meta = success(f"{counted(len(rows), 'segment')}.", len(rows), len(found))
    return ok(SegmentList(meta, rows), page_headers(rows))


@get("/receipts", sync_to_thread=True)
def list_receipts(
    request: OctyRequest,
    ids: Ids = None,
    limit: Limit = limits.PROFILES_PER_PAGE_MAX,
    cursor: CursorHeader = None,
    cursor_query: CursorQuery = None,
) -> Json[ReceiptList]:
    """Which segments were purged, when, why, with how many tags? By ids of receipts or segments, or all, in pages."""
    offset = (cursor if cursor is not None else cursor_query) or 0
    rows, total = request.reading.receipts(request.account_id, split_ids(ids), offset, limit)
    meta = success(f"{counted(len(rows), 'receipt')}.", len(rows), total)
    return ok(ReceiptList(meta, [shown_receipt(one) for one in rows]), page_headers(rows))


@post("/create", dto=body(SegmentToCreate, typed(object).read))
async def create_segment(request: OctyRequest, data: JSONBody[object]) -> Json[SegmentCreated]:
    """Create a segment. A definition that breaks rules is answered with every violation (D10)."""

    def answer(result: tuple[Segment, list[str]]) -> Answer:
        segment, warnings = result
        meta = success("The segment is created.", 1)
        return Answer(201, encode(created(segment, warnings, meta)))

    octy, account_id = request.octy, request.account_id
    return await write(request, lambda once: octy.create_segment(account_id, data, once), answer)


@post("/delete", status_code=200, dto=body(SegmentsToDelete, _read_ids))
async def delete_segments(request: OctyRequest, data: JSONBody[Sent[str]]) -> Json[SegmentsDeleted]:
    """Delete segments: they make no tags from now on, and their own go within 72 hours (X1, X2)."""

    def answer(outcome: Outcome[str]) -> Answer:
        failed = [
            SegmentFailure(data.fields(one.index).whole_text(), speakable(one.message), one.index)
            for one in outcome.failed
        ]
        done = len(outcome.done)
        meta = success(f"{counted(done, 'segment')} pending deletion.", done, done + len(failed))
        return Answer(200, encode(SegmentsDeleted(meta, [DeletedSegment(one) for one in outcome.done], failed)))

    octy, account_id = request.octy, request.account_id
    return await write_batch(request, data, lambda ids, once: octy.delete_segments(account_id, ids, once), answer)


@post("/restore", status_code=200, dto=body(SegmentsToRestore, _read_ids))
async def restore_segments(request: OctyRequest, data: JSONBody[Sent[str]]) -> Json[SegmentsRestored]:
    """Cancel deletions that are pending: the segments go on, with the tags that the rules demand now."""

    def answer(outcome: Outcome[str]) -> Answer:
        failed = [
            SegmentFailure(data.fields(one.index).whole_text(), speakable(one.message), one.index)
            for one in outcome.failed
        ]
        done = len(outcome.done)
        meta = success(f"{counted(done, 'segment')} restored.", done, done + len(failed))
        return Answer(200, encode(SegmentsRestored(meta, [RestoredSegment(one) for one in outcome.done], failed)))

    octy, account_id = request.octy, request.account_id
    return await write_batch(request, data, lambda ids, once: octy.restore_segments(account_id, ids, once), answer)


def router() -> Router:
    """The routes of this module."""
    return Router(
        "/v1/retention/segments",
        route_handlers=[list_segments, list_receipts, create_segment, delete_segments, restore_segments],
        tags=["Segments"],
    )

"""Routes of webhooks that were sent, or are to be: what became of them, and once more."""

from typing import Annotated

from litestar import Router, get, post
from litestar.params import JSONBody, PathParameter, QueryParameter

from octy.http.answers import Json, encode, ok, success
from octy.http.body import typed
from octy.http.idempotency import write
from octy.http.requests import OctyRequest
from octy.http.wire.accounts import shown_stop
from octy.http.wire.deliveries import (
    DeliveryAccepted,
    DeliveryDetail,
    DeliveryList,
    DigestedChanges,
    Nothing,
    Release,
    Released,
    Replay,
    ReplayAccepted,
    detail,
    shown,
    shown_change,
)
from octy.model import limits
from octy.model.errors import Problem, Refused
from octy.model.idempotency import Answer
from octy.model.instants import CREATED_AT_FORM, parse_instant
from octy.model.values import shown as shown_value
from octy.model.webhooks import Delivery, DeliveryFilter, DeliveryState, Stop, WebhookEvent
from octy.service.deliveries import Replayed

DeliveryId = Annotated[str, PathParameter(description="The header `webhook-id` of its attempts.")]
State = Annotated[DeliveryState | None, QueryParameter(name="state", description="Only those in this state.")]
Event = Annotated[WebhookEvent | None, QueryParameter(name="event", description="Only those that tell of this.")]
SegmentId = Annotated[str | None, QueryParameter(description="Only those about this segment.")]
ProfileId = Annotated[
    str | None, QueryParameter(description="Only those about this profile: its id, or a customer id.")
]
From = Annotated[str | None, QueryParameter(name="from", description="Made at this instant or later: ISO 8601.")]
To = Annotated[str | None, QueryParameter(name="to", description="Made before this instant: ISO 8601.")]
Before = Annotated[str | None, QueryParameter(description="`next_before` of the page before.")]
After = Annotated[int, QueryParameter(ge=0, description="`next_after` of the page before.")]
ChangesLimit = Annotated[
    int, QueryParameter(ge=1, le=limits.DIGEST_CHANGES_PER_PAGE_MAX, name="limit", description="Rows in a page.")
]
Limit = Annotated[int, QueryParameter(ge=1, le=limits.DELIVERIES_PER_PAGE_MAX, description="Rows in a page.")]


@get("/deliveries", sync_to_thread=True)
def list_deliveries(
    request: OctyRequest,
    state_query: State = None,
    event_query: Event = None,
    segment_id: SegmentId = None,
    profile_id: ProfileId = None,
    from_query: From = None,
    to_query: To = None,
    before: Before = None,
    limit: Limit = 100,
) -> Json[DeliveryList]:
    """What became of the account's webhooks? The newest first, in pages; 30 days are kept."""
    asked = _filter(state_query, segment_id, profile_id, event_query, from_query, to_query)
    page = request.reading.delivery_page(request.account_id, asked, limit, before)
    rows = [shown(one) for one in page.deliveries]
    return ok(DeliveryList(success(f"{len(rows)} of the account's deliveries.", len(rows)), rows, page.next_before))


@get("/deliveries/{delivery_id:str}", sync_to_thread=True)
def show_delivery(request: OctyRequest, delivery_id: DeliveryId) -> Json[DeliveryDetail]:
    """What does this webhook say, and what came of every attempt?"""
    story = request.reading.delivery(request.account_id, delivery_id)
    return ok(detail(story, success("The delivery.", 1)))


@post("/deliveries/{delivery_id:str}/replay", status_code=200, dto=typed(Nothing))
async def replay_delivery(
    request: OctyRequest, delivery_id: DeliveryId, data: JSONBody[Nothing]
) -> Json[DeliveryAccepted]:
    """Send this webhook once more, now, with the same id, whatever became of it before."""
    del data

    def answer(delivery: Delivery) -> Answer:
        return Answer(200, encode(DeliveryAccepted(success("The delivery is sent once more.", 1), shown(delivery))))

    octy, account_id = request.octy, request.account_id
    return await write(request, lambda once: octy.replay_delivery(account_id, delivery_id, once), answer)


@post("/deliveries/replay", status_code=200, dto=typed(Replay))
async def replay_deliveries(request: OctyRequest, data: JSONBody[Replay]) -> Json[ReplayAccepted]:
    """Send the webhooks of a time once more, the oldest first; unless told otherwise, those that have failed."""
    asked = _filter(data.state, data.segment_id, data.profile_id, data.event, data.from_, data.to)

    def answer(replayed: Replayed) -> Answer:
        count = replayed.count
        words = "delivery is" if count == 1 else "deliveries are"
        meta = success(f"{count} {words} sent once more.", count)
        return Answer(200, encode(ReplayAccepted(meta, count, replayed.next_after)))

    octy, account_id = request.octy, request.account_id
    return await write(request, lambda once: octy.replay_deliveries(account_id, asked, data.after, once), answer)


@get("/deliveries/{delivery_id:str}/changes", sync_to_thread=True)
def show_digest(
    request: OctyRequest, delivery_id: DeliveryId, after: After = 0, limit: ChangesLimit = 1_000
) -> Json[DigestedChanges]:
    """Which changes does this digest tell? All of them, in pages; no other webhook has any. 30 days are kept."""
    page = request.reading.digest_page(request.account_id, delivery_id, limit, after)
    rows = [shown_change(one) for one in page.changes]
    return ok(DigestedChanges(success(f"{len(rows)} of the digest's changes.", len(rows)), rows, page.next_after))


@post("/release", status_code=200, dto=typed(Release))
async def release_segment(request: OctyRequest, data: JSONBody[Release]) -> Json[Released]:
    """Tell of a segment again, whose webhooks have stopped. What was not told meanwhile is not told any more."""

    def answer(stop: Stop) -> Answer:
        return Answer(200, encode(Released(success("The segment is told of again.", 1), shown_stop(stop))))

    octy, account_id = request.octy, request.account_id
    return await write(request, lambda once: octy.release_webhooks(account_id, data.segment_id, once), answer)


@post("/test", status_code=200, dto=typed(Nothing))
async def send_test(request: OctyRequest, data: JSONBody[Nothing]) -> Json[DeliveryAccepted]:
    """Send a webhook that tells of nothing, to see whether the receiver takes it."""
    del data

    def answer(delivery: Delivery) -> Answer:
        return Answer(200, encode(DeliveryAccepted(success("A test is sent.", 1), shown(delivery))))

    octy, account_id = request.octy, request.account_id
    return await write(request, lambda once: octy.test_webhook(account_id, once), answer)


def router() -> Router:
    """The routes of this module."""
    return Router(
        "/v1/webhooks",
        route_handlers=[
            list_deliveries,
            show_delivery,
            show_digest,
            replay_delivery,
            replay_deliveries,
            release_segment,
            send_test,
        ],
        tags=["Webhooks"],
    )


def _filter(
    state: DeliveryState | None,
    segment_id: str | None,
    profile_id: str | None,
    event: WebhookEvent | None,
    from_: str | None,
    to: str | None,
) -> DeliveryFilter:
    return DeliveryFilter(state, segment_id, profile_id, event, _instant(from_, "from"), _instant(to, "to"))


def _instant(text: str | None, name: str) -> int | None:
    if text is None:
        return None
    try:
        return parse_instant(text)
    except ValueError:
        raise Refused("That is no instant.", [Problem(name, shown_value(text), CREATED_AT_FORM)]) from None

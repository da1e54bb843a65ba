"""Webhooks: what became of them, once more, a test; and what they are signed with."""

from functools import partial
from urllib.parse import quote

import msgspec

from octy.client.answers import (
    DeliveriesAnswer,
    DeliveryAnswer,
    DigestAnswer,
    EnabledAnswer,
    ReleaseAnswer,
    ReplayAnswer,
    RotationAnswer,
    SecretsAnswer,
)
from octy.client.requests import Requests
from octy.client.steps import Page, Steps
from octy.client.views import DeliveryView, DigestedChangeView, ReceiverView, SecretView, StopView

PATH = "/v1/webhooks"
DELIVERIES = f"{PATH}/deliveries"
ROWS_PER_PAGE = 100


def deliveries(
    requests: Requests,
    *,
    state: str | None = None,
    event: str | None = None,
    segment_id: str | None = None,
    profile_id: str | None = None,
    since: str | None = None,
    until: str | None = None,
) -> Steps[Page[DeliveryView]]:
    """The webhooks of 30 days, the newest first; the instants are ISO 8601, `until` the first that is left out."""
    return _page(requests, _chosen(state, event, segment_id, profile_id, since, until) | {"limit": str(ROWS_PER_PAGE)})


def delivery(requests: Requests, delivery_id: str) -> Steps[DeliveryAnswer]:
    """A webhook with its body and every attempt."""
    return (yield from requests.get(f"{DELIVERIES}/{quote(delivery_id, safe='')}", DeliveryAnswer))


def digested_changes(requests: Requests, delivery_id: str, after: int = 0) -> Steps[Page[DigestedChangeView]]:
    """All the changes that a digest tells, those after that number."""
    answer = yield from requests.get(
        f"{DELIVERIES}/{quote(delivery_id, safe='')}/changes", DigestAnswer, {"after": str(after)}
    )
    following = partial(digested_changes, requests, delivery_id, answer.next_after) if answer.next_after else None
    return Page(answer.changes, following)


def release_webhooks(requests: Requests, segment_id: str) -> Steps[StopView]:
    """Has a segment told of again, whose webhooks have stopped; how they stood until now."""
    body = msgspec.json.encode({"segment_id": segment_id})
    answer = yield from requests.post(f"{PATH}/release", body, ReleaseAnswer)
    return answer.released


def replay_delivery(requests: Requests, delivery_id: str) -> Steps[DeliveryView]:
    """Sends it once more, now, with the same id and the same bytes."""
    answer = yield from requests.post(f"{DELIVERIES}/{quote(delivery_id, safe='')}/replay", b"{}", DeliveryAnswer)
    return answer.delivery


def replay_deliveries(
    requests: Requests,
    *,
    state: str | None = None,
    event: str | None = None,
    segment_id: str | None = None,
    profile_id: str | None = None,
    since: str | None = None,
    until: str | None = None,
) -> Steps[int]:
    """Sends all of them once more, unless told otherwise those that have failed; how many they are."""
    chosen = _chosen(state, event, segment_id, profile_id, since, until)
    count, after = 0, None
    while True:
        body = msgspec.json.encode(chosen | ({"after": after} if after else {}))
        answer = yield from requests.post(f"{DELIVERIES}/replay", body, ReplayAnswer)
        count, after = count + answer.replayed, answer.next_after
        if after is None:
            return count


def send_test_webhook(requests: Requests) -> Steps[DeliveryView]:
    """Sends a webhook that tells of nothing; `delivery` says later what came of it."""
    answer = yield from requests.post(f"{PATH}/test", b"{}", DeliveryAnswer)
    return answer.delivery


def enable_webhooks(requests: Requests, *, replay: bool = False) -> Steps[ReceiverView]:
    """Sends the receiver webhooks again; with `replay` also those that were made while it was disabled."""
    answer = yield from requests.post(f"{PATH}/enable", msgspec.json.encode({"replay": replay}), EnabledAnswer)
    return answer.webhook_receiver


def webhook_secrets(requests: Requests) -> Steps[list[SecretView]]:
    """What webhooks are signed with, the present secret first."""
    answer = yield from requests.get(f"{PATH}/secrets", SecretsAnswer)
    return answer.webhook_secrets


def rotate_webhook_secret(requests: Requests, overlap_hours: int = 24) -> Steps[list[SecretView]]:
    """Replaces the secret; the former one stays valid for `overlap_hours`. What is valid then."""
    body = msgspec.json.encode({"overlap_hours": overlap_hours})
    yield from requests.post(f"{PATH}/secrets/rotate", body, RotationAnswer)
    return (yield from webhook_secrets(requests))


def _page(requests: Requests, question: dict[str, str]) -> Steps[Page[DeliveryView]]:
    answer = yield from requests.get(DELIVERIES, DeliveriesAnswer, question)
    before = answer.next_before
    following = partial(_page, requests, question | {"before": before}) if before else None
    return Page(answer.deliveries, following)


def _chosen(
    state: str | None,
    event: str | None,
    segment_id: str | None,
    profile_id: str | None,
    since: str | None,
    until: str | None,
) -> dict[str, str]:
    named = {
        "state": state,
        "event": event,
        "segment_id": segment_id,
        "profile_id": profile_id,
        "from": since,
        "to": until,
    }
    return {name: value for name, value in named.items() if value is not None}

"""Webhooks over HTTP: what they are signed with, what became of them, and once more."""

import asyncio
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from octy.model import limits
from octy.webhooks.outbox import Attempt, Busy, Delivery, GivenUp, Result, Succeeded
from tests.integration.http.world import Api, World, error_of, live, meta_of

SECRETS = "/v1/webhooks/secrets"


def secrets_of(api: Api) -> list[dict[str, Any]]:
    answer = api.get(SECRETS)
    meta_of(answer)
    return list(answer.json()["webhook_secrets"])


def test_the_secret_is_shown_to_its_account_alone(world: World, api: Api) -> None:
    (mine,) = secrets_of(api)
    (other,) = secrets_of(world.account())
    assert mine["secret"].startswith("whsec_")
    assert mine["secret"] != other["secret"]
    assert mine["expires_at"] is None
    assert mine["created_at"] == world.now


def test_a_replaced_secret_is_shown_until_it_expires(api: Api) -> None:
    (before,) = secrets_of(api)
    answer = api.post(f"{SECRETS}/rotate", {})
    meta_of(answer, 200)
    assert answer.json()["previous_expires_at"] == "2024-01-02T00:00:00.000000Z"
    new, former = secrets_of(api)
    assert former == before | {"expires_at": "2024-01-02T00:00:00.000000Z"}
    assert new["secret"] not in answer.text
    meta_of(api.post(f"{SECRETS}/rotate", {"overlap_hours": 0}), 200)
    (third,) = secrets_of(api)
    assert third["secret"] not in (new["secret"], before["secret"])


@pytest.mark.parametrize("hours", [-1, 169, "24", 1.5, None])
def test_an_overlap_that_is_none_is_refused(api: Api, hours: object) -> None:
    error = error_of(api.post(f"{SECRETS}/rotate", {"overlap_hours": hours}), 400)
    assert error["errors"][0]["path"] == "overlap_hours"
    assert len(secrets_of(api)) == 1


def test_a_repeat_of_a_rotation_changes_nothing_and_no_copy_of_the_secret_is_kept_for_it(api: Api) -> None:  # E5
    first = api.post(f"{SECRETS}/rotate", {}, {"Idempotency-Key": "k"})
    shown = secrets_of(api)
    again = api.post(f"{SECRETS}/rotate", {}, {"Idempotency-Key": "k"})
    assert again.content == first.content
    assert secrets_of(api) == shown


# Deliveries

DELIVERIES = "/v1/webhooks/deliveries"
UNKNOWN = "msg_00000000000000000000000000000000"


class Shop:
    """An account with a live segment, whose webhooks are looked after by the test."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.api = world.account()
        self.api.has_event_types(viewed=["page"])
        self.ana, self.ben = self.api.has_profiles("ana", "ben")
        self.segment = self.api.has_segment(live("viewing"))
        self.other_segment = self.api.has_segment(live("seeing", page="x"))
        self.sets_url("https://hooks.example.org/octy")

    def sets_url(self, url: str) -> None:
        self.api.post(
            "/v1/configurations/account/set",
            {
                "contact_name": "A",
                "contact_surname": "B",
                "contact_email_address": "a@b.example",
                "webhook_url": url,
                "authenticated_id_key": "",
            },
        )

    def views(self, profile_id: str, at: str, page: str = "y") -> None:
        event = {
            "event_type": "viewed",
            "profile_id": profile_id,
            "created_at": at,
            "event_properties": {"page": page},
        }
        assert self.api.post("/v1/retention/events/create", event).status_code == 201

    def finish(self, delivery_id: str, status: int = 200) -> None:
        """An attempt, and no further one."""
        octy = self.world.octy
        now_us = octy.clock.now_us()
        (one,) = (one for one in self.due() if one.webhook_id == delivery_id)
        number, attempts = one.delivery_id, one.attempts + 1
        if status == 200:
            result: Result = Succeeded(number, attempts, now_us, Attempt(now_us, 7, 200, None, "thanks"))
        else:
            error = f"The receiver answered {status}."
            attempt = Attempt(now_us, 8, status, error, "no such table")
            result = GivenUp(number, attempts, now_us, error, attempt, is_gone=status == 410)
        asyncio.run(octy.outbox.record([result]))

    def due(self) -> Sequence[Delivery]:
        return asyncio.run(self.world.octy.outbox.due(self.world.octy.clock.now_us(), 1_000, 1_000, Busy()))

    def listed(self, **asked: str | int) -> list[dict[str, Any]]:
        answer = self.api.get(f"{DELIVERIES}?{urlencode(asked)}")
        meta_of(answer)
        return list(answer.json()["deliveries"])

    def ids(self, **asked: str | int) -> list[str]:
        return [one["delivery_id"] for one in self.listed(**asked)]

    def replays(self, **asked: str) -> dict[str, Any]:
        answer = self.api.post(f"{DELIVERIES}/replay", asked)
        meta_of(answer, 200)
        return dict(answer.json())


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    """In a world of its own, whose clock nobody else moves."""
    world = World(tmp_path / "data")
    yield Shop(world)
    world.close()


def test_deliveries_are_listed_from_the_newest_back(shop: Shop) -> None:
    shop.views(shop.ana, "2024-01-01T10:00:00Z")
    shop.views(shop.ben, "2024-01-01T11:00:00Z")
    ben, ana = shop.listed()
    assert (ana["profile_id"], ben["profile_id"]) == (shop.ana, shop.ben)
    assert ana == {
        "delivery_id": ana["delivery_id"],
        "event": "live_segment.matched",
        "state": "pending",
        "profile_id": shop.ana,
        "segment_id": shop.segment,
        "created_at": "2024-01-01T10:00:00.000000Z",
        "attempts": 0,
        "next_attempt_at": "2024-01-01T10:00:00.000000Z",
        "finished_at": None,
        "last_error": None,
    }


def test_nobody_sees_anothers_deliveries(shop: Shop) -> None:
    shop.views(shop.ana, "2024-01-01T10:00:00Z")
    (mine,) = shop.ids()
    stranger = shop.world.account()
    assert stranger.get(DELIVERIES).json()["deliveries"] == []
    for path in (f"{DELIVERIES}/{mine}", f"{DELIVERIES}/{UNKNOWN}"):
        error_of(stranger.get(path), 404, code=400)
        assert stranger.post(f"{path}/replay", {}).status_code in (400, 404)
    error_of(stranger.get(f"{DELIVERIES}?before={mine}"), 400)
    error_of(stranger.get(f"{DELIVERIES}?segment_id={shop.segment}"), 400)
    error_of(stranger.get(f"{DELIVERIES}?profile_id={shop.ana}"), 400)


def test_deliveries_are_found_by_state_segment_profile_and_time(shop: Shop) -> None:
    shop.views(shop.ana, "2024-01-01T10:00:00Z")
    shop.views(shop.ana, "2024-01-01T11:00:00Z", page="x")
    shop.views(shop.ben, "2024-01-01T12:00:00Z")
    everything = shop.ids()
    ben, *anas, first = everything
    assert len(anas) == 2
    shop.finish(first)
    shop.finish(ben, 500)
    assert shop.ids(state="delivered") == [first]
    assert shop.ids(state="failed") == [ben]
    assert shop.ids(state="pending") == anas
    assert shop.ids(profile_id="ben") == shop.ids(profile_id=shop.ben) == [ben]
    assert shop.ids(profile_id="ana", state="pending") == anas
    (seeing,) = shop.ids(segment_id=shop.other_segment)
    assert seeing in anas
    assert shop.ids(**{"from": "2024-01-01T11:00:00Z"}) == [ben, *anas]
    assert shop.ids(to="2024-01-01T11:00:00Z") == [first]
    assert shop.ids(**{"from": "2024-01-01T11:00:00Z", "to": "2024-01-01T12:00:00Z"}) == anas
    assert shop.ids(**{"from": "2024-01-02"}) == []
    assert shop.ids(to="2024-01-02") == everything


def test_pages_show_everything_once_whatever_is_added_meanwhile(shop: Shop) -> None:
    for minute in range(10, 17):
        shop.views(shop.ana, f"2024-01-01T10:{minute}:00Z")
    everything = shop.ids()
    found: list[str] = []
    before: dict[str, str] = {}
    while True:
        page = shop.api.get(f"{DELIVERIES}?{urlencode({'limit': 3} | before)}").json()
        found += [one["delivery_id"] for one in page["deliveries"]]
        shop.views(shop.ben, "2024-01-01T11:00:00Z")
        if page["next_before"] is None:
            break
        before = {"before": page["next_before"]}
    assert found == everything


def test_one_delivery_is_shown_with_its_body_and_every_attempt(shop: Shop) -> None:
    shop.views(shop.ana, "2024-01-01T10:00:00Z")
    (delivery_id,) = shop.ids()
    shop.finish(delivery_id, 500)
    answer = shop.api.get(f"{DELIVERIES}/{delivery_id}")
    meta_of(answer)
    told = answer.json()
    assert told["delivery"]["state"] == "failed"
    assert told["delivery"]["finished_at"] == "2024-01-01T10:00:00.000000Z"
    assert told["delivery"]["last_error"] == "The receiver answered 500."
    assert told["body"]["subject"] == "Live segment tag created"
    assert told["body"]["meta"]["delivery_id"] == delivery_id
    assert told["attempt_log"] == [
        {
            "number": 1,
            "started_at": "2024-01-01T10:00:00.000000Z",
            "took_ms": 8,
            "status": 500,
            "error": "The receiver answered 500.",
            "answer": "no such table",
        }
    ]


@pytest.mark.parametrize("status", [200, 500])
def test_a_delivery_is_sent_once_more_with_the_same_id_and_bytes(shop: Shop, status: int) -> None:
    """C22. The schedule begins anew; the attempts before stay in the log."""
    shop.views(shop.ana, "2024-01-01T10:00:00Z")
    (before,) = shop.due()
    shop.finish(before.webhook_id, status)
    assert shop.due() == []
    answer = shop.api.post(f"{DELIVERIES}/{before.webhook_id}/replay", {})
    meta_of(answer, 200)
    assert answer.json()["delivery"]["state"] == "pending"
    (again,) = shop.due()
    assert (again.webhook_id, again.body) == (before.webhook_id, before.body)
    assert (again.attempts, again.attempts_before) == (1, 1)
    shop.finish(before.webhook_id)
    log = shop.api.get(f"{DELIVERIES}/{before.webhook_id}").json()["attempt_log"]
    assert [one["number"] for one in log] == [1, 2]


def test_the_failed_of_a_time_are_sent_once_more(shop: Shop) -> None:
    for hour in (10, 11, 12):
        shop.views(shop.ana, f"2024-01-01T{hour}:00:00Z")
        shop.finish(shop.ids()[0], 500)
    shop.views(shop.ben, "2024-01-01T12:00:00Z")
    shop.finish(shop.ids()[0])
    told = shop.replays(**{"from": "2024-01-01T11:00:00Z", "to": "2024-01-01T13:00:00Z"})
    assert (told["replayed"], told["next_after"]) == (2, None)
    assert len(shop.ids(state="pending")) == 2
    assert shop.replays(state="delivered", profile_id="ben")["replayed"] == 1
    assert shop.replays(segment_id=shop.other_segment)["replayed"] == 0
    assert shop.replays()["replayed"] == 1
    assert shop.ids(state="failed") == []


def test_a_long_replay_takes_several_requests(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "DELIVERIES_PER_REPLAY_MAX", 2)
    for minute in range(10, 15):
        shop.views(shop.ana, f"2024-01-01T10:{minute}:00Z")
        shop.finish(shop.ids()[0], 500)
    told = shop.replays()
    counts = [told["replayed"]]
    while told["next_after"] is not None:
        told = shop.replays(after=told["next_after"])
        counts.append(told["replayed"])
    assert counts == [2, 2, 1]
    assert len(shop.ids(state="pending")) == 5


def test_a_test_tells_of_nothing_and_is_listed_as_any_other(shop: Shop) -> None:
    answer = shop.api.post("/v1/webhooks/test", {})
    meta_of(answer, 200)
    delivery_id = answer.json()["delivery"]["delivery_id"]
    (one,) = shop.listed()
    assert (one["event"], one["profile_id"], one["segment_id"]) == ("webhook.test", None, None)
    (due,) = shop.due()
    assert due.webhook_id == delivery_id
    body = json.loads(due.body)
    assert body["subject"] == "Webhook test"
    assert body["meta"] == {"delivery_id": delivery_id, "event": "webhook.test"}


def test_without_a_url_and_to_a_receiver_that_is_gone_nothing_is_sent(shop: Shop) -> None:
    shop.views(shop.ana, "2024-01-01T10:00:00Z")
    (delivery_id,) = shop.ids()
    shop.finish(delivery_id, 410)
    for path in ("/v1/webhooks/test", f"{DELIVERIES}/replay", f"{DELIVERIES}/{delivery_id}/replay"):
        assert "disabled" in error_of(shop.api.post(path, {}), 400)["reason"]
    other = Shop(shop.world)
    other.sets_url("")
    for path in ("/v1/webhooks/test", f"{DELIVERIES}/replay"):
        assert "no webhook URL" in error_of(other.api.post(path, {}), 400)["reason"]


@pytest.mark.parametrize(
    "query",
    [
        "state=lost",
        "from=yesterday",
        "to=2024-13-01",
        "from=2024-01-02&to=2024-01-01",
        "limit=0",
        "limit=1001",
        f"before={UNKNOWN}",
        "segment_id=nope",
        "profile_id=nope",
    ],
)
def test_a_question_that_makes_no_sense_is_refused_with_words_that_help(shop: Shop, query: str) -> None:
    error = error_of(shop.api.get(f"{DELIVERIES}?{query}"), 400)
    assert error["errors"][0]["error_message"]


def test_deliveries_are_forgotten_thirty_days_after_they_were_done(shop: Shop) -> None:
    shop.views(shop.ana, "2024-01-01T10:00:00Z")
    shop.views(shop.ben, "2024-01-01T10:00:00Z")
    done, pending = shop.ids()
    shop.finish(done)
    shop.api.post("/v1/sandbox/clock", {"now": "2024-01-31T10:00:00Z"})
    assert len(shop.ids()) == 2
    shop.api.post("/v1/sandbox/clock", {"now": "2024-01-31T10:00:01Z"})
    assert shop.ids() == [pending]
    error_of(shop.api.get(f"{DELIVERIES}/{done}"), 404, code=400)


def test_a_disabled_receiver_is_shown_and_enabled_again(shop: Shop) -> None:
    assert shop.api.get("/v1/configurations/account").json()["webhook_receiver"] == {
        "enabled": True,
        "disabled_at": None,
        "disabled_reason": None,
        "failing_since": None,
    }
    shop.views(shop.ana, "2024-01-01T10:00:00Z")
    shop.finish(shop.ids()[0], 410)
    told = shop.api.get("/v1/configurations/account").json()["webhook_receiver"]
    assert (told["enabled"], told["disabled_at"]) == (False, "2024-01-01T10:00:00.000000Z")
    assert told["disabled_reason"] == "The receiver answered 410: it wants no webhooks any more."
    shop.views(shop.ben, "2024-01-01T10:01:00Z")
    assert shop.due() == []
    answer = shop.api.post("/v1/webhooks/enable", {"replay": True})
    meta_of(answer, 200)
    assert answer.json()["webhook_receiver"]["enabled"] is True
    assert len(shop.due()) == 1
    error_of(shop.api.post("/v1/webhooks/enable", {"replay": "yes"}), 400)

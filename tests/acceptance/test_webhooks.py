"""Webhooks reach a real receiver: the exact body of H1, an id that stays the same (H4), and go nowhere private."""

import json
import time
from collections.abc import Callable

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from tests.acceptance.account import CONTACT, Account, error_lines, messages, step
from tests.acceptance.processes import Machine, Server, wait_for
from tests.acceptance.receiver import Delivery, Receiver

CONFIGURATION = "/v1/configurations/account/set"


def matches_at_once(account: Account, receiver: Receiver) -> tuple[str, str]:
    """A live 1 segment of payment errors; its id, and a customer's."""
    account.send_webhooks_to(receiver.url)
    account.event_type("payment_error", "bank")
    segment_id = account.segment("payment trouble", "live", 1, step("payment_error"))
    return segment_id, account.profiles("ana")[0]


def h1_of(delivery: Delivery) -> bytes:
    """The body without what stands beside H1."""
    body, _, meta = delivery.body.partition(b',"meta":{')
    assert meta.endswith(b"}}")
    return body + b"}"


def body_of(subject: str, profile_id: str, segment_id: str, tag: str, date: str) -> bytes:
    """H1, to the byte."""
    segment = {"segment_id": segment_id, "segment_tag": tag}
    body = {"subject": subject, "body": {"profile_id": profile_id, "segment": segment}, "date_time": date}
    return json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode()


def test_a_live_1_match_is_told_with_exactly_the_body_of_h1(machine: Machine, receiver: Receiver) -> None:
    account = Account(machine.serve("--allow-private-webhooks"))
    segment_id, ana = matches_at_once(account, receiver)
    began = int(time.time())
    account.happens("payment_error", ana)
    (first,) = receiver.wait_for(1)
    account.happens("payment_error", ana)
    second = receiver.wait_for(2)[1]
    since = account.tags_of(ana)["payment trouble"]
    tag = (ana, segment_id, "payment trouble")
    date = json.loads(first.body)["date_time"]
    assert h1_of(first) == body_of("Live segment tag created", *tag, date)
    assert h1_of(second) == body_of("Live segment tag updated", *tag, since)
    assert first.path == "/octy?from=acceptance"
    assert first.headers["content-type"] == "application/json"
    assert began <= int(first.headers["webhook-timestamp"]) <= time.time()
    assert first.webhook_id
    assert first.webhook_id != second.webhook_id


def test_the_standards_own_package_verifies_every_attempt_also_while_the_secret_is_replaced(
    machine: Machine, receiver: Receiver
) -> None:
    server = machine.serve("--allow-private-webhooks", "--webhook-pauses", "1s")
    account = Account(server)
    _, ana = matches_at_once(account, receiver)
    with server.client() as client:
        (old,) = client.get("/v1/webhooks/secrets").json()["webhook_secrets"]
        receiver.statuses.append(500)
        account.happens("payment_error", ana)
        receiver.wait_for(1)
        client.post("/v1/webhooks/secrets/rotate", json={}).raise_for_status()
        new, former = client.get("/v1/webhooks/secrets").json()["webhook_secrets"]
    account.happens("payment_error", ana)
    first, *_, last = receiver.wait_for(3)
    for secret, deliveries in ((old, [first, last]), (former, [first, last]), (new, [last])):
        for delivery in deliveries:
            told = Webhook(secret["secret"]).verify(delivery.body, dict(delivery.headers))
            assert told["meta"]["delivery_id"] == delivery.webhook_id
    with pytest.raises(WebhookVerificationError):
        Webhook(new["secret"]).verify(first.body, dict(first.headers))


def test_every_kind_that_is_chosen_reaches_a_receiver_and_its_signature_is_verified(
    machine: Machine, receiver: Receiver
) -> None:
    """The standard's own package is the judge."""
    server = machine.serve("--allow-private-webhooks")
    account = Account(server)
    account.send_webhooks_to(receiver.url)
    kinds = ["live_segment.matched", "live_segment.retracted", "past_segment.entered", "past_segment.left"]
    account.post(CONFIGURATION, {"webhook_events": [*kinds, "segment.backfilled"]})
    account.event_type("view", "page")
    account.segment("at the till", "live", 1, step("view", page="till"))
    account.segment("undecided", "past", 2, step("view"), step("charged", "inaction"), days=30)
    ana, *others = account.profiles("ana", "ben", "cem", "dan")
    account.happens("view", ana, page="till")
    account.happens("view", ana, page="home")
    account.happens("charged", ana)
    receiver.wait_for(5)
    account.post(CONFIGURATION, {"webhooks_per_minute": 1, "webhook_breaker_share": 0.5})
    views = [{"event_type": "view", "profile_id": one, "event_properties": {"page": "home"}} for one in others]
    account.post("/v1/retention/events/create/batch", {"events": views})
    arrived = receiver.wait_for(8)
    with server.client() as client:
        (secret,) = client.get("/v1/webhooks/secrets").json()["webhook_secrets"]
    told = [Webhook(secret["secret"]).verify(one.body, dict(one.headers)) for one in arrived]
    metas = {one["meta"]["event"]: one["meta"] for one in told}
    assert metas.keys() == {*kinds, "segment.backfilled", "segment.digest", "segment.webhooks_stopped"}
    assert metas["live_segment.retracted"]["retracts"] == metas["live_segment.matched"]["delivery_id"]
    listed = machine.cli(server, "webhooks", "list", "--event", "past_segment.left", "--ids")
    assert listed.stdout.split() == [metas["past_segment.left"]["delivery_id"]]
    changes = machine.cli(server, "webhooks", "changes", metas["segment.digest"]["delivery_id"])
    assert f"{others[1]}  past_segment.entered" in changes.stdout
    assert "Found a total of 1 change" in changes.stdout
    assert "Webhooks stopped      undecided: since" in machine.cli(server, "get", "accountconfig").stdout
    released = machine.cli(server, "webhooks", "release", metas["segment.webhooks_stopped"]["segment_id"])
    assert "undecided is told of again; 1 change not told since" in released.stdout
    assert "Webhooks stopped" not in machine.cli(server, "get", "accountconfig").stdout


def test_a_live_2_match_is_told_when_its_window_ends(machine: Machine, receiver: Receiver) -> None:
    account = Account(machine.sandbox("2024-01-01T00:00:00Z"))
    account.send_webhooks_to(receiver.url)
    account.event_type("cart", "page")
    steps = step("cart", minutes=30), step("charged", "inaction")
    segment_id = account.segment("abandoned cart", "live", 2, *steps)
    (ana,) = account.profiles("ana")
    account.happens("cart", ana, at="2024-01-01T12:00:00Z")
    account.move_clock("2024-01-01T12:29:59.999999Z")
    assert account.tags_of(ana) == {}
    account.move_clock("2024-01-01T12:30:00Z")
    (delivery,) = receiver.wait_for(1)
    date = "Mon, 01 Jan 2024 12:30:00 GMT"
    assert account.tags_of(ana) == {"abandoned cart": date}
    assert h1_of(delivery) == body_of("Live segment tag created", ana, segment_id, "abandoned cart", date)
    assert delivery.headers["webhook-timestamp"] == "1704112200"


def test_a_receiver_that_fails_is_tried_again_with_the_same_id(machine: Machine, receiver: Receiver) -> None:
    server = machine.sandbox()
    account = Account(server)
    _, ana = matches_at_once(account, receiver)
    receiver.statuses.extend([500, 503])
    account.happens("payment_error", ana)
    receiver.wait_for(1)
    wait_for("the failure's record", lambda: server.stderr.count("webhooks.postponed") == 1)
    account.move_clock("2024-01-01T00:00:06Z")  # 5 s, give or take a fifth
    receiver.wait_for(2)
    wait_for("the failure's record", lambda: server.stderr.count("webhooks.postponed") == 2)
    account.move_clock("2024-01-01T00:06:06Z")  # 5 min, give or take a fifth
    deliveries = receiver.wait_for(3)
    assert _same_webhook(deliveries)
    account.move_clock("2024-01-08T00:00:00Z")
    account.happens("payment_error", ana)  # a later webhook, after which no repeat of the former could still come
    assert [one.webhook_id for one in receiver.wait_for(4)].count(deliveries[0].webhook_id) == 3


@pytest.mark.parametrize("end", [Server.kill, Server.stop], ids=["kill -9", "SIGTERM"])
def test_a_webhook_that_was_under_way_at_the_end_arrives_after_the_start(
    machine: Machine, receiver: Receiver, end: Callable[[Server], object]
) -> None:
    server = machine.serve("--allow-private-webhooks")
    account = Account(server)
    _, ana = matches_at_once(account, receiver)
    receiver.answers.clear()
    account.happens("payment_error", ana)
    receiver.wait_for(1)
    end(server)
    receiver.answers.set()
    machine.serve("--allow-private-webhooks")
    assert _same_webhook(receiver.wait_for(2))


def test_webhooks_that_wait_for_a_retry_survive_kill_9(machine: Machine, receiver: Receiver) -> None:
    server = machine.sandbox()
    account = Account(server)
    matches_at_once(account, receiver)
    customers = account.profiles(*(f"customer {number}" for number in range(5)))
    receiver.statuses.extend([500] * 5)
    for profile_id in customers:
        account.happens("payment_error", profile_id)
    wait_for("five failures", lambda: server.stderr.count("webhooks.postponed") == 5)
    server.kill()
    failed = {(one.webhook_id, one.body) for one in receiver.deliveries}
    account = Account(machine.sandbox())
    account.move_clock("2024-01-01T00:00:06Z")
    again = receiver.wait_for(10)[5:]
    assert len(failed) == 5
    assert {(one.webhook_id, one.body) for one in again} == failed


def _same_webhook(deliveries: list[Delivery]) -> bool:
    return len({(one.webhook_id, one.body) for one in deliveries}) == 1


def test_a_private_webhook_url_is_refused_unless_allowed(machine: Machine, receiver: Receiver) -> None:
    with machine.serve().client() as client:
        answer = client.post(CONFIGURATION, json=CONTACT | {"webhook_url": receiver.url, "authenticated_id_key": ""})
        said = messages(error_lines(answer, 400))
        configured = client.get("/v1/configurations/account").json()["account_data"]
    assert "webhook" in said.lower()
    assert "not public" in said
    assert not configured["webhook_url"]


def test_a_private_webhook_url_that_was_allowed_once_is_not_connected_to(machine: Machine, receiver: Receiver) -> None:
    server = machine.serve("--allow-private-webhooks")
    _, ana = matches_at_once(Account(server), receiver)
    server.stop()
    server = machine.serve()
    account = Account(server)
    account.happens("payment_error", ana)
    wait_for("the attempt", lambda: "webhooks.postponed" in server.stderr)
    assert "The webhook URL leads to an address that is not public." in server.stderr
    assert list(account.tags_of(ana)) == ["payment trouble"]  # the match itself stands
    assert receiver.connections == 0
    server.stop()

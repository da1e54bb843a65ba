"""Webhooks reach a real receiver: the exact body of H1, verified, seen and repaired by a person at a terminal.

On one server, where each test has an account of its own.
"""

import json
import time
from typing import Any

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from tests.acceptance.account import CONFIGURATION, Account, new_keys, step
from tests.acceptance.processes import Machine, Server, wait_for
from tests.acceptance.receiver import Delivery, Receiver


class Shop(Account):
    """An account of its own, whose owner sits at a terminal."""

    def __init__(self, machine: Machine, server: Server) -> None:
        public, secret = new_keys(machine)
        super().__init__(server, (public, secret))
        self._machine, self._server = machine, server
        self._keys = {"OCTY_PUBLIC_KEY": public, "OCTY_SECRET_KEY": secret}

    def said(self, *arguments: str, code: int = 0) -> list[str]:
        """The lines that `octy-cli` says, and where it fails also complains."""
        ended = self._machine.cli(self._server, *arguments, keys=self._keys)
        assert ended.code == code, ended
        return (ended.stdout if code == 0 else ended.stdout + ended.stderr).splitlines()

    def states(self) -> list[str]:
        """What has become of its webhooks, the newest first."""
        return [one["state"] for one in self.get("/v1/webhooks/deliveries")["deliveries"]]

    def secrets(self) -> list[str]:
        """What webhooks are signed with, the present secret first."""
        return [one["secret"] for one in self.get("/v1/webhooks/secrets")["webhook_secrets"]]


@pytest.fixture(scope="module")
def server(shared_machine: Machine) -> Server:
    return shared_machine.serve("--allow-private-webhooks", "--webhook-pauses", "1s")


@pytest.fixture
def shop(shared_machine: Machine, server: Server) -> Shop:
    return Shop(shared_machine, server)


def verified(secret: str, delivery: Delivery) -> dict[str, Any]:
    """What the standard's own package makes of it."""
    told: dict[str, Any] = Webhook(secret).verify(delivery.body, dict(delivery.headers))
    return told


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


# What is told


def test_a_live_1_match_is_told_with_exactly_the_body_of_h1(shop: Shop, receiver: Receiver) -> None:
    shop.send_webhooks_to(receiver.url)
    segment_id = shop.matches_payment_errors()
    (ana,) = shop.profiles("ana")
    began = int(time.time())
    shop.happens("payment_error", ana)
    (first,) = receiver.wait_for(1)
    shop.happens("payment_error", ana)
    second = receiver.wait_for(2)[1]
    since = shop.tags_of(ana)["payment trouble"]
    tag = (ana, segment_id, "payment trouble")
    date = json.loads(first.body)["date_time"]
    assert h1_of(first) == body_of("Live segment tag created", *tag, date)
    assert h1_of(second) == body_of("Live segment tag updated", *tag, since)
    assert first.path == "/octy?from=acceptance"
    assert first.headers["content-type"] == "application/json"
    assert began <= int(first.headers["webhook-timestamp"]) <= time.time()
    assert first.webhook_id
    assert first.webhook_id != second.webhook_id


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


def test_every_kind_that_is_chosen_reaches_a_receiver_and_its_signature_is_verified(
    shop: Shop, receiver: Receiver
) -> None:
    """The standard's own package is the judge."""
    shop.send_webhooks_to(receiver.url)
    kinds = ["live_segment.matched", "live_segment.retracted", "past_segment.entered", "past_segment.left"]
    shop.post(CONFIGURATION, {"webhook_events": [*kinds, "segment.backfilled"]})
    shop.event_type("view", "page")
    shop.segment("at the till", "live", 1, step("view", page="till"))
    shop.segment("undecided", "past", 2, step("view"), step("charged", "inaction"), days=30)
    ana, *others = shop.profiles("ana", "ben", "cem", "dan")
    shop.happens("view", ana, page="till")
    shop.happens("view", ana, page="home")
    shop.happens("charged", ana)
    receiver.wait_for(5)
    shop.post(CONFIGURATION, {"webhooks_per_minute": 1, "webhook_breaker_share": 0.5})
    views = [{"event_type": "view", "profile_id": one, "event_properties": {"page": "home"}} for one in others]
    shop.post("/v1/retention/events/create/batch", {"events": views})
    (secret,) = shop.secrets()
    told = [verified(secret, one) for one in receiver.wait_for(8)]
    metas = {one["meta"]["event"]: one["meta"] for one in told}
    assert metas.keys() == {*kinds, "segment.backfilled", "segment.digest", "segment.webhooks_stopped"}
    assert metas["live_segment.retracted"]["retracts"] == metas["live_segment.matched"]["delivery_id"]
    listed = shop.said("webhooks", "list", "--event", "past_segment.left", "--ids")
    assert listed == [metas["past_segment.left"]["delivery_id"]]
    changes = shop.said("webhooks", "changes", metas["segment.digest"]["delivery_id"])
    assert changes[0].startswith(f"{others[1]}  past_segment.entered")
    assert changes[-1] == "Found a total of 1 change"
    assert "Webhooks stopped      undecided: since" in "\n".join(shop.said("get", "accountconfig"))
    (released,) = shop.said("webhooks", "release", metas["segment.webhooks_stopped"]["segment_id"])
    assert "undecided is told of again; 1 change not told since" in released
    assert "Webhooks stopped" not in "\n".join(shop.said("get", "accountconfig"))


# What it is signed with


def test_the_standards_own_package_verifies_every_attempt_also_while_the_secret_is_replaced(
    shop: Shop, receiver: Receiver
) -> None:
    shop.send_webhooks_to(receiver.url)
    shop.matches_payment_errors()
    (ana,) = shop.profiles("ana")
    (old,) = shop.secrets()
    receiver.statuses.append(500)
    shop.happens("payment_error", ana)
    receiver.wait_for(1)
    shop.post("/v1/webhooks/secrets/rotate", {})
    new, former = shop.secrets()
    shop.happens("payment_error", ana)
    first, *_, last = receiver.wait_for(3)
    assert former == old
    for secret, deliveries in ((old, [first, last]), (new, [last])):
        for delivery in deliveries:
            assert verified(secret, delivery)["meta"]["delivery_id"] == delivery.webhook_id
    with pytest.raises(WebhookVerificationError):
        verified(new, first)


def test_a_test_shows_what_the_receiver_answers_and_the_secret_verifies_it(shop: Shop, receiver: Receiver) -> None:
    assert "no webhook URL" in shop.said("webhooks", "test", code=1)[-1]
    shop.send_webhooks_to(receiver.url)
    (attempt,) = shop.said("webhooks", "test")
    assert "answered 204" in attempt
    (secret,) = shop.said("webhooks", "secrets")
    (delivery,) = receiver.wait_for(1)
    assert verified(secret.split()[0], delivery)["meta"]["event"] == "webhook.test"
    new, former = shop.said("webhooks", "rotate", "--overlap-hours", "1")
    assert former.split()[0] == secret.split()[0]
    assert new.endswith("the present one")
    receiver.statuses.append(500)
    (attempt,) = shop.said("webhooks", "test", code=1)
    assert attempt.endswith("The receiver answered 500.")


# Seen and repaired


def test_what_failed_is_found_and_sent_once_more(shop: Shop, receiver: Receiver) -> None:
    shop.send_webhooks_to(receiver.url)
    segment_id = shop.matches_payment_errors()
    ana, ben = shop.profiles("ana", "ben")
    receiver.statuses.extend([500, 500])
    shop.happens("payment_error", ana)
    wait_for("the failure", lambda: shop.states() == ["failed"])
    (failed,) = shop.said("webhooks", "list", "--state", "failed", "--ids")
    shop.happens("payment_error", ben)
    wait_for("both", lambda: shop.states() == ["delivered", "failed"])
    newest, oldest, total = shop.said("webhooks", "list")
    assert (ben in newest, "delivered" in newest) == (True, True)
    assert oldest.startswith(failed)
    assert total == "Found a total of 2 deliveries"
    assert shop.said("webhooks", "list", "--profile", "ana", "--segment", segment_id, "--ids") == [failed]
    told = shop.said("webhooks", "show", failed)
    assert "State: failed" in told
    assert next(line for line in told if line.startswith("Attempt 2")).endswith("The receiver answered 500.")
    assert json.loads(told[-1].removeprefix("Body: "))["meta"]["delivery_id"] == failed
    assert shop.said("webhooks", "replay", failed) == ["Replayed a total of 1 delivery"]
    assert receiver.wait_for(4)[3].webhook_id == failed
    wait_for("its record", lambda: shop.states() == ["delivered", "delivered"])
    replayed = shop.said("webhooks", "replay", "--state", "delivered", "--from", "2020-01-01")
    assert replayed == ["Replayed a total of 2 deliveries"]
    assert shop.said("webhooks", "replay", "msg_none", code=1)
    assert shop.said("webhooks", "replay", code=2)
    assert shop.said("webhooks", "show", "msg_none", code=1)


def test_a_receiver_that_is_gone_is_shown_and_sent_what_waited_when_it_is_enabled_again(
    shop: Shop, receiver: Receiver
) -> None:
    """C22."""
    shop.send_webhooks_to(receiver.url)
    shop.matches_payment_errors()
    ana, ben = shop.profiles("ana", "ben")
    receiver.statuses.append(410)
    shop.happens("payment_error", ana)
    wait_for("the end", lambda: shop.states() == ["failed"])
    shop.happens("payment_error", ben)
    said = "\n".join(shop.said("get", "accountconfig"))
    assert "disabled since" in said
    assert "The receiver answered 410: it wants no webhooks any more." in said
    assert "disabled" in shop.said("webhooks", "test", code=1)[-1]
    assert shop.states() == ["pending", "failed"]
    assert len(receiver.deliveries) == 1
    assert "also those that were made meanwhile" in shop.said("webhooks", "enable", "--replay")[-1]
    assert json.loads(receiver.wait_for(2)[1].body)["body"]["profile_id"] == ben
    assert "Webhooks              enabled" in "\n".join(shop.said("get", "accountconfig"))

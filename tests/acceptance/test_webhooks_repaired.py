"""Webhooks seen and repaired by a person at a terminal: `octy-cli webhooks …` against a real server and receiver."""

import json

from standardwebhooks import Webhook

from tests.acceptance.account import Account, step
from tests.acceptance.processes import Machine, Server, wait_for
from tests.acceptance.receiver import Receiver


def said(machine: Machine, server: Server, *arguments: str, code: int = 0) -> list[str]:
    ended = machine.cli(server, "webhooks", *arguments)
    assert ended.code == code, ended
    return (ended.stdout if code == 0 else ended.stdout + ended.stderr).splitlines()


def test_what_failed_is_found_and_sent_once_more(machine: Machine, receiver: Receiver) -> None:
    server = machine.serve("--allow-private-webhooks", "--webhook-pauses", "1s")
    account = Account(server)
    account.send_webhooks_to(receiver.url)
    account.event_type("payment_error", "bank")
    segment_id = account.segment("payment trouble", "live", 1, step("payment_error"))
    ana, ben = account.profiles("ana", "ben")
    receiver.statuses.extend([500, 500])
    account.happens("payment_error", ana)
    (failed,) = wait_for("the failure", lambda: said(machine, server, "list", "--state", "failed", "--ids"))
    account.happens("payment_error", ben)
    receiver.wait_for(3)
    newest, oldest, total = wait_for("both", lambda: _ended(said(machine, server, "list")))
    assert (ben in newest, "delivered" in newest) == (True, True)
    assert oldest.startswith(failed)
    assert total == "Found a total of 2 deliveries"
    assert said(machine, server, "list", "--profile", "ana", "--segment", segment_id, "--ids") == [failed]
    told = said(machine, server, "show", failed)
    assert "State: failed" in told
    assert next(line for line in told if line.startswith("Attempt 2")).endswith("The receiver answered 500.")
    assert json.loads(told[-1].removeprefix("Body: "))["meta"]["delivery_id"] == failed
    assert said(machine, server, "replay", failed) == ["Replayed a total of 1 delivery"]
    assert receiver.wait_for(4)[3].webhook_id == failed
    assert said(machine, server, "replay", "--state", "delivered", "--from", "2020-01-01")[-1].startswith("Replayed")
    assert said(machine, server, "replay", "msg_none", code=1)
    assert said(machine, server, "replay", code=2)
    assert said(machine, server, "show", "msg_none", code=1)


def test_a_test_shows_what_the_receiver_answers_and_the_secret_verifies_it(
    machine: Machine, receiver: Receiver
) -> None:
    server = machine.serve("--allow-private-webhooks")
    account = Account(server)
    assert "no webhook URL" in said(machine, server, "test", code=1)[-1]
    account.send_webhooks_to(receiver.url)
    (attempt,) = said(machine, server, "test")
    assert "answered 204" in attempt
    (secret,) = said(machine, server, "secrets")
    (delivery,) = receiver.wait_for(1)
    told = Webhook(secret.split()[0]).verify(delivery.body, dict(delivery.headers))
    assert told["meta"]["event"] == "webhook.test"
    new, former = said(machine, server, "rotate", "--overlap-hours", "1")
    assert former.split()[0] == secret.split()[0]
    assert new.endswith("the present one")
    receiver.statuses.append(500)
    (attempt,) = said(machine, server, "test", code=1)
    assert attempt.endswith("The receiver answered 500.")


def _ended(lines: list[str]) -> list[str] | None:
    return None if any("pending" in line for line in lines) else lines

"""Webhooks through the ends of a server: none is lost, each keeps its id, none goes where it may not go any more."""

from tests.acceptance.account import CONFIGURATION, Account, error_lines, messages
from tests.acceptance.processes import Machine, Server, wait_for
from tests.acceptance.receiver import Delivery, Receiver


def test_a_webhook_that_was_under_way_at_the_end_arrives_after_the_start(machine: Machine, receiver: Receiver) -> None:
    """After `kill -9`, and after SIGTERM."""
    server = machine.serve("--allow-private-webhooks")
    account = Account(server)
    account.send_webhooks_to(receiver.url)
    account.matches_payment_errors()
    (ana,) = account.profiles("ana")
    for end in (Server.kill, Server.stop):
        receiver.answers.clear()
        arrived = len(receiver.deliveries)
        Account(server).happens("payment_error", ana)
        receiver.wait_for(arrived + 1)
        end(server)
        receiver.answers.set()
        server = machine.serve("--allow-private-webhooks")
        assert _count(receiver.wait_for(arrived + 2)[arrived:]) == 1


def test_webhooks_that_wait_for_a_retry_survive_kill_9_and_keep_their_ids(machine: Machine, receiver: Receiver) -> None:
    server = machine.sandbox()
    account = Account(server)
    account.send_webhooks_to(receiver.url)
    account.matches_payment_errors()
    customers = account.profiles(*(f"customer {number}" for number in range(5)))
    receiver.statuses.extend([500] * 5)
    for profile_id in customers:
        account.happens("payment_error", profile_id)
    wait_for("five failures", lambda: server.stderr.count("webhooks.postponed") == 5)
    server.kill()
    server = machine.sandbox()
    account = Account(server)
    receiver.statuses.append(500)
    account.move_clock("2024-01-01T00:00:06Z")  # 5 s, give or take a fifth
    deliveries = receiver.wait_for(10)
    assert _count(deliveries[:5]) == _count(deliveries[5:]) == _count(deliveries) == 5
    wait_for("the failure's record", lambda: server.stderr.count("webhooks.postponed") == 1)
    account.move_clock("2024-01-01T00:06:06Z")  # 5 min, give or take a fifth
    assert _count(receiver.wait_for(11)) == 5
    account.move_clock("2024-01-08T00:00:00Z")
    account.happens("payment_error", customers[0])  # after which no repeat could still come
    assert _count(receiver.wait_for(12)) == 6


def test_a_private_webhook_url_is_refused_unless_allowed_and_not_connected_to_where_it_was_once(
    machine: Machine, receiver: Receiver
) -> None:
    server = machine.serve("--allow-private-webhooks")
    account = Account(server)
    account.send_webhooks_to(receiver.url)
    account.matches_payment_errors()
    (ana,) = account.profiles("ana")
    server.stop()
    server = machine.serve()
    account = Account(server)
    said = messages(error_lines(account.http.post(CONFIGURATION, json={"webhook_url": f"{receiver.url}&again"}), 400))
    assert "webhook" in said.lower()
    assert "not public" in said
    assert account.get("/v1/configurations/account")["account_data"]["webhook_url"] == receiver.url
    account.happens("payment_error", ana)
    wait_for("the attempt", lambda: "webhooks.postponed" in server.stderr)
    assert "The webhook URL leads to an address that is not public." in server.stderr
    assert list(account.tags_of(ana)) == ["payment trouble"]  # the match itself stands
    assert receiver.connections == 0
    server.stop()


def _count(deliveries: list[Delivery]) -> int:
    """How many webhooks these are, each with one id and one body."""
    return len({(one.webhook_id, one.body) for one in deliveries})

"""`kill -9` while matches are made and webhooks leave to a receiver that fails in every way: each arrives (C08).

With one id and one body, in order, and none extra.
"""

import json
import os
import threading
import time
from collections import defaultdict
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from itertools import cycle, islice
from random import Random

import httpx

from tests.acceptance.account import Account, decoded, new_keys
from tests.acceptance.processes import PUBLIC_KEY, SECRET_KEY, Machine, Server, wait_for
from tests.acceptance.receiver import ANSWERS_TOO_LATE, HANGS, RESETS, Receiver
from tests.logs import opened
from tests.sizes import sized

KILLS = sized(100, 10)
MATCHES_PER_ROUND_MIN = sized(200, 100)
MATCHES_MIN = KILLS * MATCHES_PER_ROUND_MIN
"""So many webhooks there are, and the receiver is asked so often before it works again (C08)."""
ACCOUNTS = 4
"""Each one's receiver is given pauses of its own, so that together they are asked more often."""
PROFILES = 16
"""Of each account."""
EVENTS_AT_ONCE, PAUSE_SECONDS = 5, 0.03
KILLED_WITHIN_SECONDS = 0.5
MOODS = (204,) * 12 + (500, 500, 429, RESETS, RESETS, ANSWERS_TOO_LATE, ANSWERS_TOO_LATE, HANGS)
"""As likely as each other; six in ten are taken at once (C08)."""
ATTEMPTS_SECONDS_MAX = 900
"""A receiver that fails so often takes some ten a second, and a busy machine has tried few by the last kill."""
IN_FLIGHT_MAX = 10
SERVED = ("--allow-private-webhooks", "--webhook-pauses", ",".join(["1s"] * 40), "--webhook-jitter", "0.2")
"""Pauses so short, and so many, that all arrive while somebody waits."""
SENT = "/v1/retention/events/create/batch"


class Customers:
    """Those of an account in which a live segment matches with each of their events."""

    def __init__(self, server: Server, keys: tuple[str, str], webhook_url: str) -> None:
        account = Account(server, keys)
        account.send_webhooks_to(webhook_url)
        account.matches_payment_errors()
        self.keys = keys
        self.in_turn = cycle(account.profiles(*(f"customer {number}" for number in range(PROFILES))))


class Sending(threading.Thread):
    """Sends events of accounts in turn, until nobody is there any more; knows which were acknowledged."""

    def __init__(self, server: Server, accounts: Sequence[Customers]) -> None:
        super().__init__(daemon=True)
        self._server = server
        self._accounts = accounts
        self.acknowledged: list[str] = []
        self.start()

    def run(self) -> None:
        """Until the connection breaks."""
        with ExitStack() as stack, suppress(httpx.HTTPError):
            clients = [stack.enter_context(self._server.client(customers.keys)) for customers in self._accounts]
            for client, customers in cycle(zip(clients, self._accounts, strict=True)):
                events = [
                    {"event_type": "payment_error", "profile_id": profile_id}
                    for profile_id in islice(customers.in_turn, EVENTS_AT_ONCE)
                ]
                created = decoded(client.post(SENT, json={"events": events}))["created_events"]
                self.acknowledged += [event["event_id"] for event in created]
                time.sleep(PAUSE_SECONDS)


def test_every_webhook_of_an_acknowledged_event_arrives_through_kills(machine: Machine, receiver: Receiver) -> None:
    seed = int.from_bytes(os.urandom(4))
    print(f"seed {seed}")
    chance = Random(seed)
    receiver.moods = lambda: chance.choice(MOODS)
    server = machine.serve(*SERVED)
    others = [new_keys(machine) for _ in range(1, ACCOUNTS)]
    accounts = [Customers(server, keys, receiver.url) for keys in ((PUBLIC_KEY, SECRET_KEY), *others)]
    acknowledged: list[str] = []
    for _ in range(KILLS):
        sending = Sending(server, accounts)
        wait_for("traffic", lambda sending=sending: len(sending.acknowledged) >= MATCHES_PER_ROUND_MIN)  # type: ignore[misc]
        time.sleep(chance.uniform(0, KILLED_WITHIN_SECONDS))  # the random moment; nothing waits for anything here
        server.kill()
        sending.join()
        acknowledged += sending.acknowledged
        server = machine.serve(*SERVED)
    tried_through_kills = len(receiver.deliveries)
    receiver.moods = lambda: chance.choice([mood for mood in MOODS if mood != HANGS])  # which nothing cuts short now
    wait_for("attempts", lambda: len(receiver.deliveries) >= MATCHES_MIN, ATTEMPTS_SECONDS_MAX)
    receiver.moods = None
    wait_for("all deliveries", lambda: _states(server) == {"delivered"})
    server.stop()
    _check(receiver, acknowledged)
    with opened(server.data) as connection:
        made = dict(connection.execute("SELECT webhook_id, body FROM outbox"))
        (events,) = connection.execute("SELECT count(*) FROM events").fetchone()
    assert made == {one.webhook_id: one.body for one in receiver.deliveries}, "none that was not made"
    assert len(made) == events >= MATCHES_MIN, "one for each event that there is"
    again = sum(count - 1 for count in receiver.accepted.values())
    assert again <= KILLS * ACCOUNTS * IN_FLIGHT_MAX, "taken twice only where a kill came between answer and record"
    print(f"{KILLS} kills, {len(acknowledged)} acknowledged events of {events}, {len(made)} webhooks,")
    print(f"{len(receiver.deliveries)} attempts, {tried_through_kills} of them before the last start,")
    print(f"{again} taken more than once")


def _states(server: Server) -> set[str]:
    with opened(server.data) as connection:
        return {state for (state,) in connection.execute("SELECT DISTINCT state FROM outbox")}


def _check(receiver: Receiver, acknowledged: list[str]) -> None:
    bodies: dict[str, set[bytes]] = defaultdict(set)
    of_event: dict[str, set[str]] = defaultdict(set)
    arrived: dict[str, list[int]] = defaultdict(list)
    for delivery in receiver.deliveries:
        bodies[delivery.webhook_id].add(delivery.body)
        told = json.loads(delivery.body)
        of_event[told["meta"]["match"]["event_id"]].add(delivery.webhook_id)
        numbers = arrived[told["body"]["profile_id"]]
        if told["meta"]["sequence"] not in numbers:
            numbers.append(told["meta"]["sequence"])
    assert {len(same) for same in bodies.values()} == {1}, "the same bytes at every attempt"
    assert {len(ids) for ids in of_event.values()} == {1}, "one webhook for each event"
    assert set(acknowledged) <= set(of_event), "none missing"
    assert len(acknowledged) == len(set(acknowledged))
    for numbers in arrived.values():
        assert numbers == list(range(1, len(numbers) + 1)), "in order, without a gap"

"""`kill -9` while matches are made and webhooks leave to a receiver that fails in every way: each arrives (C08).

With one id and one body, in order, and none extra.
"""

import json
import os
import threading
import time
from collections import defaultdict
from random import Random

import httpx

from tests.acceptance.account import Account, step
from tests.acceptance.processes import Machine, Server, wait_for
from tests.acceptance.receiver import BREAKS_OFF, HANGS, Receiver
from tests.logs import opened
from tests.sizes import sized

KILLS = sized(100, 6)
PROFILES = 64
EVENTS_PER_ROUND_MIN = 20
KILLED_WITHIN_SECONDS = 0.5
MOODS = (204,) * 12 + (500, 500, 429, 503, BREAKS_OFF, BREAKS_OFF, 200, HANGS)
"""As likely as each other; six in ten are taken at once (C08)."""
IN_FLIGHT_MAX = 10
SERVED = ("--allow-private-webhooks", "--webhook-pauses", ",".join(["1s"] * 40), "--webhook-jitter", "0.2")
"""Pauses so short, and so many, that all arrive while somebody waits."""
SENT = "/v1/retention/events/create"


class Sending(threading.Thread):
    """Sends events of a customer each, until nobody is there any more; knows which were acknowledged."""

    def __init__(self, server: Server, profile_ids: list[str]) -> None:
        super().__init__(daemon=True)
        self._server = server
        self._profile_ids = profile_ids
        self.acknowledged: list[str] = []
        self.start()

    def run(self) -> None:
        """Until the connection breaks."""
        try:
            with self._server.client() as client:
                for number in range(1_000_000):
                    profile_id = self._profile_ids[number % len(self._profile_ids)]
                    answer = client.post(SENT, json={"event_type": "payment_error", "profile_id": profile_id})
                    if answer.status_code == 201:
                        self.acknowledged.append(answer.json()["event_id"])
        except httpx.HTTPError:
            return


def test_every_webhook_of_an_acknowledged_event_arrives_through_kills(machine: Machine, receiver: Receiver) -> None:
    seed = int.from_bytes(os.urandom(4))
    print(f"seed {seed}")
    chance = Random(seed)
    receiver.moods = lambda: chance.choice(MOODS)
    server = machine.serve(*SERVED)
    account = Account(server)
    account.send_webhooks_to(receiver.url)
    account.event_type("payment_error", "bank")
    account.segment("payment trouble", "live", 1, step("payment_error"))
    profile_ids = account.profiles(*(f"customer {number}" for number in range(PROFILES)))
    acknowledged: list[str] = []
    for kill in range(KILLS):
        sending = Sending(server, profile_ids)
        wait_for("traffic", lambda sending=sending: len(sending.acknowledged) >= EVENTS_PER_ROUND_MIN)  # type: ignore[misc]
        time.sleep(chance.uniform(0, KILLED_WITHIN_SECONDS))  # the random moment; nothing waits for anything here
        server.kill()
        sending.join()
        acknowledged += sending.acknowledged
        if kill == KILLS - 1:
            receiver.moods = None
        server = machine.serve(*SERVED)
    wait_for("all deliveries", lambda: _states(server) == {"delivered"})
    server.stop()
    _check(receiver, acknowledged)
    with opened(server.data) as connection:
        made = dict(connection.execute("SELECT webhook_id, body FROM outbox"))
        (events,) = connection.execute("SELECT count(*) FROM events").fetchone()
    assert made == {one.webhook_id: one.body for one in receiver.deliveries}, "none that was not made"
    assert len(made) == events, "one for each event that there is"
    again = sum(count - 1 for count in receiver.accepted.values())
    assert again <= KILLS * IN_FLIGHT_MAX, "taken twice only where a kill came between the answer and its record"
    print(f"{KILLS} kills, {len(acknowledged)} acknowledged events of {events}, {len(made)} webhooks,")
    print(f"{len(receiver.deliveries)} attempts, {again} taken more than once")


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

"""A server that is told to end says so first: no client that does as HTTP asks has a request fail (C39).

It is told so in the middle of traffic, and started again on the same folder: five times, or as often as `STOPS` says
(`make stops`).
"""

import os
import signal
import threading
import time
from typing import NamedTuple

import httpx

from tests.acceptance.account import Account, decoded, stored_rows
from tests.acceptance.ledger import EVENTS
from tests.acceptance.processes import PATIENCE_SECONDS, Machine, Server, wait_for

STOPS = int(os.environ.get("STOPS", "5"))
CLIENTS = 4
EVENTS_PER_SECOND = 2_000
EVENTS_PER_BATCH = 20
BATCHES_FIRST = 5
"""So many of each client are answered before the server is told."""
STOPPED_SECONDS_MAX = 30


class Sender:
    """Sends batches at a steady rate on a kept connection, until an answer says that it closes."""

    def __init__(self, server: Server, profile_id: str) -> None:
        self.batches = 0
        """So many were answered."""
        self.failure: Exception | None = None
        self._batch = {"events": [{"event_type": "charged", "profile_id": profile_id}] * EVENTS_PER_BATCH}
        self._thread = threading.Thread(target=self._run, args=(server,))
        self._thread.start()

    def _run(self, server: Server) -> None:
        try:
            with server.client() as client:
                self._send(client)
        except Exception as error:  # noqa: BLE001 - the test's thread raises it
            self.failure = error

    def _send(self, client: httpx.Client) -> None:
        due = time.monotonic()
        while True:
            answer = client.post(EVENTS, json=self._batch)
            assert len(decoded(answer)["created_events"]) == EVENTS_PER_BATCH
            self.batches += 1
            if answer.headers.get("connection") == "close":
                return
            due += CLIENTS * EVENTS_PER_BATCH / EVENTS_PER_SECOND
            time.sleep(max(due - time.monotonic(), 0))

    def join(self) -> None:
        self._thread.join(PATIENCE_SECONDS)
        assert not self._thread.is_alive()
        if self.failure is not None:
            raise self.failure


class Stop(NamedTuple):
    """How one went."""

    events: int
    """So many were answered."""
    seconds: float
    """From the signal to the end."""


def test_no_request_fails_for_a_client_that_closes_when_it_is_told(machine: Machine) -> None:
    server = machine.serve("--drain-seconds", "20")
    (ana,) = Account(server).profiles("ana")
    stops = [_stopped(server, ana)]
    while len(stops) < STOPS:
        stops.append(_stopped(machine.serve("--drain-seconds", "20"), ana))
    events = sum(one.events for one in stops)
    assert stored_rows(server.data)["events"] == events
    print(f"{STOPS} stops, {events:,} events, the longest in {max(one.seconds for one in stops):.2f} s")


def _stopped(server: Server, profile_id: str) -> Stop:
    watcher = server.client()
    watcher.get("/readyz").raise_for_status()
    senders = [Sender(server, profile_id) for _ in range(CLIENTS)]
    wait_for("traffic", lambda: all(one.failure or one.batches >= BATCHES_FIRST for one in senders))
    began = time.monotonic()
    server.popen.send_signal(signal.SIGTERM)
    not_ready = wait_for("the end to be told", lambda: _not_ready(watcher))
    assert not_ready.headers["connection"] == "close"
    assert "stopping" in not_ready.text
    for sender in senders:
        sender.join()
    ended = server.end(STOPPED_SECONDS_MAX)
    assert ended.code == 0
    assert "Traceback" not in ended.stderr
    return Stop(sum(one.batches for one in senders) * EVENTS_PER_BATCH, time.monotonic() - began)


def _not_ready(client: httpx.Client) -> httpx.Response | None:
    answer = client.get("/readyz")
    return answer if answer.status_code == 503 else None

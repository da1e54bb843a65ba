"""A server that is told to end says so first: no client that does as HTTP asks has a request fail (C39)."""

import signal
import threading

import httpx
import pytest

from tests.acceptance.account import Account
from tests.acceptance.processes import PATIENCE_SECONDS, Machine, Server, wait_for

STOPS = 5
CLIENTS = 4


class Sender:
    """Sends one event after another on a kept connection, until an answer says that it closes."""

    def __init__(self, server: Server, profile_id: str) -> None:
        self.answered = 0
        self.failures: list[object] = []
        self._event = {"event_type": "charged", "profile_id": profile_id}
        self._thread = threading.Thread(target=self._send, args=(server,))
        self._thread.start()

    def _send(self, server: Server) -> None:
        try:
            with server.client() as client:
                while True:
                    answer = client.post("/v1/retention/events/create", json=self._event)
                    if answer.status_code != 201:
                        self.failures.append((answer.status_code, answer.text))
                    self.answered += 1
                    if answer.headers.get("connection") == "close":
                        return
        except httpx.HTTPError as error:
            self.failures.append(repr(error))

    def join(self) -> None:
        self._thread.join(PATIENCE_SECONDS)
        assert not self._thread.is_alive()


@pytest.mark.parametrize("number", range(STOPS))
def test_no_request_fails_for_a_client_that_closes_when_it_is_told(number: int, machine: Machine) -> None:
    server = machine.serve("--drain-seconds", "20")
    (ana,) = Account(server).profiles("ana")
    watcher = server.client()
    watcher.get("/readyz").raise_for_status()
    senders = [Sender(server, ana) for _ in range(CLIENTS)]
    wait_for("traffic", lambda: all(sender.answered > 10 * (number + 1) for sender in senders))
    server.popen.send_signal(signal.SIGTERM)
    not_ready = wait_for("the end to be told", lambda: _not_ready(watcher))
    assert not_ready.headers["connection"] == "close"
    assert "stopping" in not_ready.text
    for sender in senders:
        sender.join()
        assert sender.failures == []
    ended = server.end()
    assert ended.code == 0
    assert "Traceback" not in ended.stderr


def _not_ready(client: httpx.Client) -> httpx.Response | None:
    answer = client.get("/readyz")
    return answer if answer.status_code == 503 else None

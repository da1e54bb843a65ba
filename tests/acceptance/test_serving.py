"""`octy serve` begins and ends as its operator expects: keys once, Ctrl-C, SIGTERM, everything acknowledged kept."""

import json
import re
import signal
import socket
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count

import httpx
import pytest

from tests.acceptance.account import Account, lines_of, step, stored_rows
from tests.acceptance.ledger import EVENTS, Batch, Ledger, numbered
from tests.acceptance.processes import PUBLIC_KEY, SECRET_KEY, Machine, Server, wait_for

pytestmark = pytest.mark.new_interpreters

AUTHENTICATE = "/v1/account/authenticate"
KEYS_SHOWN = re.compile(r"OCTY_PUBLIC_KEY=(pk_\S+)\s+OCTY_SECRET_KEY=(sk_\S+)")

both_signals = pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])


def test_an_idle_server_ends_when_told_and_all_is_there_again(machine: Machine) -> None:
    server = machine.serve()
    account = Account(server)
    account.event_type("view", "page")
    account.segment("viewers", "past", 1, step("view"), days=1)
    (ana,) = account.profiles("ana")
    account.happens("view", ana, page="home")
    before = account.events_of(ana), account.tags_of(ana), account.history_of(ana)
    server.stop(signal.SIGINT)  # with the keep-alive connection of `account` still open
    account = Account(machine.serve())
    assert (account.events_of(ana), account.tags_of(ana), account.history_of(ana)) == before
    assert list(before[1]) == ["viewers"]


@both_signals
def test_a_busy_server_ends_when_told_and_keeps_what_it_acknowledged(machine: Machine, number: signal.Signals) -> None:
    server = machine.serve()
    (ana,) = Account(server).profiles("ana")
    ledger, numbers = Ledger(), count()

    def batch() -> Batch:
        return [numbered({"event_type": "charged", "profile_id": ana}, str(next(numbers))) for _ in range(20)]

    with _idle_connection(server):
        clients = [ledger.send_until_gone(server, batch) for _ in range(3)]
        wait_for("traffic", lambda: len(ledger.acknowledged) >= 400)
        server.stop(number)
    for client in clients:
        client.join()
    server = machine.serve()
    ledger.resend_acknowledged(server)
    ledger.resend_unanswered(server)
    assert stored_rows(server.data)["events"] == len(ledger.acknowledged)


def test_a_request_whose_body_never_comes_ends_with_the_server_and_no_traceback(machine: Machine) -> None:
    server = machine.serve()
    with _half_a_request(server) as connection:
        ended = server.stop(had_trouble=True)
        answer = b"".join(iter(lambda: connection.recv(65_536), b""))
    for line in ended.stderr.splitlines():
        json.loads(line)  # "one JSON object a line elsewhere" (docs/using-octy.md)
    if answer:
        head, _, body = answer.partition(b"\r\n\r\n")
        lines_of(json.loads(body), int(head.split()[1]))


@contextmanager
def _idle_connection(server: Server) -> Iterator[None]:
    """One that has been used, and is kept alive."""
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: octy\r\n\r\n")
        assert connection.recv(65_536).startswith(b"HTTP/1.1 200")
        yield


@contextmanager
def _half_a_request(server: Server) -> Iterator[socket.socket]:
    """One whose body never comes."""
    head = f"POST {EVENTS} HTTP/1.1\r\nHost: octy\r\nAuthorization: cGtfb3Vyczpza19vdXJz\r\nContent-Length: 1000\r\n"
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        connection.sendall(f"{head}\r\n{{".encode())
        server.client().get("/readyz")  # by now the server reads
        yield connection


def test_new_keys_are_shown_once_and_kept_as_a_hash(machine: Machine) -> None:
    server = machine.serve(keys=False)
    shown = KEYS_SHOWN.search(server.stdout)
    assert shown is not None, server.stdout
    keys = (shown[1], shown[2])
    assert httpx.get(server.url + AUTHENTICATE, auth=keys).status_code == 200
    assert httpx.get(server.url + AUTHENTICATE, auth=(keys[0], keys[1] + "x")).status_code == 401
    server.stop()
    server = machine.serve(keys=False)
    assert "_KEY" not in server.stdout + server.stderr
    assert httpx.get(server.url + AUTHENTICATE, auth=keys).status_code == 200
    server.stop()
    assert not any(keys[1].encode() in file.read_bytes() for file in server.data.rglob("*") if file.is_file())


def test_the_environment_s_keys_are_used_and_not_shown(machine: Machine) -> None:
    server = machine.serve()
    assert "_KEY" not in server.stdout + server.stderr
    assert httpx.get(server.url + AUTHENTICATE, auth=(PUBLIC_KEY, SECRET_KEY)).status_code == 200


def test_the_data_folder_is_the_owner_s_alone(machine: Machine) -> None:
    data = machine.serve().data
    assert stat.S_IMODE(data.stat().st_mode) == 0o700
    for path in data.rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600)

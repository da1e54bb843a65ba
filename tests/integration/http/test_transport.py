"""Requests as bytes on a connection to a real uvicorn: too long, cut off, or no HTTP at all."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from io import BufferedReader
from typing import Any, NamedTuple

import httpx
import pytest
import uvicorn

from octy.http.connections import Connections
from octy.http.protocol import served_by
from octy.model import limits
from octy.model.limits import HEAD_BYTES_MAX, URL_BYTES_MAX
from tests.acceptance import raw
from tests.integration.http.world import ERROR_CODES, Api, World, error_of

ONE = "/v1/retention/events/create"
BATCH = "/v1/retention/events/create/batch"


class Answer(NamedTuple):
    """What came back on a raw connection."""

    status: int
    headers: dict[str, str]
    body: dict[str, Any]


@pytest.fixture(scope="module")
def port(world: World) -> Iterator[int]:
    """The port at which a uvicorn serves the world."""
    http = served_by(world.door, Connections(limits.CONNECTIONS_MAX))
    config = uvicorn.Config(
        world.door, port=0, http=http, ws="none", lifespan="off", log_level="critical", access_log=False
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    thread.join()


def send(port: int, *pieces: bytes) -> Answer:
    """Sends bytes, and reads one answer; stops sending when there is one."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.setblocking(True)
        for piece in pieces:
            try:
                connection.sendall(piece)
            except (BrokenPipeError, ConnectionResetError):
                break
        return read(connection)


def read(connection: socket.socket) -> Answer:
    """The next answer on a connection, after which none comes yet."""
    return read_next(connection.makefile("rb"))


def has_error_shape(answer: Answer) -> bool:
    error = answer.body["error"]
    return error["code"] in ERROR_CODES and bool(error["errors"]) and bool(error["errors"][0]["error_message"])


def head(api: Api, path: str = BATCH, method: str = "POST", **headers: object) -> bytes:
    fields = {"Host": "x", **api.headers} | {name.replace("_", "-"): value for name, value in headers.items()}
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items()), "", ""]
    return "\r\n".join(lines).encode()


def test_a_body_of_100_mb_is_refused_before_it_is_sent(port: int, api: Api) -> None:
    answer = send(port, head(api, Content_Length=100_000_000))
    assert answer.status == 413
    assert has_error_shape(answer)
    assert str(limits.BODY_BYTES_MAX) in answer.body["error"]["reason"]


def test_who_waits_for_100_continue_is_not_told_to(port: int, api: Api) -> None:
    assert send(port, head(api, Content_Length=100_000_000, Expect="100-continue")).status == 413


def test_who_sends_100_mb_all_the_same_hears_why_not(port: int, api: Api) -> None:
    """An ordinary client sends it all before it listens, and must not find the connection torn down."""
    answer = httpx.post(f"http://127.0.0.1:{port}{BATCH}", content=bytes(100_000_000), headers=api.headers, timeout=60)
    error_of(answer, 413)


def test_a_chunked_body_is_cut_where_it_is_too_long(port: int, api: Api) -> None:
    chunk = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
    pieces = [head(api, Transfer_Encoding="chunked"), *([chunk] * (limits.BODY_BYTES_MAX // 0x10000 + 1))]
    answer = send(port, *pieces)  # the last chunk never comes
    assert answer.status == 413
    assert has_error_shape(answer)


def test_a_chunked_body_that_fits_is_read(port: int, api: Api) -> None:
    answer = send(port, head(api, Transfer_Encoding="chunked"), b"2\r\n{}\r\n0\r\n\r\n")
    assert answer.status == 400
    assert answer.body["error"]["errors"][0]["error_message"].startswith("events: ")


def test_who_asks_whether_to_go_on_is_told_so_before_the_body_is_sent(port: int, api: Api) -> None:
    body = charged(api)
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(head(api, ONE, Content_Length=len(body), Expect="100-continue"))
        assert connection.recv(65_536) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(body)
        assert read(connection).status == 201


@pytest.mark.parametrize("size", [1, 7, 100_000])
def test_a_chunked_event_is_stored(port: int, api: Api, size: int) -> None:
    body = charged(api)
    chunks = [body[start : start + size] for start in range(0, len(body), size)]
    framed = [b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks]
    assert send(port, head(api, ONE, Transfer_Encoding="chunked"), *framed, b"0\r\n\r\n").status == 201


def test_events_sent_at_once_are_answered_in_their_order(port: int, api: Api) -> None:
    """Pipelined, with a request between them that takes another way."""
    body = charged(api, message_id="first")
    event = head(api, ONE, Content_Length=len(body)) + body
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        reader = connection.makefile("rb")
        connection.sendall(event + head(api, "/v1/account/authenticate", "GET") + event + event)
        first, other, second, third = (read_next(reader) for _ in range(4))
    assert [one.status for one in (first, other, second, third)] == [201, 200, 201, 201]
    assert "duplicate" not in first.body
    assert second.body == third.body
    assert second.body["duplicate"] is True


def test_an_event_whose_sender_hangs_up_before_its_end_is_not_stored(port: int, api: Api) -> None:
    body = charged(api)
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(head(api, ONE, Content_Length=len(body) + 1) + body)
    assert send(port, head(api, ONE, Content_Length=2) + b"{}").status == 400
    assert api.get("/v1/retention/profiles/events?id=ana").json()["events"] == []


def test_wrong_keys_are_told_before_the_body_is_read(port: int, api: Api) -> None:
    lines = head(api, Content_Length=1000).replace(api.headers["Authorization"].encode(), b"cGtfYTpza19i")
    assert send(port, lines).status == 401


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"hello\r\n\r\n",
        b"FETCH /healthz HTTP/1.1\r\nHost: x\r\n\r\n",
        b"get /healthz HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /healthz HTTP/9.9\r\nHost: x\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost x\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: many\r\n\r\n",
        b"POST /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"GET //[ HTTP/1.1\r\nHost: x\r\n\r\n",
        bytes(range(256)),
    ],
)
def test_what_is_no_http_is_answered_in_the_error_shape(port: int, request_bytes: bytes) -> None:
    answer = send(port, request_bytes)
    assert answer.status in (400, 404, 405)
    assert has_error_shape(answer)


@pytest.mark.parametrize("lines", [b"", b"Host: a\r\nHost: b\r\n", b"X: y\r\n"], ids=["none", "two", "another"])
def test_a_request_of_http_1_1_names_its_host_once(port: int, lines: bytes) -> None:
    """RFC 9112, 3.2. Of HTTP/1.0 nobody asks it."""
    refused = send(port, b"GET /livez HTTP/1.1\r\n" + lines + b"\r\n")
    assert refused.status == 400
    assert refused.headers["connection"] == "close"
    assert "host" in refused.body["error"]["reason"]
    assert send(port, b"GET /livez HTTP/1.0\r\n\r\n").status == 200


@pytest.mark.parametrize("codings", ["gzip, chunked", "identity", "xchunked"])
def test_a_transfer_coding_other_than_chunked_is_not_understood(port: int, api: Api, codings: str) -> None:
    """RFC 9112, 6.1. Nothing is stored."""
    body = b'{"profiles":[{"customer_id":"bob"}]}'
    lines = head(api, "/v1/retention/profiles/create", Transfer_Encoding=codings)
    refused = send(port, lines + b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body))
    assert refused.status in (400, 501)
    assert has_error_shape(refused)
    assert api.get("/v1/retention/profiles").json()["profiles"] == []


def test_a_coding_before_chunked_is_501(port: int, api: Api) -> None:
    refused = send(port, head(api, Transfer_Encoding="gzip, chunked") + b"0\r\n\r\n")
    assert refused.status == 501
    assert "chunked" in refused.body["error"]["reason"]
    assert send(port, head(api, Transfer_Encoding="Chunked") + b"0\r\n\r\n").status == 400  # no body


@pytest.mark.parametrize(
    "path", ["//livez", "/v1//retention/segments", "/v1%2Fretention/segments", "/v1/retention%2fsegments", "//"]
)
def test_an_address_written_in_another_way_is_none(port: int, api: Api, path: str) -> None:
    answer = send(port, head(api, path, "GET"))
    assert answer.status == 404
    assert answer.body["error"]["reason"].startswith("There is no such address: GET /")


def test_a_query_may_hold_what_a_path_may_not(port: int, api: Api) -> None:
    assert send(port, head(api, "/v1/retention/segments?ids=,a%2Fb//c", "GET")).status == 200


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE", "PROPFIND", "LOCK"])
def test_other_methods_are_405(port: int, api: Api, method: str) -> None:
    answer = send(port, head(api, "/v1/retention/segments", method))
    assert answer.status == 405
    assert has_error_shape(answer)
    assert "GET" in answer.headers["allow"]


def test_headers_that_do_not_end_are_cut(port: int) -> None:
    """Neither in one long field nor in many."""
    start = b"GET /healthz HTTP/1.1\r\nHost: x\r\n"
    answer = send(port, start, b"X-Long: ", *([b"y" * 8192] * 64))
    assert answer.status == 431
    assert has_error_shape(answer)
    answer = send(port, start, *([b"X-Many: y\r\n" * 1000] * 50))
    assert answer.status == 431
    assert str(HEAD_BYTES_MAX) in answer.body["error"]["reason"]


def test_an_address_that_does_not_end_is_cut(port: int) -> None:
    answer = send(port, b"GET /", *([b"y" * 8192] * 64))
    assert answer.status in (414, 431)
    assert has_error_shape(answer)


@pytest.mark.parametrize(("more", "status"), [(-1, 200), (0, 200), (1, 431)])
def test_headers_may_hold_so_much(port: int, more: int, status: int) -> None:
    """C27."""
    fields = "Hostxa"
    answer = send(
        port, b"GET /healthz HTTP/1.1\r\nHost: x\r\na: " + b"y" * (HEAD_BYTES_MAX - len(fields) + more) + b"\r\n\r\n"
    )
    assert answer.status == status


@pytest.mark.parametrize(("more", "status"), [(-1, 200), (0, 200), (1, 414)])
def test_an_address_may_hold_so_much(port: int, more: int, status: int) -> None:
    """C27."""
    path = "/healthz?"
    answer = send(port, f"GET {path}{'y' * (URL_BYTES_MAX - len(path) + more)} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    assert answer.status == status


def test_a_long_body_before_a_head_in_two_pieces_is_not_part_of_it(port: int, api: Api) -> None:
    body = b"{" + b" " * 100_000 + b"}"
    second = head(api, "/v1/account/authenticate", "GET")
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        reader = connection.makefile("rb")
        connection.sendall(head(api, Content_Length=len(body)) + body + second[:30])
        assert read_next(reader).status == 400
        connection.sendall(second[30:])
        assert read_next(reader).status == 200


def test_a_connection_serves_on_after_an_error(port: int, api: Api) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        for _ in range(2):
            connection.sendall(head(api, Content_Length=2) + b"[]")
            assert read(connection).status == 400
            connection.sendall(head(api, "/v1/account/authenticate", "GET"))
            assert read(connection).status == 200


def test_who_hangs_up_in_the_middle_leaves_nothing_behind(port: int, api: Api) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(head(api, Content_Length=1000) + b'{"events": [')
    assert send(port, head(api, "/v1/account/authenticate", "GET")).status == 200


def charged(api: Api, **more: object) -> bytes:
    """An event of a new profile, as a body."""
    (profile_id,) = api.has_profiles("ana")
    return json.dumps({"event_type": "charged", "profile_id": profile_id} | more).encode()


def read_next(reader: BufferedReader) -> Answer:
    """As `read`, where more answers may follow at once."""
    reply = raw.reply_from(reader)
    return Answer(reply.status, reply.headers, json.loads(reply.content))

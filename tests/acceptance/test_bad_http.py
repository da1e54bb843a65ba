"""What is hardly HTTP any more: the server answers in the error shape where it can, stores nothing, and goes on."""

import pytest

from tests.acceptance import raw
from tests.acceptance.account import Account, lines_of, messages
from tests.acceptance.processes import Machine, Server, wait_for

BATCH = "/v1/retention/events/create/batch"
PROFILES = "/v1/retention/profiles/create"
HUNDRED_MB = 100_000_000
TOO_LARGE = "The body holds more than 5000000 bytes."
BOB = b'{"profiles":[{"customer_id":"bob"}]}'


@pytest.fixture(scope="module")
def served(shared_machine: Machine) -> Server:
    return shared_machine.serve()


def test_a_body_of_100_mb_is_413(server: Server) -> None:
    answer = raw.answer_to(server, raw.request(PROFILES, b" " * HUNDRED_MB))
    assert answer.status == 413
    assert messages(lines_of(answer.body, 413)) == TOO_LARGE


def test_a_body_of_100_mb_that_hides_its_length_is_413(server: Server) -> None:
    answer = raw.answer_to(server, raw.chunked(PROFILES, *[b" " * 1_000_000] * 100))
    assert answer.status == 413
    assert messages(lines_of(answer.body, 413)) == TOO_LARGE


@pytest.mark.parametrize(
    "sent",
    [
        raw.head(PROFILES, "Content-Type: application/json"),
        raw.head(PROFILES, "Content-Type: application/json") + BOB,  # without a length, that is no body
    ],
    ids=["no body", "a body of no length"],
)
def test_a_request_without_a_content_length_has_no_body(server: Server, sent: bytes) -> None:
    answer = raw.answer_to(server, sent)
    assert answer.status == 400
    assert messages(lines_of(answer.body, 400)) == "(body): expected a JSON object; found nothing"


@pytest.mark.parametrize(
    "sent",
    [
        b"hello\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",  # how a TLS client begins
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /v1/retention/segments HTTP/1.1\r\nHost octy\r\n\r\n",
        raw.head(PROFILES, "Content-Length: many"),
        raw.head(PROFILES, "Content-Length: -5"),
        raw.head(PROFILES, "Content-Length: 5", "Content-Length: 6"),
        raw.head(PROFILES, "Content-Length: 36", "Transfer-Encoding: chunked") + b"24\r\n" + BOB + b"\r\n0\r\n\r\n",
        raw.chunked(PROFILES, end=b"zz\r\n" + BOB),
    ],
    ids=["hello", "TLS", "HTTP/9.9", "header", "length", "negative", "lengths", "smuggled", "chunk"],
)
def test_what_is_no_http_is_400_in_the_error_shape(server: Server, sent: bytes) -> None:
    answer = raw.answer_to(server, sent)
    assert answer.status == 400
    assert messages(lines_of(answer.body, 400))


def test_a_head_that_is_too_long_is_431(server: Server) -> None:
    answer = raw.answer_to(server, raw.head("/v1/retention/segments", "X-Long: " + "x" * 1_000_000, method="GET"))
    assert answer.status == 431
    assert "16384 bytes" in messages(lines_of(answer.body, 400))


@pytest.mark.parametrize(
    "sent",
    [
        raw.head(PROFILES, f"Content-Length: {len(BOB) + 1}") + BOB,
        raw.chunked(PROFILES, BOB, end=b""),
        raw.chunked(PROFILES, BOB[:10], end=b"a\r\n{"),
        raw.head(PROFILES)[:-2],
        b"POST",
    ],
    ids=["body", "last chunk", "chunk", "headers", "method"],
)
def test_a_request_that_breaks_off_does_nothing(server: Server, sent: bytes) -> None:
    raw.silence_after(server, sent)


@pytest.mark.parametrize("media_type", ["text/plain", "application/xml", "multipart/form-data; boundary=x"])
def test_a_body_that_says_it_is_no_json_is_415(server: Server, media_type: str) -> None:
    sent = raw.head(PROFILES, f"Content-Type: {media_type}", f"Content-Length: {len(BOB)}") + BOB
    answer = raw.answer_to(server, sent)
    assert answer.status == 415
    assert "Content-Type: application/json" in messages(lines_of(answer.body, 415))


def test_a_compressed_body_is_415(server: Server) -> None:
    answer = raw.answer_to(server, raw.request(PROFILES, b"\x1f\x8b\x08", "Content-Encoding: gzip"))
    assert answer.status == 415
    assert "Content-Encoding" in messages(lines_of(answer.body, 415))


def test_a_proper_chunked_body_is_as_good_as_any(served: Server) -> None:
    answer = raw.answer_to(served, raw.chunked(PROFILES, BOB[:7], BOB[7:]))
    assert answer.status == 201
    assert Account(served).get("/v1/retention/profiles", id="bob")["profiles"][0]["customer_id"] == "bob"


def test_a_flood_of_what_is_no_http_is_no_flood_of_the_log(machine: Machine) -> None:
    server = machine.serve()
    for _ in range(50):
        assert raw.answer_to(server, b"hello\r\n\r\n").status == 400
    wait_for("a line", lambda: "http.not_understood" in server.stderr)
    ended = server.stop()
    assert 1 <= sum('"level": "warning"' in line for line in ended.stderr.splitlines()) <= 2, ended.stderr


@pytest.mark.parametrize("wanted", ["websocket", "h2c"])
def test_who_would_speak_another_protocol_is_answered_in_this_one(server: Server, wanted: str) -> None:
    """And nothing is logged, least of all how to install it."""
    lines = ["GET /livez HTTP/1.1", "Host: octy", "Connection: Upgrade, close", f"Upgrade: {wanted}", "", ""]
    assert raw.answer_to(server, "\r\n".join(lines).encode()).status == 200
    assert "upgrade" not in server.stderr
    assert "WebSocket" not in server.stderr

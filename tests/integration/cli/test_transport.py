"""The client's connection: what it repeats, how long it waits, and what it makes of odd answers."""

import pytest

from octy import __version__
from octy.cli.answers import Done, EventTypesAnswer
from octy.cli.settings import Keys, Settings
from octy.cli.transport import RequestRefused, Server, Unreached
from octy.model.errors import Unauthorized, Unavailable
from tests.integration.cli.octy_server import PUBLIC_KEY, SECRET_KEY, Answer, OctyServer, refusal

AUTHENTICATE = "/v1/account/authenticate"
WRITE = "/v1/configurations/account/set"
BROKEN = Answer(0, None)


def busy(retry_after: str | None = None, status: int = 503) -> Answer:
    headers = {} if retry_after is None else {"Retry-After": retry_after}
    return refusal("The queue is full.", status=status)._replace(headers=headers)


@pytest.fixture
def pauses() -> list[float]:
    return []


@pytest.fixture
def client(server: OctyServer, pauses: list[float]) -> Server:
    return Server(Settings(server.url, Keys(PUBLIC_KEY, SECRET_KEY)), pauses.append)


def test_a_post_is_repeated_under_its_key_with_the_pauses_that_the_server_names(
    client: Server, server: OctyServer, pauses: list[float]
) -> None:  # E5
    client.get(AUTHENTICATE, Done)
    server.answers(WRITE, busy("3"), BROKEN, busy(), busy("soon"), busy("99999", status=429))
    client.post(WRITE, b'{"contact_name": "Ana"}', Done)
    client.post(WRITE, b'{"contact_name": "Ana"}', Done)
    keys = [request.headers["idempotency-key"] for request in server.sent_to(WRITE)]
    assert len(keys) == 7
    assert len(set(keys[:6])) == 1
    assert keys[6] != keys[0]
    assert pauses == [3, 1, 2, 4, 60]


def test_after_five_repetitions_it_gives_up(client: Server, server: OctyServer, pauses: list[float]) -> None:
    server.answers(WRITE, *[busy()] * 6)
    with pytest.raises(Unavailable, match="The queue is full"):
        client.post(WRITE, b"{}", Done)
    assert pauses == [0.5, 1, 2, 4, 8]
    assert len(server.requests) == 6


def test_a_server_that_was_never_reached_is_told_of_at_once(
    client: Server, server: OctyServer, pauses: list[float]
) -> None:
    server.close()
    with pytest.raises(Unreached, match="No server answers at http://127"):
        client.get(AUTHENTICATE, Done)
    assert pauses == []


def test_a_server_that_goes_away_is_waited_for(client: Server, server: OctyServer, pauses: list[float]) -> None:
    client.get(AUTHENTICATE, Done)
    server.answers(WRITE, *[BROKEN] * 6)
    with pytest.raises(Unavailable, match=r"The connection to .* broke"):
        client.post(WRITE, b"{}", Done)
    assert len(pauses) == 5


def test_a_refused_request_is_not_repeated(client: Server, server: OctyServer, pauses: list[float]) -> None:
    server.answers(WRITE, refusal("first", "second", "first"))
    with pytest.raises(RequestRefused) as caught:
        client.post(WRITE, b"{}", Done)
    assert caught.value.messages == ["first", "second"]
    assert len(server.requests) == 1
    assert pauses == []


def test_a_refusal_without_errors_shows_its_reason(client: Server, server: OctyServer) -> None:  # wire.md 1.1
    server.answers(WRITE, refusal(reason="Bad."), refusal("", reason="Worse."))
    for reason in ("Bad.", "Worse."):
        with pytest.raises(RequestRefused) as caught:
            client.post(WRITE, b"{}", Done)
        assert caught.value.messages == [reason]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Answer(200, b"<html>hello</html>"), "gave an answer that is not Octy's: JSON is malformed"),
        (Answer(200, {"event_types": 5}), r"not Octy's: Expected `array`, got `int` - at `\$.event_types`"),
        (Answer(200, b'{"event_types": ["\xff"]}'), "not Octy's"),
        (Answer(404, b"<html>not here</html>"), r"\(404\) does not speak like an Octy server"),
        (Answer(404, {"detail": "Not Found"}), r"\(404\) does not speak like an Octy server"),
        (Answer(302, b"", {"Location": "http://127.0.0.1:1/"}), r"\(302\) does not speak like an Octy server"),
        (refusal("It broke.", status=500), r"could not do it now \(500\): It broke."),
    ],
)
def test_an_answer_that_is_none_of_ours_is_told_of(
    client: Server, server: OctyServer, answer: Answer, words: str
) -> None:
    server.answers("/v1/retention/events/types", answer)
    with pytest.raises(Unavailable, match=words):
        client.get("/v1/retention/events/types", EventTypesAnswer)


def test_wrong_keys_are_told_of(server: OctyServer) -> None:
    wrong = Server(Settings(server.url, Keys(PUBLIC_KEY, "sk_wrong")))
    with pytest.raises(Unauthorized, match="does not accept these keys"):
        wrong.get(AUTHENTICATE, Done)


def test_it_says_who_it_is(client: Server, server: OctyServer) -> None:
    client.get(AUTHENTICATE, Done)
    assert server.requests[0].headers["user-agent"] == f"octy-cli/{__version__}"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_proxy_is_not_asked_for_what_is_on_this_machine(
    server: OctyServer, host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.delenv("NO_PROXY", raising=False)
    url = server.url.replace("127.0.0.1", host)
    Server(Settings(url, Keys(PUBLIC_KEY, SECRET_KEY))).get(AUTHENTICATE, Done)

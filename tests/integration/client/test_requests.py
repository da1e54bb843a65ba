"""What a client repeats, how long it waits, and what it makes of odd answers."""

import asyncio
from pathlib import Path

import pytest

from octy import __version__
from octy.client import AsyncOcty, NotThere, Octy, RequestRefused, Unauthorized, Unavailable, Unreached
from octy.client.envelope import Done
from tests.integration.cli.octy_server import PUBLIC_KEY, SECRET_KEY, Answer, OctyServer, refusal

AUTHENTICATE = "/v1/account/authenticate"
FILE = "/v1/retention/datasets/file"
WRITE = "/v1/configurations/account/set"
BROKEN = Answer(0, None)


def busy(retry_after: str | None = None, status: int = 503) -> Answer:
    headers = {} if retry_after is None else {"Retry-After": retry_after}
    return refusal("The queue is full.", status=status)._replace(headers=headers)


@pytest.fixture
def pauses() -> list[float]:
    return []


def octy_at(server: OctyServer, pauses: list[float], *, longest: bool = False, retries: int = 5) -> Octy:
    """Whose jitter is always the least, or the most."""

    def jitter(low: float, high: float) -> float:
        return high if longest else low

    return Octy(server.url, PUBLIC_KEY, SECRET_KEY, pause=pauses.append, jitter=jitter, retries=retries)


@pytest.fixture
def octy(server: OctyServer, pauses: list[float]) -> Octy:
    return octy_at(server, pauses)


def test_a_write_is_repeated_under_its_key_with_the_pauses_that_the_server_names(
    octy: Octy, server: OctyServer, pauses: list[float]
) -> None:  # E5
    octy.authenticate()
    server.answers(WRITE, busy("3"), BROKEN, busy(), busy("soon"), busy("99999", status=429))
    octy.configure(contact_name="Ana")
    octy.configure(contact_name="Ana")
    keys = [request.headers["idempotency-key"] for request in server.sent_to(WRITE)]
    assert len(keys) == 7
    assert len(set(keys[:6])) == 1
    assert keys[6] != keys[0]
    assert pauses == [3, 0.5, 1, 2, 60]


def test_pauses_are_spread_and_never_shorter_than_the_server_asks(server: OctyServer, pauses: list[float]) -> None:
    octy = octy_at(server, pauses, longest=True)
    server.answers(WRITE, busy("4"), busy("0"), busy(), busy(), busy())
    octy.configure(contact_name="Ana")
    assert pauses == [5, 0, 2, 4, 8]


def test_after_five_repetitions_it_gives_up(octy: Octy, server: OctyServer, pauses: list[float]) -> None:
    server.answers(WRITE, *[busy()] * 6)
    with pytest.raises(Unavailable, match="The queue is full"):
        octy.configure(contact_name="Ana")
    assert pauses == [0.25, 0.5, 1, 2, 4]
    assert len(server.requests) == 6


def test_it_repeats_as_often_as_it_is_told(server: OctyServer, pauses: list[float]) -> None:
    server.answers(WRITE, busy("7"), busy("7"))
    with pytest.raises(Unavailable) as caught:
        octy_at(server, pauses, retries=1).configure(contact_name="Ana")
    assert (len(server.requests), caught.value.retry_after_seconds) == (2, 7)


def test_the_async_client_repeats_too(server: OctyServer) -> None:
    pauses: list[float] = []

    async def pause(seconds: float) -> None:
        pauses.append(seconds)

    async def story() -> None:
        async with AsyncOcty(server.url, PUBLIC_KEY, SECRET_KEY, pause=pause, jitter=min) as octy:
            await octy.authenticate()
            server.answers(WRITE, busy("3"), BROKEN)
            await octy.configure(contact_name="Ana")

    asyncio.run(story())
    assert pauses == [3, 0.5]
    assert len({request.headers["idempotency-key"] for request in server.sent_to(WRITE)}) == 1


def test_a_server_that_was_never_reached_is_told_of_at_once(
    octy: Octy, server: OctyServer, pauses: list[float]
) -> None:
    server.close()
    with pytest.raises(Unreached, match="No server answers at http://127"):
        octy.authenticate()
    assert pauses == []


def test_a_server_that_goes_away_is_waited_for(octy: Octy, server: OctyServer, pauses: list[float]) -> None:
    octy.authenticate()
    server.answers(WRITE, *[BROKEN] * 6)
    with pytest.raises(Unavailable, match=r"The connection to .* broke"):
        octy.configure(contact_name="Ana")
    assert len(pauses) == 5


def test_a_refused_request_is_not_repeated(octy: Octy, server: OctyServer, pauses: list[float]) -> None:
    server.answers(WRITE, refusal("first", "second", "first"))
    with pytest.raises(RequestRefused) as caught:
        octy.configure(contact_name="Ana")
    assert caught.value.messages == ["first", "second"]
    assert len(server.requests) == 1
    assert pauses == []


def test_what_is_not_there_is_an_exception_of_its_own(octy: Octy, server: OctyServer) -> None:
    server.answers("/v1/retention/profiles/history", refusal("There is no such profile.", status=404))
    with pytest.raises(NotThere, match="There is no such profile"):
        octy.tag_history("nobody")


def test_a_refusal_without_errors_shows_its_reason(octy: Octy, server: OctyServer) -> None:  # wire.md 1.1
    server.answers(WRITE, refusal(reason="Bad."), refusal("", reason="Worse."))
    for reason in ("Bad.", "Worse."):
        with pytest.raises(RequestRefused) as caught:
            octy.configure(contact_name="Ana")
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
def test_an_answer_that_is_none_of_ours_is_told_of(octy: Octy, server: OctyServer, answer: Answer, words: str) -> None:
    server.answers("/v1/retention/events/types", answer)
    with pytest.raises(Unavailable, match=words):
        list(octy.event_types())


def test_wrong_keys_are_told_of(server: OctyServer) -> None:
    with pytest.raises(Unauthorized, match="does not accept these keys"):
        Octy(server.url, PUBLIC_KEY, "sk_wrong").authenticate()


def test_where_and_who_may_stand_in_the_environment(server: OctyServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OCTY_PUBLIC_KEY", raising=False)
    monkeypatch.setenv("OCTY_URL", server.url)
    monkeypatch.setenv("OCTY_SECRET_KEY", SECRET_KEY)
    with pytest.raises(Unauthorized, match="OCTY_PUBLIC_KEY"):
        Octy()
    monkeypatch.setenv("OCTY_PUBLIC_KEY", PUBLIC_KEY)
    Octy().authenticate()


def test_it_says_who_it_is(octy: Octy, server: OctyServer) -> None:
    octy.get(AUTHENTICATE, Done)
    assert server.requests[0].headers["user-agent"] == f"octy-python/{__version__}"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_proxy_is_not_asked_for_what_is_on_this_machine(
    server: OctyServer, host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.delenv("NO_PROXY", raising=False)
    Octy(server.url.replace("127.0.0.1", host), PUBLIC_KEY, SECRET_KEY).authenticate()


def test_a_client_that_is_awaited_fetches_a_file_as_the_blocking_one_does(server: OctyServer, tmp_path: Path) -> None:
    content, headers = bytes(range(256)), {"ETag": '"1"', "Content-Type": "application/octet-stream"}
    whole = Answer(200, content, headers, breaks_after=100)
    server.answers(FILE, busy(), whole, Answer(206, content[100:], headers), refusal("There is none.", status=404))

    async def story() -> None:
        async with AsyncOcty(server.url, PUBLIC_KEY, SECRET_KEY, pause=lambda _: asyncio.sleep(0)) as octy:
            await octy.download_dataset("dataset_1", tmp_path / "found")
            with pytest.raises(NotThere):
                await octy.download_dataset("dataset_2", tmp_path / "none")

    asyncio.run(story())
    assert (tmp_path / "found").read_bytes() == content
    assert [one.name for one in tmp_path.iterdir()] == ["found"]
    assert server.sent_to(FILE)[2].headers["range"] == "bytes=100-"

"""One attempt: what is sent, and what counts as delivered."""

import asyncio
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from inspect import signature

import aiohttp
import pytest
from aiohttp import web

from octy import __version__
from octy.model.clock import ManualClock
from octy.model.instants import US_PER_SECOND
from octy.model.tracing import trace_of
from octy.webhooks.addresses import NOT_PUBLIC
from octy.webhooks.guard import guarded_socket
from octy.webhooks.names import Lookup, SystemLookup
from octy.webhooks.outbox import Delivery
from octy.webhooks.outcome import Delivered, Failed, Outcome
from octy.webhooks.sender import ATTEMPT_SECONDS_MAX, Sender
from octy.webhooks.signing import signatures
from tests.integration.webhooks.receiver import KEY, Receiver, signing_keys

pytestmark = pytest.mark.anyio


def delivery(url: str) -> Delivery:
    return Delivery(1, "msg_1", 1, 0, url, b'{"subject":"x"}', attempts=0)


@asynccontextmanager
async def a_sender(
    clock: ManualClock, *, allow_private: bool = True, timeout_seconds: float = 15.0, lookup: Lookup | None = None
) -> AsyncIterator[Sender]:
    sender = Sender(clock, signing_keys, allow_private=allow_private, timeout_seconds=timeout_seconds, lookup=lookup)
    await sender.open()
    yield sender
    await sender.close()


class Answers:
    """A name service that gives one answer after the other, and counts."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self._answers = list(answers)
        self.asked: list[str] = []

    async def __call__(self, name: str) -> Sequence[str]:
        self.asked.append(name)
        return self._answers.pop(0)


# What is sent


async def test_a_receiver_gets_the_body_and_the_headers_of_standard_webhooks(
    sender: Sender, receiver: Receiver, clock: ManualClock
) -> None:
    assert await sender.attempt(delivery(receiver.url)) == Delivered(200)
    [request] = receiver.requests
    assert request.body == b'{"subject":"x"}'
    assert request.headers["webhook-id"] == "msg_1"
    timestamp = clock.now_us() // US_PER_SECOND
    assert request.headers["webhook-timestamp"] == str(timestamp)
    assert request.headers["webhook-signature"] == signatures([KEY], "msg_1", timestamp, request.body)
    assert trace_of(request.headers["traceparent"].encode()) is not None
    assert request.headers["content-type"] == "application/json"
    assert request.headers["user-agent"] == f"octy-webhooks/{__version__}"
    assert request.headers["content-length"] == "15"
    assert request.headers["accept-encoding"] == "identity"


async def test_the_timestamp_is_the_attempts_and_the_id_the_deliverys(
    sender: Sender, receiver: Receiver, clock: ManualClock
) -> None:
    await sender.attempt(delivery(receiver.url))
    clock.move_to(clock.now_us() + 5 * US_PER_SECOND)
    await sender.attempt(delivery(receiver.url))
    first, second = receiver.requests
    assert int(second.headers["webhook-timestamp"]) - int(first.headers["webhook-timestamp"]) == 5
    assert first.webhook_id == second.webhook_id


async def test_path_and_query_are_sent_as_the_account_wrote_them(sender: Sender, receiver: Receiver) -> None:
    path = "/a%2Fb/%7Ec/./d?sig=a%2Cb+c%20d&e"
    await sender.attempt(delivery(f"http://127.0.0.1:{receiver.port}{path}"))
    assert [request.path for request in receiver.requests] == [path]


# What counts


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
async def test_every_2xx_is_delivered(sender: Sender, receiver: Receiver, status: int) -> None:
    receiver.script = [status]
    assert await sender.attempt(delivery(receiver.url)) == Delivered(status)


@pytest.mark.parametrize("status", [304, 400, 401, 404, 410, 429, 500, 503])
async def test_everything_else_is_not(sender: Sender, receiver: Receiver, status: int) -> None:
    receiver.script = [status]
    outcome = await sender.attempt(delivery(receiver.url))
    assert isinstance(outcome, Failed)
    assert outcome.reason.startswith(f"The receiver answered {status}.")


@pytest.mark.parametrize("status", [300, 301, 302, 303, 307, 308, 399])
async def test_a_redirect_is_never_followed(
    sender: Sender, receiver: Receiver, other_receiver: Receiver, status: int
) -> None:
    receiver.script = [web.Response(status=status, headers={"Location": other_receiver.url})]
    outcome = await sender.attempt(delivery(receiver.url))
    assert outcome == Failed(f"The receiver answered {status}. Redirects are not followed.", status=status)
    assert other_receiver.requests == []


async def test_a_cookie_is_not_kept(clock: ManualClock, receiver: Receiver) -> None:
    receiver.script = [web.Response(headers={"Set-Cookie": "session=1"})]
    async with a_sender(clock, lookup=Answers(["127.0.0.1"], ["127.0.0.1"])) as sender:
        for _ in range(2):
            await sender.attempt(delivery(f"http://hooks.shop.com:{receiver.port}/"))
    assert len(receiver.requests) == 2
    assert "Cookie" not in receiver.requests[1].headers


async def test_the_beginning_of_a_bad_answer_is_kept_for_the_account(sender: Sender, receiver: Receiver) -> None:
    receiver.script = [web.Response(status=500, text="No\r\nsuch \x1b[31mtable: é " + "x" * 5_000)]
    outcome = await sender.attempt(delivery(receiver.url))
    assert isinstance(outcome, Failed)
    assert outcome.excerpt.startswith("No  such  [31mtable: é xxx")
    assert 900 < len(outcome.excerpt) <= 1_000


async def test_a_receiver_may_say_when_to_come_back(sender: Sender, receiver: Receiver) -> None:
    receiver.script = [web.Response(status=429, headers={"Retry-After": "120"})]
    outcome = await sender.attempt(delivery(receiver.url))
    assert outcome == Failed("The receiver answered 429.", retry_after_seconds=120, status=429)


async def test_nobody_listening_is_a_failure_that_says_so(sender: Sender) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        outcome = await sender.attempt(delivery(f"http://127.0.0.1:{unused.getsockname()[1]}/"))
    assert outcome == Failed("No connection to the receiver came about: connection refused.")


async def test_a_receiver_that_does_not_speak_tls_is_a_failure_that_says_so(sender: Sender, receiver: Receiver) -> None:
    outcome = await sender.attempt(delivery(f"https://127.0.0.1:{receiver.port}/"))
    assert outcome == Failed("No secure connection to the receiver came about.")


async def test_a_receiver_that_hangs_is_given_up(clock: ManualClock, receiver: Receiver) -> None:
    receiver.answer = receiver.never
    async with a_sender(clock, timeout_seconds=0.2) as sender:
        outcome = await sender.attempt(delivery(receiver.url))
    assert outcome == Failed("The receiver did not answer within 0.2 seconds.")
    assert len(receiver.requests) == 1


async def test_a_name_server_that_hangs_is_given_up_as_well(clock: ManualClock) -> None:
    """The time is that of the whole attempt, from the name on."""

    async def never(_: str) -> Sequence[str]:
        await asyncio.Event().wait()
        raise AssertionError

    async with a_sender(clock, timeout_seconds=0.2, lookup=never) as sender:
        outcome = await sender.attempt(delivery("http://hooks.shop.com/"))
    assert outcome == Failed("The receiver did not answer within 0.2 seconds.")


def test_an_attempt_has_fifteen_seconds_unless_a_test_says_otherwise() -> None:
    assert ATTEMPT_SECONDS_MAX == 15.0
    assert signature(Sender).parameters["timeout_seconds"].default == ATTEMPT_SECONDS_MAX


# Where it goes


async def refused(clock: ManualClock, url: str, lookup: Lookup) -> Outcome:
    async with a_sender(clock, allow_private=False, lookup=lookup) as sender:
        return await sender.attempt(delivery(url))


async def test_plain_http_is_refused_unless_the_operator_allows_it(clock: ManualClock) -> None:  # C25
    answers = Answers(["1.1.1.1"])
    outcome = await refused(clock, "http://hooks.shop.com/", answers)
    assert isinstance(outcome, Failed)
    assert outcome.reason.endswith("nothing over plain HTTP.")
    assert answers.asked == []
    sender = Sender(clock, signing_keys, allow_private=False, allow_http=True, lookup=Answers(["127.0.0.1"]))
    await sender.open()
    allowed = await sender.attempt(delivery("http://hooks.shop.com/"))
    await sender.close()
    assert allowed == Failed(NOT_PUBLIC), "where it leads is looked at as before"


async def test_a_name_that_leads_inside_is_refused_without_connecting(clock: ManualClock, receiver: Receiver) -> None:
    outcome = await refused(clock, f"https://hooks.shop.com:{receiver.port}/", Answers(["127.0.0.1"]))
    assert outcome == Failed(NOT_PUBLIC)
    assert receiver.requests == []


async def test_a_name_that_leads_both_inside_and_outside_is_refused(clock: ManualClock, receiver: Receiver) -> None:
    url = f"https://hooks.shop.com:{receiver.port}/"
    assert await refused(clock, url, Answers(["1.1.1.1", "127.0.0.1"])) == Failed(NOT_PUBLIC)
    assert await refused(clock, url, Answers(["127.0.0.1", "1.1.1.1"])) == Failed(NOT_PUBLIC)
    assert receiver.requests == []


async def test_an_address_inside_is_refused_though_it_was_stored_when_it_was_allowed(
    clock: ManualClock, receiver: Receiver
) -> None:
    assert await refused(clock, receiver.url, Answers()) == Failed(NOT_PUBLIC)
    assert receiver.requests == []


async def test_a_name_is_asked_once_per_attempt_and_the_address_then_known_is_connected_to(
    clock: ManualClock, receiver: Receiver
) -> None:
    answers = Answers(["127.0.0.1"], ["169.254.169.254"])
    async with a_sender(clock, lookup=answers) as sender:
        url = f"http://hooks.shop.com:{receiver.port}/"
        assert await sender.attempt(delivery(url)) == Delivered(200)
        assert answers.asked == ["hooks.shop.com"]
        assert await sender.attempt(delivery(url)) == Failed(NOT_PUBLIC)
    [request] = receiver.requests
    assert request.headers["host"] == f"hooks.shop.com:{receiver.port}"


async def test_the_last_line_is_the_socket_itself(receiver: Receiver) -> None:
    connector = aiohttp.TCPConnector(socket_factory=guarded_socket(allow_private=False))
    async with aiohttp.ClientSession(connector=connector) as session:
        with pytest.raises(aiohttp.ClientConnectorError, match="not a public address"):
            await session.get(receiver.url)
    assert receiver.requests == []


async def test_a_name_without_addresses_is_a_failure_that_says_so(clock: ManualClock) -> None:
    async with a_sender(clock, lookup=Answers([])) as sender:
        outcome = await sender.attempt(delivery("http://hooks.shop.com/"))
    assert outcome == Failed("The receiver's name could not be resolved.")


async def test_the_systems_own_names_are_known() -> None:
    assert {"127.0.0.1", "::1"} >= set(await SystemLookup()("localhost")) > set()


async def test_a_name_that_does_not_exist_has_no_addresses() -> None:
    with pytest.raises(OSError, match=r"."):
        await SystemLookup()("a..invalid")


async def test_attempts_at_the_same_time_share_one_lookup(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[None] = loop.create_future()

    def slow(name: str, *_: object, **__: object) -> list[tuple[object, ...]]:
        asked.append(name)
        asyncio.run_coroutine_threadsafe(_of(answer), loop).result()
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("1.1.1.1", 0))]

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    lookup = SystemLookup()
    first, second = (asyncio.create_task(lookup("hooks.shop.com")) for _ in range(2))
    given_up = asyncio.create_task(lookup("hooks.shop.com"))
    await asyncio.sleep(0)
    given_up.cancel()
    answer.set_result(None)
    assert await first == await second == ["1.1.1.1"]
    assert asked == ["hooks.shop.com"]
    assert await lookup("hooks.shop.com") == ["1.1.1.1"]
    assert asked == ["hooks.shop.com", "hooks.shop.com"]


async def _of(future: "asyncio.Future[None]") -> None:
    await future

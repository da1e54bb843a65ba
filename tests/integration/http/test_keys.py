"""Which keys are for what, how long they are taken, and what becomes of those who guess (C30)."""

import ast
import base64
import string
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import cast

import pytest
from litestar.testing import TestClient
from litestar.types import Scope

import octy
from octy.http.app import idle_app, put_to_work
from octy.http.attempts import FAILURES_PER_MINUTE, NAMES_MAX, Attempts
from octy.http.auth import Recognition
from octy.http.lane import Lane
from octy.model.errors import TooManyFailures, Unauthorized
from octy.model.instants import US_PER_HOUR
from octy.model.keys import Role
from octy.service.keys import new_keys
from tests.integration.http.world import Api, World, bare, error_of, message_of, meta_of

BASE64 = string.ascii_letters + string.digits + "+/"
SOURCES = Path(octy.__file__).parent
AUTHENTICATE = "/v1/account/authenticate"
NO_KEYS_NEEDED = {
    "GET /healthz",
    "GET /livez",
    "GET /readyz",
    "GET /metrics",
    "GET /v1/admin/application/versioning",
    "GET /v1/admin/application/resources/format",
}
FOR_ANY_KEYS = {f"GET {AUTHENTICATE}"}
FOR_INGESTING = {
    "POST /v1/retention/events/create",
    "POST /v1/retention/events/create/batch",
    "POST /v1/retention/profiles/create",
    "POST /v1/retention/profiles/update",
    "POST /v1/retention/items/create",
    "POST /v1/retention/items/update",
}
FOR_READING = {
    "GET /v1/configurations/account",
    "GET /v1/configurations/retention/algorithms",
    "GET /v1/retention/churn_prediction/report",
    "GET /v1/retention/datasets",
    "GET /v1/retention/datasets/file",
    "GET /v1/retention/training",
    "GET /v1/retention/events/types",
    "GET /v1/retention/items",
    "GET /v1/retention/profiles",
    "GET /v1/retention/profiles/events",
    "GET /v1/retention/profiles/export",
    "GET /v1/retention/profiles/history",
    "GET /v1/retention/profiles/metadata",
    "GET /v1/retention/segments",
    "GET /v1/retention/segments/receipts",
    "GET /v1/sandbox/clock",
    "GET /v1/webhooks/deliveries",
    "GET /v1/webhooks/deliveries/{delivery_id}",
    "GET /v1/webhooks/deliveries/{delivery_id}/changes",
}
FOR_FULL_ACCESS = {
    "GET /v1/webhooks/secrets",
    "POST /v1/configurations/account/set",
    "POST /v1/configurations/retention/algorithms/set",
    "POST /v1/retention/datasets",
    "POST /v1/retention/datasets/delete",
    "POST /v1/retention/training/start",
    "POST /v1/retention/events/types/create",
    "POST /v1/retention/events/types/delete",
    "POST /v1/retention/profiles/delete",
    "POST /v1/retention/segments/create",
    "POST /v1/retention/segments/delete",
    "POST /v1/retention/segments/restore",
    "POST /v1/sandbox/clock",
    "POST /v1/webhooks/deliveries/replay",
    "POST /v1/webhooks/deliveries/{delivery_id}/replay",
    "POST /v1/webhooks/enable",
    "POST /v1/webhooks/release",
    "POST /v1/webhooks/secrets/rotate",
    "POST /v1/webhooks/test",
}


def operations(world: World) -> Iterator[str]:
    """Every operation that the OpenAPI document has."""
    for path, item in (world.app.openapi_schema.paths or {}).items():
        for method in ("get", "post"):
            if getattr(item, method) is not None:
                yield f"{method.upper()} {path.rstrip('/') or '/'}"


@pytest.fixture
def others(world: World, api: Api) -> dict[Role, Api]:
    """The account with keys of each role."""
    found = {}
    for role in Role:
        keys = new_keys()
        world.octy.add_keys(api.account_id, keys, role)
        found[role] = Api(world.client, keys, api.account_id)
    return found


def test_every_operation_is_for_keys_that_somebody_thought_of(world: World) -> None:
    """A new route without an entry above fails here."""
    named = [NO_KEYS_NEEDED, FOR_ANY_KEYS, FOR_INGESTING, FOR_READING, FOR_FULL_ACCESS]
    assert sorted(operations(world)) == sorted(set().union(*named))
    assert sum(map(len, named)) == len(set().union(*named))


def test_keys_open_what_they_are_for_and_nothing_else(world: World, others: dict[Role, Api]) -> None:
    open_to = {Role.READ: FOR_READING, Role.INGEST: FOR_INGESTING}
    for operation in operations(world):
        if operation in NO_KEYS_NEEDED:
            continue
        method, _, path = operation.partition(" ")
        for role, mine in others.items():
            api = Api(TestClient(world.app), mine.keys, mine.account_id) if role is Role.INGEST else mine
            answer = api.get(path) if method == "GET" else api.post(path, b"?")
            is_open = role is Role.FULL or operation in FOR_ANY_KEYS | open_to.get(role, set())
            assert (answer.status_code == 403) is not is_open, f"{operation} with keys of {role}: {answer.text}"
            if not is_open:
                assert "These keys are for" in message_of(answer, 403, code=401)


def test_keys_that_ingest_do_so_by_the_lane_too(others: dict[Role, Api]) -> None:
    others[Role.FULL].has_event_types(viewed=[])
    (profile_id,) = others[Role.INGEST].has_profiles("ana")
    event = {"event_type": "viewed", "profile_id": profile_id}
    assert others[Role.INGEST].post("/v1/retention/events/create", event).status_code == 201
    message_of(others[Role.READ].post("/v1/retention/events/create", event), 403, code=401)
    message_of(others[Role.INGEST].get("/v1/retention/profiles?id=ana"), 403, code=401)
    assert others[Role.READ].get("/v1/retention/profiles?id=ana").status_code == 200


def test_two_pairs_are_taken_while_one_replaces_the_other_and_then_the_new_one_alone(tmp_path: Path) -> None:
    world = World(tmp_path)
    api = world.account()
    keys = new_keys()
    world.octy.add_keys(api.account_id, keys, Role.FULL)
    world.octy.end_keys(api.keys.public_key, after_seconds=3600)
    new = Api(api.client, keys, api.account_id)
    meta_of(api.get(AUTHENTICATE))
    meta_of(new.get(AUTHENTICATE))
    world.octy.move_clock(world.octy.clock.now_us() + US_PER_HOUR - 1).result()
    meta_of(api.get(AUTHENTICATE))
    world.octy.move_clock(world.octy.clock.now_us() + 1).result()
    error_of(api.get(AUTHENTICATE), 401, code=401)
    meta_of(new.get(AUTHENTICATE))
    world.close()


def test_a_revoked_pair_is_refused_at_once_and_after_a_restart(tmp_path: Path) -> None:
    first = World(tmp_path)
    api = first.account()
    meta_of(api.get(AUTHENTICATE))
    first.octy.end_keys(api.keys.public_key)
    error_of(api.get(AUTHENTICATE), 401, code=401)
    first.close()
    again = World(tmp_path)
    error_of(Api(again.client, api.keys, api.account_id).get(AUTHENTICATE), 401, code=401)
    again.close()


def test_an_end_that_was_set_is_never_put_off(world: World, api: Api) -> None:
    first = world.octy.end_keys(api.keys.public_key, after_seconds=60)
    assert world.octy.end_keys(api.keys.public_key, after_seconds=3600) == first


def test_a_disabled_account_is_refused_until_it_is_enabled(world: World, api: Api) -> None:
    other = world.account()
    meta_of(api.get(AUTHENTICATE))
    world.octy.set_shut(api.account_id, is_shut=True)
    error_of(api.get(AUTHENTICATE), 401, code=401)
    error_of(api.post("/v1/retention/events/create", b"{}"), 401, code=401)
    meta_of(other.get(AUTHENTICATE))
    world.octy.set_shut(api.account_id, is_shut=False)
    meta_of(api.get(AUTHENTICATE))


class Seconds:
    """Time that passes when told."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def seconds(api: Api, world: World) -> Seconds:
    """The time by which failures of the account's client are forgiven."""
    passed = Seconds()
    app = put_to_work(idle_app(is_sandbox=True), world.octy, Attempts(seconds=passed))
    api.client = TestClient(Lane(app, world.octy))
    return passed


def wrong(api: Api, number: int = 0) -> dict[str, str]:
    """Keys with a secret that does not fit."""
    return {"Authorization": base64.b64encode(f"{api.keys.public_key}:guess {number}".encode()).decode()}


def test_ten_failures_a_minute_are_answered_and_no_more(api: Api, seconds: Seconds) -> None:
    for number in range(FAILURES_PER_MINUTE):
        error_of(api.get(AUTHENTICATE, wrong(api, number)), 401, code=401)
    for path in (AUTHENTICATE, "/v1/retention/profiles"):
        answer = api.get(path, wrong(api))
        error_of(answer, 429, code=401)
        assert answer.headers["retry-after"] == "6"
    answer = api.post("/v1/retention/events/create", b"{}", wrong(api))
    error_of(answer, 429, code=401)
    seconds.now += 6
    error_of(api.get(AUTHENTICATE, wrong(api, 11)), 401, code=401)
    error_of(api.get(AUTHENTICATE, wrong(api, 12)), 429, code=401)


@pytest.mark.usefixtures("seconds")
def test_nobody_is_locked_out_by_anothers_guesses(api: Api) -> None:
    for number in range(FAILURES_PER_MINUTE + 1):
        api.get(AUTHENTICATE, wrong(api, number))
    meta_of(api.get(AUTHENTICATE))


def test_failures_are_counted_by_key_whatever_the_address(seconds: Seconds) -> None:
    attempts = Attempts(seconds=seconds)
    for number in range(FAILURES_PER_MINUTE):
        attempts.failed([f"address {number}", "key pk"])
    attempts.failed(["address 1"])
    with pytest.raises(TooManyFailures):
        attempts.failed(["address 99", "key pk"])


def refusal(recognition: Recognition, header: str | None, address: str = "10.0.0.1") -> Unauthorized:
    """Why a request with that header is refused."""
    headers = [] if header is None else [(b"authorization", header.encode())]
    with pytest.raises(Unauthorized) as refused:
        recognition.caller_of(cast("Scope", {"headers": headers, "client": (address, 4321)}))
    return refused.value


def test_a_refusal_says_whether_keys_were_missing_unreadable_or_wrong(world: World, seconds: Seconds) -> None:
    recognition = Recognition(world.octy, Attempts(seconds=seconds))
    assert str(refusal(recognition, None)) == "The request carries no Authorization."
    form = "The request's Authorization is not base64(public_key:secret_key), bare or after 'Basic '."
    for header in ("", "Bearer x", "Basic", "pk:sk", base64.b64encode(b"no colon").decode()):
        assert str(refusal(recognition, header)) == form
    wrong = base64.b64encode(b"pk:sk").decode()
    twice = [(b"authorization", wrong.encode())] * 2
    with pytest.raises(Unauthorized, match="The request carries more than one Authorization"):
        recognition.caller_of(cast("Scope", {"headers": twice, "client": ("10.0.0.1", 4321)}))
    assert str(refusal(recognition, wrong)) == "These keys belong to no account."
    assert str(refusal(recognition, f"basic {wrong}")) == "These keys belong to no account."


def test_keys_are_recognized_bare_and_after_the_word_whatever_blanks_are_around_them(world: World, api: Api) -> None:
    recognition = Recognition(world.octy, Attempts())
    right = bare(api.keys)
    for header in (right, f" {right} ", f"Basic {right}", f"BASIC   {right}  "):
        for _ in range(2):  # judged, and remembered
            caller = recognition.caller_of(cast("Scope", {"headers": [(b"authorization", header.encode())]}))
            assert caller.account_id == api.account_id
    twice = [(b"authorization", right.encode())] * 2
    assert recognition.recognized(twice) is None


def test_failures_are_counted_by_address_whatever_the_keys(world: World, seconds: Seconds) -> None:
    recognition = Recognition(world.octy, Attempts(seconds=seconds))
    headers = [base64.b64encode(f"pk{number}:sk".encode()).decode() for number in range(FAILURES_PER_MINUTE + 1)]
    for header in headers[:-1]:
        assert not isinstance(refusal(recognition, header), TooManyFailures)
    assert not isinstance(refusal(recognition, None), TooManyFailures), "that is no attempt"
    assert isinstance(refusal(recognition, headers[-1]), TooManyFailures)
    assert isinstance(refusal(recognition, "no keys at all"), TooManyFailures)
    assert not isinstance(refusal(recognition, headers[-1], "10.0.0.2"), TooManyFailures)


def test_failures_of_one_public_key_are_counted_from_all_addresses(world: World, seconds: Seconds) -> None:
    recognition = Recognition(world.octy, Attempts(seconds=seconds))
    guesses = [base64.b64encode(f"pk:guess {number}".encode()).decode() for number in range(FAILURES_PER_MINUTE + 1)]
    for number, guess in enumerate(guesses[:-1]):
        assert not isinstance(refusal(recognition, guess, f"10.0.0.{number}"), TooManyFailures)
    assert isinstance(refusal(recognition, guesses[-1], "10.0.1.1"), TooManyFailures)


def test_the_memory_for_failures_has_an_end(seconds: Seconds) -> None:
    attempts = Attempts(seconds=seconds)
    for _ in range(FAILURES_PER_MINUTE):
        attempts.failed(["address 1"])
    for number in range(NAMES_MAX + 1):
        attempts.failed([f"key {number}"])
    assert len(attempts._clear) == NAMES_MAX
    attempts.failed(["address 1"])


def test_ten_thousand_mutated_keys_open_nothing(world: World, api: Api) -> None:
    chance = Random(30)
    right = bare(api.keys)
    for _ in range(10_000):
        place = chance.randrange(len(right))
        header = right[:place] + chance.choice(BASE64.replace(right[place], "")) + right[place + 1 :]
        scope = cast("Scope", {"headers": [(b"authorization", header.encode())], "client": None})
        with pytest.raises((Unauthorized, TooManyFailures)):
            world.app.state.recognition.caller_of(scope)


def test_secrets_are_compared_in_one_way_alone() -> None:
    """C30: nothing compares what is secret with `==`."""
    compared = [
        f"{path}:{node.lineno}"
        for package in ("http", "service")
        for path in (SOURCES / package).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Compare)
        and any(isinstance(one, ast.Eq | ast.NotEq) for one in node.ops)
        and any(word in ast.unparse(node) for word in ("secret_key", "secret_sha256", "digest("))
    ]
    assert compared == []

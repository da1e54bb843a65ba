"""Bad input over real HTTP: each gets wire.md 1.1's shape, the right status, words that help, and stores nothing."""

import json

import httpx
import pytest

from tests.acceptance import raw
from tests.acceptance.account import Account, error_lines, lines_of, messages
from tests.acceptance.processes import Machine, Server

SEGMENT = "/v1/retention/segments/create"
BATCH = "/v1/retention/events/create/batch"
EVENT = "/v1/retention/events/create"
PROFILES = "/v1/retention/profiles/create"


@pytest.fixture(scope="module")
def served(shared_machine: Machine) -> Server:
    server = shared_machine.serve()
    Account(server).profiles("ana")
    return server


def test_a_definition_is_told_of_every_rule_it_breaks_at_once(server: Server) -> None:
    """D10: D1 to D9 and D11 together, each with where, what was expected and what was found."""
    nope = {"nope": 1}
    definition = {
        "segment_name": " ",
        "segment_type": "live",
        "segment_sub_type": 2,
        "segment_timeframe": 3,
        "profile_property_name": "plan",
        "profile_property_value": "gold",
        "colour": "red",
        "event_sequence": [
            {"event_type": "charged", "exp_timeframe": 3, "action_inaction": "inaction", "event_properties": nope},
            {"event_type": "charged", "exp_timeframe": 5, "action_inaction": "action", "event_properties": nope},
            {"event_type": "ghost", "exp_timeframe": "5", "action_inaction": "inaction", "event_properties": {"a": 1}},
        ],
    }
    lines = error_lines(server.client().post(SEGMENT, json=definition), 400)
    assert {line["rule"] for line in lines} == {"D1", "D2", "D3", "D4", "D5", "D6", "D7", "D8", "D9", "D11"}
    for line in lines:
        assert line["error_message"] == (
            f"{line['rule']} {line['path']}: expected {line['wanted']}; found {line['found']}"
        )
    assert {line["path"] for line in lines} >= {
        "segment_name",
        "segment_timeframe",
        "profile_property_name",
        "profile_property_value",
        "colour",
        "event_sequence",
        "event_sequence[0].action_inaction",
        "event_sequence[0].exp_timeframe",
        "event_sequence[1]",
        "event_sequence[0].event_properties.nope",
        "event_sequence[1].event_properties.nope",
        "event_sequence[2].exp_timeframe",
        "event_sequence[2].event_properties",
    }


@pytest.mark.parametrize(
    ("path", "body", "status", "said"),
    [
        (BATCH, b"", 400, "(body): expected a JSON object; found nothing"),
        (BATCH, b"   ", 400, "(body): expected JSON in UTF-8; found nothing"),
        (BATCH, b"hello", 400, "(body): expected JSON in UTF-8; found invalid character at byte 0"),
        (BATCH, b'{"events":[', 400, "(body): expected JSON in UTF-8; found an end in the middle, at byte 11"),
        (BATCH, b'{"events":[]}]', 400, "found trailing characters at byte 13"),
        (BATCH, b'\xef\xbb\xbf{"events":[]}', 400, "found a byte-order mark at byte 0"),
        (BATCH, b'{"events":["\xff"]}', 400, "found bytes that are no UTF-8 at byte 12"),
        (BATCH, b'{"events":[]}', 400, "A request holds 1 to 500 events; this one holds 0."),
        (BATCH, b'{"events":[' + b"{}," * 500 + b"{}]}", 400, "1 to 500 events; this one holds 501."),
        (BATCH, b"[]", 400, "(body): expected an object; found a list"),
        (BATCH, b'{"events":{}}', 400, "events: expected a list; found an object"),
        (BATCH, b"{}", 400, "events: expected a value; found nothing"),
        (SEGMENT, b"[]", 400, "expected an object; found a list"),
        (SEGMENT, b'{"segment_timeframe":NaN}', 400, "found invalid character at byte 21"),
        (SEGMENT, b'{"segment_timeframe":Infinity}', 400, "found invalid character at byte 21"),
        (SEGMENT, b'{"segment_timeframe":-Infinity}', 400, "found invalid character at byte 22"),
        (SEGMENT, b'{"a":' + b"[" * 10_000 + b"]" * 10_000 + b"}", 400, "at most 32 levels; found deeper nesting"),
        (BATCH, b'{"events":' + b"[" * 10_000 + b"]" * 10_000 + b"}", 400, "at most 32 levels"),
    ],
)
def test_a_body_that_is_not_what_it_should_be(server: Server, path: str, body: bytes, status: int, said: str) -> None:
    answer = server.client().post(path, content=body, headers={"Content-Type": "application/json"})
    assert said in messages(error_lines(answer, status))


@pytest.mark.parametrize("field", ["profile_id", "event_type", "message_id", "created_at"])
@pytest.mark.parametrize("text", [r"a\u0000b", r"a\ud800b"], ids=["NUL", "lone surrogate"])
def test_a_nul_or_half_a_character_in_an_event(server: Server, field: str, text: str) -> None:
    event = {"event_type": "charged", "profile_id": _ana(server), "message_id": "m", "created_at": None} | {field: "?"}
    body = f'{{"events":[{json.dumps(event)}]}}'.replace('"?"', f'"{text}"')
    (line,) = error_lines(_posted(server, BATCH, body), 400)
    assert line["index"] == 0
    assert line["error_message"].startswith(f"{field}: expected ")


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (r'"a\u0000b"', "NUL"),
        (r'"a\ud800b"', "NUL"),
        ("9" * 10_000, "64 bits"),
        ("9223372036854775808", "64 bits"),
        ("1e999", "64 bits"),
        ("[" * 200 + "]" * 200, "levels"),
        (json.dumps("x" * 8_193), "8192"),
    ],
    ids=["NUL", "lone surrogate", "10,000 digits", "2^63", "1e999", "200 levels", "8,193 characters"],
)
@pytest.mark.parametrize("where", ["event", "profile", "step"])
def test_a_value_that_cannot_be_stored(server: Server, where: str, value: str, said: str) -> None:
    body = {
        "event": f'{{"event_type":"charged","profile_id":"{_ana(server)}","event_properties":{{"item_id":?}}}}',
        "profile": '{"profiles":[{"customer_id":"bob","profile_data":{"plan":?}}]}',
        "step": (
            '{"segment_name":"s","segment_type":"past","segment_sub_type":1,"segment_timeframe":1,"event_sequence":'
            '[{"event_type":"charged","action_inaction":"action","exp_timeframe":0,"event_properties":{"item_id":?}}]}'
        ),
    }[where].replace("?", value)
    path = {"event": EVENT, "profile": PROFILES, "step": SEGMENT}[where]
    lines = error_lines(_posted(server, path, body), 400)
    assert all("expected" in line["error_message"] and "found" in line["error_message"] for line in lines)
    assert said in messages(lines)


def test_an_unknown_profile_and_an_unknown_event_type(server: Server) -> None:
    nobody = {"event_type": "charged", "profile_id": "nobody"}
    said = messages(error_lines(server.client().post(EVENT, json=nobody), 400))
    assert said == 'profile_id: expected the profile_id of an existing profile; found "nobody"'
    nothing = {"event_type": "dance", "profile_id": _ana(server)}
    said = messages(error_lines(server.client().post(EVENT, json=nothing), 400))
    assert said.startswith("event_type: expected ")
    assert said.endswith('; found "dance"')


@pytest.mark.parametrize(
    ("path", "named"),
    [
        ("/v1/retention/profiles?id=nobody", "There is no such profile."),
        ("/v1/retention/profiles/history?id=nobody", '"nobody"'),
        ("/v1/retention/profiles/events?id=nobody", '"nobody"'),
    ],
)
def test_a_profile_that_is_not_there_is_404(server: Server, path: str, named: str) -> None:
    assert named in messages(error_lines(server.client().get(path), 404))


@pytest.mark.parametrize(
    ("path", "key"), [("segments", "segments"), ("events/types", "event_type_ids"), ("profiles", "profiles")]
)
def test_deleting_what_is_not_there_is_told_by_its_id(server: Server, path: str, key: str) -> None:
    answer = server.client().post(f"/v1/retention/{path}/delete", json={key: ["one", "two"]})
    said = messages(error_lines(answer, 400))
    assert 'found "one"' in said
    assert 'found "two"' in said


@pytest.mark.parametrize(
    ("header", "said"),
    [
        (None, "The request carries no Authorization."),
        ("Basic !!!", "The request's Authorization is not base64(public_key:secret_key)"),
        ("Bearer cGtfb3Vyczpza19vdXJz", "is not base64(public_key:secret_key)"),
        ("cGtfb3Vycw==", "is not base64(public_key:secret_key)"),
        ("Basic cGtfb3Vyczpza190aGVpcnM=", "These keys belong to no account."),
        ("cGtfdGhlaXJzOnNrX291cnM=", "These keys belong to no account."),
    ],
)
def test_wrong_and_missing_keys_are_401_whatever_is_asked(server: Server, header: str | None, said: str) -> None:
    headers = {} if header is None else {"Authorization": header}
    with httpx.Client(base_url=server.url, headers=headers, verify=False) as client:
        answers = [client.get("/v1/retention/segments"), client.post(SEGMENT, content=b"hello")]
    for answer in answers:
        assert said in messages(error_lines(answer, 401))
        assert answer.headers["www-authenticate"] == 'Basic realm="Octy"'


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/retention/segmentz", 404),
        ("POST", "/v1/retention/segments/create/more", 404),
        ("GET", "/v1/retention/segments/../../../etc/passwd", 404),
        ("GET", "/v1/retention/segments/%00", 404),
        ("GET", "/v1/sandbox/clock", 404),  # this is no sandbox
        ("POST", "/v1/sandbox/clock", 404),
        ("GET", SEGMENT, 405),
        ("PUT", SEGMENT, 405),
        ("DELETE", "/v1/retention/segments", 405),
        ("PATCH", PROFILES, 405),
    ],
)
def test_an_unknown_address_and_a_wrong_method(server: Server, method: str, path: str, status: int) -> None:
    answer = raw.answer_to(server, raw.head(path, "Content-Length: 0", method=method))
    assert answer.status == status
    assert method in messages(lines_of(answer.body, status))


def test_a_batch_with_bad_events_keeps_the_good_ones(served: Server) -> None:
    """E2, wire.md 1.2: each bad one is told with its place and the reason."""
    account = Account(served)
    (ana,) = account.profiles("another ana")
    good = {"event_type": "charged", "profile_id": ana, "event_properties": {"item_id": "i"}}
    bad: list[tuple[object, str]] = [
        ({"event_type": "charged", "profile_id": "nobody"}, "profile_id: expected the profile_id of an existing"),
        ({"event_type": "dance", "profile_id": ana}, "event_type: expected"),
        ({"event_type": "charged"}, "profile_id: expected a value; found nothing"),
        ({"event_type": 5, "profile_id": ana}, "event_type: expected a string; found an integer"),
        (good | {"created_at": "2020-02-30 00:00:00"}, "created_at: expected"),
        (good | {"created_at": "1969-12-31 23:59:59"}, "created_at: expected"),
        (good | {"created_at": "2999-01-01 00:00:00"}, "created_at: expected"),
        (good | {"message_id": ""}, "message_id: expected"),
        (good | {"message_id": "m" * 65}, "message_id: expected"),
        (good | {"event_properties": []}, "event_properties: expected"),
        (good | {"event_properties": {"item_id": "a\0b"}}, "event_properties.item_id: expected"),
        ("an event", "expected an object; found a string"),
        (None, "expected an object; found null"),
    ]
    events: list[object] = [good]
    for one, _ in bad:
        events += [one, good]
    answer = account.post(BATCH, {"events": events})
    failed = answer["failed_to_create"]
    assert len(answer["created_events"]) == len(bad) + 1
    assert [one["index"] for one in failed] == list(range(1, 2 * len(bad), 2))
    for (_, said), one in zip(bad, failed, strict=True):
        assert said in one["error_message"], one
        assert "found" in one["error_message"], one
    assert len(account.events_of(ana)) == len(bad) + 1


def _ana(server: Server) -> str:
    profile_id: str = server.client().get("/v1/retention/profiles?id=ana").json()["profiles"][0]["profile_id"]
    return profile_id


def _posted(server: Server, path: str, body: str) -> httpx.Response:
    return server.client().post(path, content=body.encode(), headers={"Content-Type": "application/json"})

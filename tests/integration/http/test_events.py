"""Events over the wire (wire.md 1.2, 1.5, 3.10; semantics E2, E3, E8, E9)."""

import json
from typing import Any

import msgspec
import pytest

from octy.http.batches import LARGE_BYTES
from octy.http.wire.events import EventToCreate
from octy.model import limits
from octy.model.events import EventDraft, PlainEventDraft
from tests.integration.http.world import Api, World, error_of, message_of, meta_of, past

ONE = "/v1/retention/events/create"
BATCH = "/v1/retention/events/create/batch"


@pytest.fixture
def ana(api: Api) -> str:
    """A profile of an account that knows an event type."""
    api.has_event_types(viewed=["item_id"])
    (profile_id,) = api.has_profiles("ana")
    return profile_id


def viewed(profile_id: str, **more: object) -> dict[str, Any]:
    return {"event_type": "viewed", "profile_id": profile_id} | more


def test_a_single_event_is_answered_with_its_id(api: Api, ana: str) -> None:
    answer = api.post(ONE, viewed(ana, event_properties={"item_id": "7"}))
    meta_of(answer, 201)
    created = answer.json()
    assert created["event_id"].startswith("event_")
    assert created["event_properties"] == {"item_id": "7"}
    assert (created["event_type"], created["profile_id"]) == ("viewed", ana)
    assert created["created_at"].endswith(" GMT")
    assert "duplicate" not in created


def test_null_properties_and_times_are_like_absent_ones(api: Api, ana: str) -> None:
    answer = api.post(ONE, viewed(ana, event_properties=None, created_at=None, message_id=None))
    assert answer.status_code == 201
    assert answer.json()["event_properties"] is None


def test_a_charged_event_of_an_unknown_item_is_accepted(api: Api, ana: str) -> None:
    """wire.md 8.18; E3, E4."""
    event = {"event_type": "charged", "profile_id": ana, "event_properties": {"item_id": "unheard-of", "extra": 1}}
    assert api.post(ONE, event).status_code == 201
    assert api.get("/v1/retention/profiles?id=ana").json()["profiles"][0]["has_charged"] is True


@pytest.mark.parametrize(
    ("wrong", "path"),
    [
        ({"event_type": "unheard-of"}, "event_type"),
        ({"event_type": 5}, "event_type"),
        ({"event_type": None}, "event_type"),
        ({"profile_id": "nobody"}, "profile_id"),
        ({"profile_id": 7}, "profile_id"),
        ({"event_properties": []}, "event_properties"),
        ({"event_properties": "x"}, "event_properties"),
        ({"event_properties": {"": 1}}, "event_properties"),
        ({"created_at": 5}, "created_at"),
        ({"created_at": "yesterday"}, "created_at"),
        ({"created_at": "1969-12-31 23:59:59"}, "created_at"),
        ({"created_at": "2024-02-31 00:00:00"}, "created_at"),
        ({"message_id": ""}, "message_id"),
        ({"message_id": "x" * 65}, "message_id"),
    ],
)
def test_a_wrong_single_event_is_refused_and_says_where(
    api: Api, ana: str, wrong: dict[str, object], path: str
) -> None:
    assert message_of(api.post(ONE, viewed(ana) | wrong), 400).startswith(f"{path}: expected ")
    (refused,) = error_of(api.post(BATCH, {"events": [viewed(ana) | wrong]}), 400)["errors"]
    assert refused["error_message"].startswith(f"{path}: expected ")


def test_a_batch_is_answered_in_its_order(api: Api, ana: str) -> None:
    times = ["2023-03-01 10:00:00", "2023-03-01T09:00:00+02:00", "2023-02-28 10:00:00"]
    answer = api.post(BATCH, {"events": [viewed(ana, created_at=time) for time in times]})
    meta = meta_of(answer, 201)
    assert (meta["count"], meta["total"]) == (3, 3)
    assert answer.json()["failed_to_create"] == []
    assert [one["created_at"] for one in answer.json()["created_events"]] == [
        "Wed, 01 Mar 2023 10:00:00 GMT",
        "Wed, 01 Mar 2023 07:00:00 GMT",
        "Tue, 28 Feb 2023 10:00:00 GMT",
    ]
    assert set(answer.json()["created_events"][0]) == {
        "event_id",
        "profile_id",
        "event_type_id",
        "event_type",
        "event_properties",
        "created_at",
    }


def test_each_bad_event_of_a_batch_fails_alone(api: Api, ana: str) -> None:
    """E2: whether its JSON types are wrong or its values."""
    events: list[object] = [
        viewed(ana),
        viewed("nobody", event_properties={"item_id": "7"}),
        {"profile_id": ana},
        viewed(ana, event_properties=[1]),
        7,
        viewed(ana, created_at=1700000000),
        viewed(ana),
        {"event_type": 5, "profile_id": 6},
    ]
    answer = api.post(BATCH, {"events": events})
    meta = meta_of(answer, 201)
    assert (meta["count"], meta["total"]) == (2, 8)
    assert len(answer.json()["created_events"]) == 2
    failed = answer.json()["failed_to_create"]
    assert [one["index"] for one in failed] == [1, 2, 3, 4, 5, 7]
    assert [(one["event_type"], one["profile_id"]) for one in failed] == [
        ("viewed", "nobody"),
        ("", ana),
        ("viewed", ana),
        ("", ""),
        ("viewed", ana),
        ("5", "6"),
    ]
    assert failed[0]["event_properties"] == {"item_id": "7"}
    assert failed[2]["event_properties"] is None
    assert failed[1]["error_message"] == "event_type: expected a value; found nothing"
    assert failed[3]["error_message"] == "(body): expected an object; found an integer"
    assert failed[4]["error_message"] == "created_at: expected a string or null; found an integer"


@pytest.mark.parametrize(
    "value",
    [
        '"a\\u0000b"',
        '"\\ud800"',
        '"\\udfff and more"',
        '"\\ud800\\ud800"',
        "9223372036854775808",
        "-9223372036854775809",
        "1" * 10_000,
        "1e999",
        "-1e999",
        "[" * 40 + "]" * 40,
        json.dumps("x" * (limits.STRING_CHARACTERS_MAX + 1)),
    ],
)
def test_a_value_that_no_store_keeps_fails_its_event_alone(api: Api, ana: str, value: str) -> None:
    bad = json.dumps(viewed(ana, event_properties={"x": "VALUE"})).replace('"VALUE"', value)
    answer = api.post(BATCH, f'{{"events": [{json.dumps(viewed(ana))}, {bad}]}}'.encode())
    assert meta_of(answer, 201)["count"] == 1
    (failure,) = answer.json()["failed_to_create"]
    assert failure["index"] == 1
    assert failure["profile_id"] == ana
    assert failure["event_properties"] is None
    assert "event_properties" in failure["error_message"]


@pytest.mark.parametrize("escaped", ["\\ud83d\\ude00", "\\\\ud800", "\\\\\\\\ud800", "\\\\u0000"])
def test_whole_characters_and_escaped_backslashes_are_no_lone_surrogates(api: Api, ana: str, escaped: str) -> None:
    properties = f'{{"x": "{escaped}", "y": "\\ud800"}}'
    event = json.dumps(viewed(ana, event_properties="P")).replace('"P"', properties)
    error_of(api.post(BATCH, f'{{"events": [{event}]}}'.encode()), 400)
    event = event.replace(', "y": "\\ud800"', "")
    answer = api.post(BATCH, f'{{"events": [{event}]}}'.encode())
    assert answer.json()["created_events"][0]["event_properties"] == json.loads(f'{{"x": "{escaped}"}}')


@pytest.mark.parametrize("body", [b"{}", b'{"events": null}', b'{"events": {}}', b'{"event": []}'])
def test_a_batch_is_a_list_under_its_name(api: Api, body: bytes) -> None:
    assert message_of(api.post(BATCH, body), 400).startswith("events: expected ")


def test_json_that_is_none_says_at_which_byte(api: Api) -> None:
    assert "at byte 12" in message_of(api.post(BATCH, b'{"events": [NaN]}'), 400)
    assert "at byte 12" in message_of(api.post(BATCH, b'{"events": ['), 400)
    assert "at byte 13" in message_of(api.post(BATCH, b'{"events": ["\xff"]}'), 400)


def test_five_hundred_fit_and_one_more_does_not(api: Api, ana: str) -> None:
    events = [viewed(ana, event_properties={"item_id": str(number)}) for number in range(501)]
    error_of(api.post(BATCH, {"events": events}), 400)
    error_of(api.post(BATCH, {"events": []}), 400)
    assert meta_of(api.post(BATCH, {"events": events[:500]}), 201)["count"] == limits.EVENTS_PER_BATCH_MAX


@pytest.mark.parametrize("characters", [1, 4_000], ids=["blanks", "texts"])
@pytest.mark.parametrize("bad", [False, True], ids=["plain", "one of a list"])
def test_a_large_batch_is_judged_stored_and_answered_as_any(api: Api, ana: str, characters: int, bad: bool) -> None:
    """It is decoded one by one, and what is decoded is not kept (C27)."""
    api.has_segment(past("of sevens", item_id="7"))
    (ben,) = api.has_profiles("ben")
    long = "\N{CAT FACE}" + "x" * characters
    given = [{"item_id": "7", "a": long}, None, {}, {"item_id": 7.5, "a": None}] * 75
    events: list[Any] = [viewed(ana, event_properties=one, message_id=f"m{at % 299}") for at, one in enumerate(given)]
    events += [viewed("nobody", event_properties={"a": long}), viewed(ben, event_properties={"item_id": "8"})]
    events += [viewed(ben, event_properties={"a": [1]})] if bad else []
    answer = api.post(BATCH, json.dumps({"events": events}).encode().ljust(LARGE_BYTES + 1))
    assert meta_of(answer, 201)["count"] == len(events) - 1
    created, failed = answer.json()["created_events"], answer.json()["failed_to_create"]
    assert [one["event_properties"] for one in created] == [*given, *(one["event_properties"] for one in events[301:])]
    assert [(one["index"], one["profile_id"], one["event_properties"]) for one in failed] == [
        (300, "nobody", {"a": long})
    ]
    assert [one["event_id"] for one in created].count(created[0]["event_id"]) == 2, (
        "the last has the first's message id"
    )
    kept = api.get("/v1/retention/profiles/export?id=ana").json()["events"]
    assert [one["event_properties"] for one in kept] == [one or None for one in given[:299]]
    told = {
        one: api.get(f"/v1/retention/profiles?id={one}").json()["profiles"][0]["segment_tags"] for one in ("ana", "ben")
    }
    assert [len(told["ana"]), len(told["ben"])] == [1, 0]


def test_a_large_body_that_is_no_json_says_at_which_byte_as_any(api: Api, ana: str) -> None:
    good = json.dumps({"events": [viewed(ana)] * 400}).encode()
    large = good.replace(b"{", b"{" + b" " * (LARGE_BYTES // 400), 1 + 400)
    for body in (good, large):
        escape = body.rindex(b'"viewed"') + 1
        wrong = body[:escape] + b"\\x" + body[escape + 2 :]
        assert f"at byte {escape + 1}" in message_of(api.post(BATCH, wrong), 400)
    twice = large.replace(b'"event_type": ', b'"event_type": "", "event_type": ', 1)
    assert meta_of(api.post(BATCH, twice), 201)["count"] == 399
    assert meta_of(api.post(BATCH, large), 201)["count"] == 400


def test_a_message_id_is_stored_once(api: Api, ana: str) -> None:
    """E8."""
    first = api.post(ONE, viewed(ana, message_id="m1")).json()
    answer = api.post(BATCH, {"events": [viewed(ana, message_id="m1"), viewed(ana, message_id="m2")]})
    again, other = answer.json()["created_events"]
    assert again["event_id"] == first["event_id"]
    assert again["duplicate"] is True
    assert "duplicate" not in other
    assert meta_of(api.get("/v1/retention/profiles/events?id=ana"))["count"] == 2


def test_a_batch_repeats_message_ids_within_itself(api: Api, ana: str) -> None:
    """E8."""
    ids = ["m1", None, "m1", "m2", "m1"]
    created = api.post(BATCH, {"events": [viewed(ana, message_id=one) for one in ids]}).json()["created_events"]
    assert [one.get("duplicate", False) for one in created] == [False, False, True, False, True]
    assert len({one["event_id"] for one in created}) == 3
    assert meta_of(api.get("/v1/retention/profiles/events?id=ana"))["count"] == 3


def test_every_character_is_kept_as_it_came(api: Api, ana: str) -> None:
    """Line separators of every kind too, and none of an event's neighbours is touched."""
    texts = ["a\u2028b\u2029c\u0085d\x0be\x0cf\x1cg\nh\ri", "", "ünïcödé 🦑", "null", "{}"]
    properties: list[dict[str, object] | None] = [{"x": text, text: 1} if text else {"x": ""} for text in texts]
    properties += [None, {}, {"n": None}, {"deep": [{"er": [1.5, True]}]}]
    answer = api.post(BATCH, {"events": [viewed(ana, event_properties=one) for one in properties]})
    assert [one["event_properties"] for one in answer.json()["created_events"]] == properties
    stored = api.get("/v1/retention/profiles/events?id=ana").json()["events"]
    assert [one["event_properties"] or None for one in stored] == [one or None for one in reversed(properties)]


def test_an_event_fails_with_every_reason_against_it(api: Api, ana: str) -> None:
    wrong = viewed("nobody", event_type="unheard of", created_at="tomorrow", message_id="", event_properties={"": 1})
    told = api.post(BATCH, {"events": [wrong, viewed(ana)]}).json()["failed_to_create"][0]["error_message"]
    for field in ("profile_id: ", "event_type: ", "event_properties: ", "created_at: ", "message_id: "):
        assert told.count(field) == 1


def test_another_accounts_profile_is_unknown(world: World, ana: str) -> None:
    other = world.account()
    other.has_event_types(viewed=[])
    theirs = error_of(other.post(ONE, viewed(ana)), 400)["errors"][0]["error_message"]
    nobodys = error_of(other.post(ONE, viewed(ana[:-1] + "x")), 400)["errors"][0]["error_message"]
    assert theirs.replace(ana, "") == nobodys.replace(ana[:-1] + "x", "")


@pytest.mark.parametrize("decoded", [EventDraft, PlainEventDraft])
def test_what_is_documented_is_what_is_decoded(decoded: type[EventDraft]) -> None:
    """`EventToCreate` speaks for both."""
    documented, fields = (
        {field.name: field.default for field in msgspec.structs.fields(kind)} for kind in (EventToCreate, decoded)
    )
    assert documented == fields


@pytest.mark.parametrize("letter", ["x", "é", "💛"])
@pytest.mark.parametrize(("more", "is_accepted"), [(-1, True), (0, True), (1, False)])
def test_properties_may_hold_so_much(api: Api, letter: str, more: int, is_accepted: bool) -> None:
    """C27; and they alone fail where they hold more."""
    api.has_event_types(viewed=["a"])
    (ana,) = api.has_profiles("ana")
    small = {"event_type": "viewed", "profile_id": ana, "event_properties": {"a": "small"}}
    parts = {str(n): letter * (8_000 // len(letter.encode())) for n in range(4)}
    missing = (
        limits.EVENT_PROPERTIES_BYTES_MAX
        + more
        - len(json.dumps(parts | {"z": ""}, ensure_ascii=False, separators=(",", ":")).encode())
    )
    large = small | {"event_properties": parts | {"z": "z" * missing}}
    answer = api.post(BATCH, {"events": [small, large, {"event_type": "unknown", "profile_id": ana}]}).json()
    assert len(answer["created_events"]) == 1 + is_accepted
    failed = {one["index"]: one["error_message"] for one in answer["failed_to_create"]}
    assert sorted(failed) == ([2] if is_accepted else [1, 2])
    if not is_accepted:
        assert failed[1] == "event_properties: expected at most 32,768 bytes as JSON; found 32,769 bytes"

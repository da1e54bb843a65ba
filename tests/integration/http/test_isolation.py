"""Accounts never see each other (C12): whatever names a thing of another account is answered as if it named nothing.

Every operation of the OpenAPI document is here with every field that its requests have. A field can either name
something, and then it is tried out with things of another account, or it cannot, and then it is said so; a new one that
is in neither list fails. What is asked of another's thing and what is asked of nothing must be answered alike to the
byte, but for the name itself, for ids and for instants; the other account's rows stay as they are; and nothing that the
other account ever said is in any answer.
"""

import random
import re
import string
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from httpx import Response
from sqlalchemy import MetaData, select

from octy.model.instants import US_PER_HOUR
from tests.integration.http.world import Api, World, live, past

VICTIMS = "canary"
"""Whatever the other account says of itself has this in it."""
START = "2024-01-01 00:00:00"
SINCE = "2024-01-02T00:00:00Z"

NAMES_NOTHING = {
    "If-Range",  # what the file was that its own id names
    "Range",
    "action_inaction",
    "after",  # a place in a list of the account's own
    "algorithm",
    "algorithm_name",
    "as_known_at",
    "as_of",
    "app",
    "authenticated_id_key",
    "before",
    "churn_prob",
    "contact_email_address",
    "contact_name",
    "contact_surname",
    "created_at",
    "cursor",
    "event",  # of webhooks: one of a few words
    "event_properties",
    "every",
    "event_properties[]",
    "exp_timeframe",
    "from",
    "has_charged",
    "horizon_days",
    "item_category",
    "item_description",
    "item_name",
    "item_price",
    "limit",
    "now",
    "overlap_hours",
    "platform_info",
    "profile_data",
    "profile_features",
    "profile_features[]",
    "profile_property_name",
    "profile_property_value",
    "recommend_interacted_items",
    "replay",
    "retention_days",
    "rfm",
    "segment_sub_type",
    "segment_timeframe",
    "segment_type",
    "state",
    "status",
    "strict",
    "training_every_days",
    "to",
    "type",
    "webhook_breaker_share",
    "webhook_causes",
    "webhook_causes[]",
    "webhook_events",
    "webhook_events[]",
    "webhook_url",
    "webhooks_per_minute",
    "item_id_stop_list",
    "item_id_stop_list[]",  # stored as it is, whether there are such items or not
}


class Victim(NamedTuple):
    """The account that others ask about, with the names of its things; of each kind also one that was deleted."""

    api: Api
    names: Mapping[str, list[str]]


Send = Callable[[Api, str], Response]
"""Asks something of a thing, by its name; as an account that has a profile "ana", of its own, and the type "viewed"."""


def _get(path: str) -> Send:
    return lambda api, name: api.get(path.format(name))


def _post(path: str, body: object, headers: Mapping[str, str] | None = None) -> Send:
    def send(api: Api, name: str) -> Response:
        return api.post(
            path.format(name), _filled(body, api, name), {k: v.format(name) for k, v in (headers or {}).items()}
        )

    return send


def _filled(body: object, api: Api, name: str) -> object:
    match body:
        case dict():
            return {key: _filled(value, api, name) for key, value in body.items()}
        case list():
            return [_filled(value, api, name) for value in body]
        case "ANA":
            return api.get("/v1/retention/profiles?id=ana").json()["profiles"][0]["profile_id"]
        case str():
            return body.replace("NAME", name)
        case _:
            return body


EVENT = {"event_type": "viewed", "profile_id": "ANA", "created_at": START}
ITEM = {"item_category": "c", "item_name": "n", "item_description": "d", "item_price": 1}
PROFILE: dict[str, Any] = {"profile_data": {}, "platform_info": {}}
DELIVERIES = "/v1/webhooks/deliveries"
ONE_DELIVERY = DELIVERIES + "/{}"

DATASETS = "/v1/retention/datasets"
MATRIX: dict[str, tuple[str, Send]] = {
    "POST /v1/configurations/retention/algorithms/set body:configurations.event_type": (
        "event_type",
        _post(
            "/v1/configurations/retention/algorithms/set",
            {"algorithm_name": "churn", "configurations": {"event_type": "NAME"}},
        ),
    ),
    f"GET {DATASETS} query:ids": ("dataset_id", _get(DATASETS + "?ids={}")),
    f"GET {DATASETS}/file query:id": ("dataset_id", _get(DATASETS + "/file?id={}")),
    f"POST {DATASETS} body:label": ("event_type", _post(DATASETS, {"as_of": SINCE, "label": "churn:30d:NAME"})),
    f"POST {DATASETS} body:value": (
        "property",
        _post(DATASETS, {"as_of": SINCE, "label": "churn:30d:viewed", "value": "NAME"}),
    ),
    f"POST {DATASETS}/delete body:datasets[]": ("dataset_id", _post(DATASETS + "/delete", {"datasets": ["NAME"]})),
    "GET /v1/retention/training query:ids": ("training_job_id", _get("/v1/retention/training?ids={}")),
    "GET /v1/retention/events/types query:ids": ("event_type_id", _get("/v1/retention/events/types?ids=,{}")),
    "POST /v1/retention/events/types/create body:event_types[].event_type": (
        "event_type",
        _post(
            "/v1/retention/events/types/create", {"event_types": [{"event_type": "NAME", "event_properties": ["a"]}]}
        ),
    ),
    "POST /v1/retention/events/types/delete body:event_type_ids[]": (
        "event_type_id",
        _post("/v1/retention/events/types/delete", {"event_type_ids": ["NAME"]}),
    ),
    "GET /v1/retention/segments query:ids": ("segment_id", _get("/v1/retention/segments?ids=,{}")),
    "POST /v1/retention/segments/create body:event_sequence[].event_type": (
        "event_type",
        _post(
            "/v1/retention/segments/create",
            past("mine") | {"event_sequence": [past("mine")["event_sequence"][0] | {"event_type": "NAME"}]},
        ),
    ),
    "POST /v1/retention/segments/create body:segment_name": (
        "segment_tag",
        _post("/v1/retention/segments/create", past("NAME") | {"segment_name": "NAME"}),
    ),
    "POST /v1/retention/segments/delete body:segments[]": (
        "segment_id",
        _post("/v1/retention/segments/delete", {"segments": ["NAME"]}),
    ),
    "POST /v1/retention/segments/restore body:segments[]": (
        "segment_id",
        _post("/v1/retention/segments/restore", {"segments": ["NAME"]}),
    ),
    "GET /v1/retention/segments/receipts query:ids": (
        "receipt_id",
        _get("/v1/retention/segments/receipts?ids={}"),
    ),
    "POST /v1/retention/profiles/create body:profiles[].customer_id": (
        "customer_id",
        _post("/v1/retention/profiles/create", {"profiles": [PROFILE | {"customer_id": "NAME"}]}),
    ),
    "POST /v1/retention/profiles/update body:profiles[].customer_id": (
        "customer_id",
        _post("/v1/retention/profiles/update", {"profiles": [PROFILE | {"profile_id": "ANA", "customer_id": "NAME"}]}),
    ),
    "POST /v1/retention/profiles/update body:profiles[].profile_id": (
        "profile_id",
        _post("/v1/retention/profiles/update", {"profiles": [PROFILE | {"profile_id": "NAME", "customer_id": "ana"}]}),
    ),
    "POST /v1/retention/profiles/delete body:profiles[]": (
        "profile_id",
        _post("/v1/retention/profiles/delete", {"profiles": ["NAME"]}),
    ),
    "GET /v1/retention/profiles query:id": ("customer_id", _get("/v1/retention/profiles?id={}")),
    "GET /v1/retention/profiles query:ids": ("profile_id", _get("/v1/retention/profiles?ids={}")),
    "GET /v1/retention/profiles query:segment_tag": ("segment_tag", _get("/v1/retention/profiles?segment_tag={}")),
    "GET /v1/retention/profiles/metadata query:ids": ("customer_id", _get("/v1/retention/profiles/metadata?ids={}")),
    "GET /v1/retention/profiles/history query:id": ("profile_id", _get("/v1/retention/profiles/history?id={}")),
    "GET /v1/retention/profiles/events query:id": ("profile_id", _get("/v1/retention/profiles/events?id={}")),
    "GET /v1/retention/profiles/export query:id": ("profile_id", _get("/v1/retention/profiles/export?id={}")),
    "POST /v1/retention/events/create body:event_type": (
        "event_type",
        _post("/v1/retention/events/create", EVENT | {"event_type": "NAME"}),
    ),
    "POST /v1/retention/events/create body:message_id": (
        "message_id",
        _post("/v1/retention/events/create", EVENT | {"message_id": "NAME"}),
    ),
    "POST /v1/retention/events/create body:profile_id": (
        "profile_id",
        _post("/v1/retention/events/create", EVENT | {"profile_id": "NAME"}),
    ),
    "POST /v1/retention/events/create/batch body:events[].event_type": (
        "event_type",
        _post("/v1/retention/events/create/batch", {"events": [EVENT, EVENT | {"event_type": "NAME"}]}),
    ),
    "POST /v1/retention/events/create/batch body:events[].message_id": (
        "message_id",
        _post("/v1/retention/events/create/batch", {"events": [EVENT | {"message_id": "NAME"}]}),
    ),
    "POST /v1/retention/events/create/batch body:events[].profile_id": (
        "profile_id",
        _post("/v1/retention/events/create/batch", {"events": [EVENT, EVENT | {"profile_id": "NAME"}]}),
    ),
    "GET /v1/retention/items query:ids": ("item_id", _get("/v1/retention/items?ids={}")),
    "POST /v1/retention/items/create body:items[].item_id": (
        "item_id",
        _post("/v1/retention/items/create", {"items": [ITEM | {"item_id": "NAME"}]}),
    ),
    "POST /v1/retention/items/update body:items[].item_id": (
        "item_id",
        _post("/v1/retention/items/update", {"items": [ITEM | {"item_id": "NAME"}]}),
    ),
    f"GET {DELIVERIES} query:segment_id": ("segment_id", _get(DELIVERIES + "?segment_id={}")),
    f"GET {DELIVERIES} query:profile_id": ("profile_id", _get(DELIVERIES + "?profile_id={}")),
    f"GET {DELIVERIES}/{{delivery_id}} path:delivery_id": ("delivery_id", _get(ONE_DELIVERY)),
    f"GET {DELIVERIES}/{{delivery_id}}/changes path:delivery_id": ("delivery_id", _get(ONE_DELIVERY + "/changes")),
    f"POST {DELIVERIES}/{{delivery_id}}/replay path:delivery_id": (
        "delivery_id",
        _post(ONE_DELIVERY + "/replay", {}),
    ),
    f"POST {DELIVERIES}/replay body:segment_id": (
        "segment_id",
        _post(DELIVERIES + "/replay", {"segment_id": "NAME", "from": "2020-01-01T00:00:00Z"}),
    ),
    f"POST {DELIVERIES}/replay body:profile_id": (
        "profile_id",
        _post(DELIVERIES + "/replay", {"profile_id": "NAME", "from": "2020-01-01T00:00:00Z"}),
    ),
    "POST /v1/webhooks/release body:segment_id": (
        "segment_id",
        _post("/v1/webhooks/release", {"segment_id": "NAME"}),
    ),
}
REPEATED: Send = _post("/v1/retention/events/create", EVENT, {"Idempotency-Key": "{}"})
"""What a key of another account's request does is the same at every address: they are kept by account and path."""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A server of its own: no other test moves its clock or adds to its tables."""
    world = World(tmp_path_factory.mktemp("isolation"))
    yield world
    world.close()


@pytest.fixture(scope="module")
def victim(house: World) -> Victim:
    """An account with something of everything."""
    api = house.account()
    configuration = {
        "contact_name": VICTIMS,
        "webhook_url": f"http://127.0.0.1:9/{VICTIMS}",
        "webhook_events": ["live_segment.matched", "past_segment.entered"],
    }
    assert api.post("/v1/configurations/account/set", configuration).status_code == 200
    types = api.has_event_types(**{f"{VICTIMS}_type": [f"{VICTIMS}_key"], f"{VICTIMS}_gone_type": []})
    api.post("/v1/retention/events/types/delete", {"event_type_ids": types[1:]})
    purged = api.has_segment(past(f"{VICTIMS} purged", f"{VICTIMS}_type"))
    api.post("/v1/retention/segments/delete", {"segments": [purged]})
    house.octy.move_clock(house.octy.clock.now_us() + 73 * US_PER_HOUR).result()
    (receipt,) = api.get("/v1/retention/segments/receipts").json()["receipts"]
    kept = api.has_segment(live(f"{VICTIMS} live", f"{VICTIMS}_type"))
    pending = api.has_segment(past(f"{VICTIMS} past", f"{VICTIMS}_type"))
    api.post("/v1/retention/segments/delete", {"segments": [pending]})
    profiles = api.has_profiles(f"{VICTIMS}-1", f"{VICTIMS}-2", **{VICTIMS: VICTIMS})
    event = {
        "event_type": f"{VICTIMS}_type",
        "profile_id": profiles[0],
        "message_id": f"{VICTIMS}-message",
        "event_properties": {f"{VICTIMS}_key": VICTIMS},
    }
    answer = api.post("/v1/retention/events/create", event, {"Idempotency-Key": f"{VICTIMS}-key"})
    assert answer.status_code == 201, answer.text
    api.post("/v1/retention/profiles/delete", {"profiles": profiles[1:]})
    api.post("/v1/retention/items/create", {"items": [ITEM | {"item_id": f"{VICTIMS}-item", "item_name": VICTIMS}]})
    deliveries = [one["delivery_id"] for one in api.get(DELIVERIES).json()["deliveries"]]
    assert deliveries
    names = {
        "dataset_id": [_dataset(api)],
        "training_job_id": [_training(api)],
        "property": [f"{VICTIMS}_key"],
        "event_type_id": types,
        "event_type": [f"{VICTIMS}_type", f"{VICTIMS}_gone_type"],
        "segment_id": [kept, pending, purged],
        "receipt_id": [receipt["receipt_id"], purged],
        "segment_tag": [f"{VICTIMS} live", f"{VICTIMS} past", f"{VICTIMS} purged"],
        "profile_id": profiles,
        "customer_id": [f"{VICTIMS}-1", f"{VICTIMS}-2"],
        "message_id": [f"{VICTIMS}-message"],
        "item_id": [f"{VICTIMS}-item"],
        "delivery_id": deliveries,
        "idempotency_key": [f"{VICTIMS}-key"],
    }
    return Victim(api, names)


def _dataset(api: Api) -> str:
    """One that is made: nothing changes by itself any more."""
    answer = api.post(DATASETS, {"as_of": SINCE})
    assert answer.status_code == 201, answer.text
    dataset_id = str(answer.json()["dataset"]["dataset_id"])
    _wait(lambda: api.get(f"{DATASETS}?ids={dataset_id}").json()["datasets"][0]["status"])
    return dataset_id


def _training(api: Api) -> str:
    """One that has failed, for want of customers."""
    answer = api.post("/v1/retention/training/start", {"algorithm": "churn"})
    job_id = str(answer.json()["training_job"]["training_job_id"])
    _wait(lambda: api.get(f"/v1/retention/training?ids={job_id}").json()["training_jobs"][0]["status"])
    return job_id


def _wait(status: Callable[[], str]) -> None:
    deadline = time.monotonic() + 240
    while status() not in ("completed", "failed"):
        assert time.monotonic() < deadline, "it never ends"
        time.sleep(0.1)


def test_every_field_of_every_operation_is_judged(house: World) -> None:
    """A new route, or a new field of one, without an entry in one of the lists above fails here."""
    document = house.client.get("/openapi.json").json()
    found = {field for _, field in _fields(document)}
    unjudged = {
        f"{operation} {field}"
        for operation, field in _fields(document)
        if f"{operation} {field}" not in MATRIX
        and field != "header:Idempotency-Key"
        and re.split(r"[.:]", field)[-1] not in NAMES_NOTHING
    }
    assert unjudged == set()
    there = {f"{operation} {field}" for operation, field in _fields(document)}
    assert set(MATRIX) <= there, "an entry is of no operation"
    assert {re.split(r"[.:]", field)[-1] for field in found} >= NAMES_NOTHING, "a field is no longer there"


@pytest.mark.parametrize("entry", [*MATRIX, "header:Idempotency-Key"])
def test_what_is_anothers_is_nothing(house: World, victim: Victim, entry: str) -> None:
    kind, send = MATRIX.get(entry, ("idempotency_key", REPEATED))
    before = rows_of(house, victim.api.account_id)
    for name in victim.names[kind]:
        nothing = unlike(name)
        asked, compared = send(stranger(house), name), send(stranger(house), nothing)
        assert normal(asked, name) == normal(compared, nothing), f"{entry} {name}"
        assert VICTIMS not in normal(asked, name), "something of another account was said"
    assert rows_of(house, victim.api.account_id) == before, "something of another account was changed"


def test_what_is_there_is_told_to_its_owner(victim: Victim) -> None:
    """So that the comparison above compares something: its owner is answered otherwise than a stranger."""
    same = []
    for entry, (kind, send) in MATRIX.items():
        if entry.startswith("GET"):
            name = victim.names[kind][0]
            nothing = unlike(name)
            if normal(send(victim.api, name), name) == normal(send(victim.api, nothing), nothing):
                same.append(entry)
    assert same == []


def test_what_is_for_all_says_nothing_of_any(house: World, victim: Victim) -> None:
    assert victim.names
    for path in ("/metrics", "/healthz", "/readyz", "/openapi.json", "/docs"):
        assert VICTIMS not in house.client.get(path).text
    for path in ("/v1/retention/segments", "/v1/retention/profiles", "/v1/retention/events/types", DELIVERIES):
        assert VICTIMS not in stranger(house).get(path).text


def test_accounts_with_the_same_names_live_as_if_each_were_alone(tmp_path: Path) -> None:
    """Five accounts with the same customers, types, segments and message ids, their requests in any order."""
    lives = [list(life(seed)) for seed in range(5)]
    together = World(tmp_path / "together")
    apis = [together.account() for _ in lives]
    order = [number for number, steps in enumerate(lives) for _ in steps]
    random.Random(12).shuffle(order)
    left = [iter(steps) for steps in lives]
    for api in apis:
        settle(api)
    for number in order:
        next(left[number])(apis[number])
    seen = [outcome(api) for api in apis]
    together.close()
    for number, steps in enumerate(lives):
        alone = World(tmp_path / str(number))
        api = alone.account()
        settle(api)
        for step in steps:
            step(api)
        assert outcome(api) == seen[number]
        alone.close()
    assert len({str(one) for one in seen}) == len(seen), "the lives differ"


def settle(api: Api) -> None:
    """The same beginning for each."""
    api.has_event_types(viewed=["item"], paid=[])
    api.has_profiles("ana", "bo", "cy")
    api.has_segment(live("looked", "viewed", item="1"))
    api.has_segment(past("bought", "paid"))


def life(seed: int) -> Iterator[Callable[[Api], object]]:
    """What one account does, step by step."""
    chance = random.Random(seed)
    for number in range(80):
        customer = chance.choice(["ana", "bo", "cy"])
        event = {
            "event_type": chance.choice(["viewed", "viewed", "paid"]),
            "event_properties": {"item": str(chance.randrange(3))},
            "created_at": START,
            "message_id": f"message {number // 2}",
        }
        yield partial(_sends, customer, event)


def _sends(customer: str, event: dict[str, Any], api: Api) -> None:
    profile_id = api.get(f"/v1/retention/profiles?id={customer}").json()["profiles"][0]["profile_id"]
    assert api.post("/v1/retention/events/create", event | {"profile_id": profile_id}).status_code == 201


def outcome(api: Api) -> list[str]:
    """All that is known of its customers, without what no two accounts share."""
    answers = [api.get(f"/v1/retention/profiles/export?id={customer}") for customer in ("ana", "bo", "cy")]
    return [normal(answer, "") for answer in answers]


def stranger(house: World) -> Api:
    """An account that has hardly anything."""
    api = house.account()
    api.has_event_types(viewed=[])
    api.has_profiles("ana")
    return api


def unlike(name: str) -> str:
    """A name of the same form that nothing has."""
    prefix, blank, rest = name.rpartition("_") if re.fullmatch(r".*_[0-9a-f]{16,}", name) else ("", "", name)
    if prefix:
        return prefix + blank + "".join(random.choices("0123456789abcdef", k=len(rest)))
    return "".join(random.choices(string.ascii_lowercase, k=len(name)))


_IDS = re.compile(r"\b[a-z_]+_[0-9a-f]{16,}\b")


def normal(answer: Response, name: str) -> str:
    """An answer's status, headers and body without the name that was asked for, and without ids."""
    headers = sorted(item for item in answer.headers.items() if item[0] not in ("date", "content-length"))
    said = f"{answer.status_code} {headers} {answer.text}"
    return _IDS.sub("ID", said.replace(name, "NAME") if name else said)


def rows_of(house: World, account_id: int) -> dict[str, list[str]]:
    """Every row of every table that says whose it is."""
    found = {}
    with house.octy._store.reading() as connection:
        tables = MetaData()
        tables.reflect(connection)
        for table in tables.sorted_tables:
            if "account_id" in table.c:
                rows = connection.execute(select(table).where(table.c.account_id == account_id))
                found[table.name] = sorted(map(repr, rows))
    assert sum(map(len, found.values())) > 0
    return found


def _fields(document: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Every operation with each field of its requests: `path:`, `query:`, `header:` or `body:` and its name."""
    for path, item in document["paths"].items():
        for method in {"get", "post"} & item.keys():
            operation = f"{method.upper()} {path.rstrip('/')}"
            for one in item[method].get("parameters", ()):
                yield operation, f"{one['in']}:{one['name']}"
            for content in item[method].get("requestBody", {}).get("content", {}).values():
                for name in _leaves(document, content["schema"], ""):
                    yield operation, f"body:{name.lstrip('.')}"


def _leaves(document: dict[str, Any], schema: dict[str, Any], path: str) -> Iterator[str]:
    while "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    if choices := [*schema.get("anyOf", ()), *schema.get("oneOf", ())]:
        for choice in choices:
            yield from _leaves(document, choice, path)
    elif "items" in schema:
        yield from _leaves(document, schema["items"], f"{path}[]")
    elif "properties" in schema:
        for name, inner in schema["properties"].items():
            yield from _leaves(document, inner, f"{path}.{name}")
    else:
        yield path

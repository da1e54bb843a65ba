"""A request with an Idempotency-Key is done once (semantics E5)."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.integration.http.world import Api, World, error_of, live, message_of

PROFILES = "/v1/retention/profiles/create"
ANA = {"profiles": [{"customer_id": "ana"}]}
BEN = {"profiles": [{"customer_id": "ben"}]}


def test_a_repeat_gets_the_first_answer_to_the_byte(api: Api) -> None:
    first = api.post(PROFILES, ANA, {"Idempotency-Key": "k"})
    again = api.post(PROFILES, ANA, {"Idempotency-Key": "k"})
    assert first.status_code == again.status_code == 201
    assert first.content == again.content
    assert again.headers["idempotent-replayed"] == "true"
    assert "idempotent-replayed" not in first.headers


def test_a_repeat_changes_nothing(api: Api) -> None:
    (ana,) = api.has_profiles("ana")
    event = {"event_type": "charged", "profile_id": ana}
    ids = {
        api.post("/v1/retention/events/create", event, {"Idempotency-Key": "k"}).json()["event_id"] for _ in range(3)
    }
    assert len(ids) == 1
    assert len(api.get("/v1/retention/profiles/events?id=ana").json()["events"]) == 1


def test_an_answer_that_refuses_everything_is_repeated_too(api: Api) -> None:
    api.has_profiles("ana")
    first = api.post(PROFILES, ANA, {"Idempotency-Key": "k"})
    api.post("/v1/retention/profiles/delete", {"profiles": ["ana"]})
    again = api.post(PROFILES, ANA, {"Idempotency-Key": "k"})
    error_of(again, 400)
    assert again.content == first.content


def test_the_same_key_with_another_body_is_422(api: Api) -> None:
    api.post(PROFILES, ANA, {"Idempotency-Key": "k"})
    error_of(api.post(PROFILES, BEN, {"Idempotency-Key": "k"}), 422, code=422)
    error_of(api.get("/v1/retention/profiles?id=ben"), 404)


def test_a_key_belongs_to_its_path_and_its_account(world: World, api: Api) -> None:
    headers = {"Idempotency-Key": "k"}
    assert api.post(PROFILES, ANA, headers).status_code == 201
    assert api.post("/v1/retention/profiles/update", ANA, headers).status_code == 200
    assert world.account().post(PROFILES, BEN, headers).status_code == 201


def test_the_same_path_in_another_spelling_is_the_same_path(api: Api) -> None:
    api.post(PROFILES, ANA, {"Idempotency-Key": "k"})
    assert api.post(PROFILES + "/", ANA, {"Idempotency-Key": "k"}).headers["idempotent-replayed"] == "true"


@pytest.mark.parametrize("key", ["", "x" * 256])
def test_a_key_has_1_to_255_characters(api: Api, key: str) -> None:
    assert message_of(api.post(PROFILES, ANA, {"Idempotency-Key": key}), 400).startswith("Idempotency-Key: ")
    assert api.post(PROFILES, ANA, {"Idempotency-Key": "x" * 255}).status_code == 201


def test_a_refused_definition_may_be_mended_under_another_key(api: Api) -> None:
    error_of(api.post("/v1/retention/segments/create", live(""), {"Idempotency-Key": "a"}), 400)
    answer = api.post("/v1/retention/segments/create", live("Mended"), {"Idempotency-Key": "b"})
    assert answer.status_code == 201


def test_of_many_at_once_one_makes_the_segment(api: Api) -> None:
    def create(_: int) -> str:
        answer = api.post("/v1/retention/segments/create", live("Once"), {"Idempotency-Key": "k"})
        return str(answer.json()["segment_id"])

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(create, range(40)))) == 1
    assert len(api.get("/v1/retention/segments").json()["segments"]) == 1

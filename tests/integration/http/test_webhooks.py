"""Webhooks over HTTP: what they are signed with."""

from typing import Any

import pytest

from tests.integration.http.world import Api, World, error_of, meta_of

SECRETS = "/v1/webhooks/secrets"


def secrets_of(api: Api) -> list[dict[str, Any]]:
    answer = api.get(SECRETS)
    meta_of(answer)
    return list(answer.json()["webhook_secrets"])


def test_the_secret_is_shown_to_its_account_alone(world: World, api: Api) -> None:
    (mine,) = secrets_of(api)
    (other,) = secrets_of(world.account())
    assert mine["secret"].startswith("whsec_")
    assert mine["secret"] != other["secret"]
    assert mine["expires_at"] is None
    assert mine["created_at"] == world.now


def test_a_replaced_secret_is_shown_until_it_expires(api: Api) -> None:
    (before,) = secrets_of(api)
    answer = api.post(f"{SECRETS}/rotate", {})
    meta_of(answer, 200)
    assert answer.json()["previous_expires_at"] == "2024-01-02T00:00:00.000000Z"
    new, former = secrets_of(api)
    assert former == before | {"expires_at": "2024-01-02T00:00:00.000000Z"}
    assert new["secret"] not in answer.text
    meta_of(api.post(f"{SECRETS}/rotate", {"overlap_hours": 0}), 200)
    (third,) = secrets_of(api)
    assert third["secret"] not in (new["secret"], before["secret"])


@pytest.mark.parametrize("hours", [-1, 169, "24", 1.5, None])
def test_an_overlap_that_is_none_is_refused(api: Api, hours: object) -> None:
    error = error_of(api.post(f"{SECRETS}/rotate", {"overlap_hours": hours}), 400)
    assert error["errors"][0]["path"] == "overlap_hours"
    assert len(secrets_of(api)) == 1


def test_a_repeat_of_a_rotation_changes_nothing_and_no_copy_of_the_secret_is_kept_for_it(api: Api) -> None:  # E5
    first = api.post(f"{SECRETS}/rotate", {}, {"Idempotency-Key": "k"})
    shown = secrets_of(api)
    again = api.post(f"{SECRETS}/rotate", {}, {"Idempotency-Key": "k"})
    assert again.content == first.content
    assert secrets_of(api) == shown

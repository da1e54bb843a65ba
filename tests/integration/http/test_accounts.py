"""Keys and the account's configuration (wire.md 0.1, 3.1, 3.2)."""

import base64

import pytest

from tests.integration.http.world import Api, World, bare, error_of, message_of, meta_of

CONFIGURATION = {
    "contact_name": "Ada",
    "contact_surname": "Lovelace",
    "contact_email_address": "ada@example.com",
    "webhook_url": "http://127.0.0.1:9000/x",
    "authenticated_id_key": "",
}
CHOICES = {
    "webhook_events": ["live_segment.matched", "training.completed"],
    "webhook_causes": ["event", "elapsed time", "property change"],
    "webhooks_per_minute": 0,
    "webhook_breaker_share": 0.0,
    "retention_days": 0,
}
"""What is told and kept unless the account chooses otherwise."""


@pytest.mark.parametrize("form", ["{}", "Basic {}", "basic {}", "BASIC   {} ", " {} "])
def test_both_forms_of_authorization_are_taken(api: Api, form: str) -> None:
    """wire.md 0.1."""
    answer = api.client.get("/v1/account/authenticate", headers={"Authorization": form.format(bare(api.keys))})
    assert meta_of(answer)["message"]


def test_a_secret_key_may_hold_a_colon_for_the_public_key_ends_at_the_first(api: Api) -> None:
    keys = base64.b64encode(f"{api.keys.public_key}:x:{api.keys.secret_key}".encode()).decode()
    error_of(api.client.get("/v1/account/authenticate", headers={"Authorization": keys}), 401, code=401)


def test_two_authorizations_are_none(api: Api) -> None:
    headers = [("Authorization", bare(api.keys))] * 2
    error_of(api.client.get("/v1/account/authenticate", headers=headers), 401, code=401)


def test_the_secret_of_another_account_does_not_fit(world: World, api: Api) -> None:
    other = world.account()
    keys = base64.b64encode(f"{api.keys.public_key}:{other.keys.secret_key}".encode()).decode()
    error_of(api.client.get("/v1/account/authenticate", headers={"Authorization": keys}), 401, code=401)


def test_a_new_account_has_an_empty_configuration(api: Api) -> None:
    answer = api.get("/v1/configurations/account")
    meta_of(answer)
    assert answer.json()["account_data"] == dict.fromkeys(CONFIGURATION, "") | CHOICES


def test_what_is_set_is_shown(api: Api) -> None:
    answer = api.post("/v1/configurations/account/set", CONFIGURATION)
    meta_of(answer, 200)
    assert answer.json()["account_data"] == CONFIGURATION | CHOICES
    assert api.get("/v1/configurations/account").json()["account_data"] == CONFIGURATION | CHOICES


def test_what_is_absent_or_null_stays(api: Api) -> None:
    api.post("/v1/configurations/account/set", CONFIGURATION)
    answer = api.post("/v1/configurations/account/set", {"webhook_url": "", "contact_name": None})
    assert answer.json()["account_data"] == CONFIGURATION | CHOICES | {"webhook_url": ""}


def test_what_is_told_is_chosen_and_stays_until_it_is_chosen_anew(api: Api) -> None:
    chosen = {"webhook_events": ["training.completed", "segment.backfilled"], "webhook_causes": []}
    api.post("/v1/configurations/account/set", chosen)
    answer = api.post("/v1/configurations/account/set", {"contact_name": "Ada"})
    assert answer.json()["account_data"].items() >= chosen.items()


def test_every_wrong_choice_is_named_with_all_else_that_is_wrong(api: Api) -> None:
    body = {
        "webhook_url": "ftp://x",
        "webhook_events": ["live_segment.matched", "rain"],
        "webhook_causes": ["rain"],
        "webhooks_per_minute": -5,
        "webhook_breaker_share": 1.01,
    }
    answer = api.post("/v1/configurations/account/set", body)
    paths = [line["path"] for line in error_of(answer, 400)["errors"]]
    assert paths == [
        "webhook_events[1]",
        "webhook_causes[0]",
        "webhooks_per_minute",
        "webhook_breaker_share",
        "webhook_url",
    ]


def test_a_webhook_url_that_leads_nowhere_is_refused_and_nothing_is_set(api: Api) -> None:
    answer = api.post("/v1/configurations/account/set", CONFIGURATION | {"webhook_url": "ftp://example.com"})
    error_of(answer, 400)
    assert api.get("/v1/configurations/account").json()["account_data"]["contact_name"] == ""


def test_a_misspelled_field_is_named(api: Api) -> None:
    message = message_of(api.post("/v1/configurations/account/set", {"webhookURL": "http://127.0.0.1/"}), 400)
    assert message.startswith("webhookURL: ")


@pytest.mark.parametrize("text", ["a\\u0000b", "\\ud800"])
def test_text_that_no_store_keeps_is_refused(api: Api, text: str) -> None:
    answer = api.post("/v1/configurations/account/set", b'{"contact_name": "%s"}' % text.encode())
    assert message_of(answer, 400).startswith("contact_name: ")


def test_how_long_events_are_kept_is_configured_and_stays_where_a_client_does_not_say(api: Api) -> None:
    """A client that knows nothing of it sends five fields."""
    api.post("/v1/configurations/account/set", {"retention_days": 90})
    answer = api.post("/v1/configurations/account/set", CONFIGURATION)
    assert answer.json()["account_data"] == CONFIGURATION | CHOICES | {"retention_days": 90}
    assert api.get("/v1/configurations/account").json()["account_data"]["retention_days"] == 90
    answer = api.post("/v1/configurations/account/set", {"retention_days": 0})
    assert answer.json()["account_data"]["retention_days"] == 0


def test_a_number_of_days_that_cannot_be_is_refused(api: Api) -> None:
    message = message_of(api.post("/v1/configurations/account/set", {"retention_days": -1}), 400)
    assert message == "retention_days: expected 1 to 36500 days, or 0 to keep all events; found -1"

"""What is configured of churn: its event type, horizon and schedule, beside what the contract has (wire.md 3.3)."""

from typing import Any

import pytest

from tests.integration.http.world import Api, message_of

ALGORITHMS = "/v1/configurations/retention/algorithms"


def configured(api: Api, **fields: Any) -> dict[str, Any]:
    answer = api.post(f"{ALGORITHMS}/set", {"algorithm_name": "churn", "configurations": fields})
    assert answer.status_code == 200, answer.text
    (churn,) = api.get(ALGORITHMS).json()["configurations"]
    assert answer.json()["configurations"] == [churn]
    return dict(churn["configurations"])


def test_what_is_not_given_is_as_it_is_by_default(api: Api) -> None:
    found = configured(api, profile_features=["plan"])
    assert (found["event_type"], found["horizon_days"], found["training_every_days"]) == ("charged", 30, 0)


def test_the_public_client_which_sends_features_alone_changes_nothing_else(api: Api) -> None:
    api.has_event_types(viewed=[])
    configured(api, event_type="viewed", horizon_days=60, training_every_days=7)
    found = configured(api, profile_features=["plan"])
    assert found["profile_features"] == ["plan"]
    assert (found["event_type"], found["horizon_days"], found["training_every_days"]) == ("viewed", 60, 7)
    assert configured(api, training_every_days=0)["training_every_days"] == 0


@pytest.mark.parametrize(
    ("name", "fields", "said"),
    [
        ("churn", {"horizon_days": 0}, "configurations.horizon_days: expected an integer from 1 to 365; found 0"),
        ("churn", {"horizon_days": 366}, "configurations.horizon_days: expected an integer from 1 to 365; found 366"),
        ("churn", {"training_every_days": -1}, "configurations.training_every_days: expected an integer from 0 to 365"),
        ("churn", {"event_type": "x"}, 'configurations.event_type: expected an event type of the account; found "x"'),
        ("rec", {"horizon_days": 3}, 'configurations.horizon_days: expected nothing: "churn" alone has it; found 3'),
    ],
)
def test_what_cannot_be_is_refused(api: Api, name: str, fields: dict[str, Any], said: str) -> None:
    answer = api.post(f"{ALGORITHMS}/set", {"algorithm_name": name, "configurations": fields})
    assert message_of(answer, 400).startswith(said)

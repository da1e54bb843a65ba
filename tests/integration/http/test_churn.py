"""What is foretold of profiles is shown, searched, handed out and erased; the report tells of it (wire.md 3.8, 3.9)."""

import pytest

from octy.model.churn import Prediction
from octy.service.churn import record_predictions, record_training
from octy.store import churn_trainings, predictions
from tests.integration.http.world import Api, World, message_of
from tests.unit.model.churn_reports import report

LIST = "/v1/retention/profiles"
REPORT = "/v1/retention/churn_prediction/report"


def foretell(world: World, api: Api, **foretold: tuple[float, int | None]) -> None:
    """By customer id: the probability and the score."""
    shown = api.get(LIST).json()["profiles"]
    ids = {one["customer_id"]: one["profile_id"] for one in shown}
    predicted = {ids.get(who, who): Prediction(*values, "training_1") for who, values in foretold.items()}
    submit = world.octy._writer.submit_unrefused
    assert list(record_predictions(submit, api.account_id, predicted)) == [len(foretold)]


def keep(world: World, api: Api, training_job_id: str, trained_us: int = 1_700_000_000_000_000) -> None:
    made = report(training_job_id, trained_us)
    submit = world.octy._writer.submit_unrefused
    submit(lambda tx: record_training(tx, api.account_id, made, training_job_id.encode())).result()


@pytest.fixture
def shop(world: World, api: Api) -> Api:
    api.has_profiles("ana", "ben", "cem", "dan", "eva")
    foretell(world, api, ana=(0.9, 444), ben=(0.7, 344), cem=(0.69, 400), dan=(0.1, None))
    return api


def customers(api: Api, query: str) -> list[str]:
    return [one["customer_id"] for one in api.get(f"{LIST}{query}").json()["profiles"]]


def test_a_profile_shows_what_is_foretold_of_it(shop: Api) -> None:
    profiles = {one["customer_id"]: one for one in shop.get(LIST).json()["profiles"]}
    fields = ("churn_probability", "churn_probability_value", "rfm_score", "training_job_id")
    assert [profiles["ana"][name] for name in fields] == ["high", 0.9, 444, "training_1"]
    assert [profiles["dan"][name] for name in fields] == ["low", 0.1, None, "training_1"]
    assert [profiles["eva"][name] for name in fields] == [None] * 4


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?churn_prob=high", ["ana", "ben"]),
        ("?churn_prob=medium", ["cem"]),
        ("?churn_prob=low", ["dan"]),
        ("?rfm=300-400", ["ben", "cem"]),
        ("?rfm=444", ["ana"]),
        ("?churn_prob=high&rfm=300-400", ["ben"]),
        ("?churn_prob=low&rfm=300-400", []),
        ("?churn_prob=high&limit=1&cursor=1", ["ben"]),
    ],
)
def test_profiles_are_found_by_what_is_foretold(shop: Api, query: str, found: list[str]) -> None:
    assert customers(shop, query) == found


def test_a_page_tells_how_many_there_are_in_all(shop: Api) -> None:
    answer = shop.get(f"{LIST}?churn_prob=high&limit=1")
    assert (answer.json()["request_meta"]["total"], answer.headers["cursor"]) == (2, "1")


def test_nobody_sees_what_is_foretold_in_another_account(world: World, shop: Api) -> None:
    other = world.account()
    other.has_profiles("ana")
    assert customers(other, "?churn_prob=high") == []
    assert len(customers(shop, "?churn_prob=high")) == 2


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("churn_prob=HIGH", 'churn_prob: expected high, medium or low; found "HIGH"'),
        (
            "rfm=400-300",
            'rfm: expected a score from 111 to 444, or two of them, the lesser first: 300-400; found "400-300"',
        ),
        ("rfm=", "rfm: expected a score"),
        ("rfm=1-2-3", "rfm: expected a score"),
        ("rfm=good", "rfm: expected a score"),
        ("id=ana&churn_prob=high", "several ways"),
        ("ids=ana&rfm=444", "several ways"),
    ],
)
def test_a_filter_that_means_nothing_is_refused(shop: Api, query: str, said: str) -> None:
    assert said in message_of(shop.get(f"{LIST}?{query}"), 400)


def test_the_next_training_replaces_what_was_foretold(world: World, shop: Api) -> None:
    foretell(world, shop, ana=(0.2, 111))
    assert customers(shop, "?churn_prob=high") == ["ben"]
    assert customers(shop, "?rfm=111") == ["ana"]


def test_an_export_says_what_is_foretold(shop: Api) -> None:
    profile = shop.get(f"{LIST}/export?id=ana").json()["profile"]
    assert (profile["churn_probability"], profile["rfm_score"]) == ("high", 444)


def test_it_goes_with_the_profile_and_comes_to_nobody_who_went_meanwhile(world: World, shop: Api) -> None:
    """X3."""
    shop.post(f"{LIST}/delete", {"profiles": ["ana"]})
    assert customers(shop, "?churn_prob=high") == ["ben"]
    foretell(world, shop, nobody=(0.9, 444))
    with world.octy._store.reading() as connection:
        assert set(predictions.of_profiles(connection, shop.account_id, range(10))) == {1, 2, 3}


def test_without_a_training_there_is_no_report(api: Api) -> None:
    """wire.md 3.8."""
    assert message_of(api.get(REPORT), 400).startswith("There is no churn report yet")


def test_the_last_training_s_report_is_shown_in_percent(world: World, api: Api) -> None:
    keep(world, api, "training_1", trained_us=1_700_000_000_000_000)
    keep(world, api, "training_2", trained_us=1_700_000_001_000_000)
    found = api.get(REPORT).json()["churn_prediction_report"]
    job, churn = found["training_job_data"], found["churn_data"]
    assert job["training_job_id"] == "training_2"
    assert job["training_job_date"] == "Tue, 14 Nov 2023 22:13:21 GMT"
    assert (job["model_accuracy"], job["measures"]["accuracy"]) == (81.25, 0.8125)
    assert [one["name"] for one in job["baselines"]] == ["always", "one rule"]
    assert (churn["current_churn_percentage"], churn["churn_direction_indication"]) == (40.0, "down")
    assert churn["churn_percentage_difference"] == 10.0
    assert churn["features_of_importance"][0] == {
        "feature_name": "recency_days",
        "feature_importance": 12.0,
        "spread": 1.0,
    }
    assert [one["churn_percentage"] for one in churn["churn_over_time"]] == [50.0, 40.0, None]


def test_reports_are_kept_and_the_last_models(world: World, api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(churn_trainings, "MODELS_KEPT", 2)
    for number in range(4):
        keep(world, api, f"kept_{number}", trained_us=number)
    with world.octy._store.reading() as connection:
        reports = [churn_trainings.report_of(connection, api.account_id, f"kept_{n}") for n in range(4)]
        models = [churn_trainings.model_of(connection, api.account_id, f"kept_{n}") for n in range(4)]
    assert [one and one.training_job_id for one in reports] == [f"kept_{number}" for number in range(4)]
    assert models == [None, None, b"kept_2", b"kept_3"]

"""The churn report, and the script's question for customers who are about to leave (wire.md 3.8, 3.9)."""

import json

import pytest

from tests.wire import shapes
from tests.wire.conftest import Served
from tests.wire.refusals import message
from tests.wire.shop import PROFILES, Shop

REPORT = "/v1/retention/churn_prediction/report"


@pytest.fixture
def trained(served: Served) -> Shop:
    """An account whose churn model has been trained, and that has a customer who is about to leave."""
    return Shop(served.server, served.trained)


def test_without_a_training_there_is_no_report(shop: Shop) -> None:
    assert message(shop.go.get(REPORT, 0)).startswith("There is no churn report yet")


def test_octy_cli_can_read_the_report(trained: Shop) -> None:
    """Percentages are from 0 to 100: it prints them with a `%` sign."""
    report = shapes.decoded(trained.go.get(REPORT, 0), 200, shapes.ChurnReport).churn_prediction_report
    assert (report.training_job_data.training_job_id, report.training_job_data.model_accuracy) == ("training_1", 81.25)
    assert report.training_job_data.training_job_date == "Tue, 14 Nov 2023 22:13:20 GMT"
    churn = report.churn_data
    assert (churn.current_churn_percentage, churn.churn_direction_indication) == (40.0, "down")
    assert churn.churn_percentage_difference == 10.0
    assert churn.features_of_importance[0] == shapes.FeatureOfImportance("recency_days", 12.0)


def test_the_script_finds_who_is_about_to_leave(trained: Shop) -> None:
    """The label is a text; the score a number."""
    reply = trained.script.get(f"{PROFILES}?churn_prob=high&rfm=300-400")
    (found,) = shapes.decoded(reply, 200, shapes.ProfileList).profiles
    assert (found.customer_id, found.churn_probability, found.rfm_score) == ("ana", "high", 344)
    assert '"rfm_score":344' in reply.content.decode()
    assert json.loads(trained.script.get(f"{PROFILES}?churn_prob=low").content)["profiles"] == []

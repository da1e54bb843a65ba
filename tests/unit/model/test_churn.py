"""Levels: every probability has one, and the bounds belong to the higher."""

import pytest

from octy.model.churn import Baseline, ChurnLevel, Measures, level_of, verdict
from tests.unit.model.churn_reports import report


@pytest.mark.parametrize(
    ("probability", "level"),
    [(0.0, "low"), (0.2999, "low"), (0.3, "medium"), (0.6999, "medium"), (0.7, "high"), (1.0, "high")],
)
def test_a_probability_has_its_word(probability: float, level: str) -> None:
    assert level_of(probability) is ChurnLevel(level)


def test_what_was_observed_last_and_before() -> None:
    assert report().observed == (0.4, 0.5)


MODEL = Measures(accuracy=0.7, roc_auc=0.8, brier=0.2)


@pytest.mark.parametrize(
    ("accuracy", "roc_auc", "brier", "against"),
    [
        (0.6, 0.7, 0.3, ""),
        (0.9, 0.7, 0.3, ""),
        (0.6, 0.8, 0.3, "ROC AUC 0.800, the model 0.800: rule"),
        (0.6, 0.7, 0.2, "Brier score 0.200, the model 0.200: rule"),
        (0.6, 0.9, 0.1, "ROC AUC 0.900, the model 0.800: rule; Brier score 0.100, the model 0.200: rule"),
    ],
    ids=["worse", "more often right", "as good by ROC AUC", "as good by Brier score", "better"],
)
def test_a_model_that_is_no_better_than_a_rule_is_said_to_be(
    accuracy: float, roc_auc: float, brier: float, against: str
) -> None:
    said = verdict(MODEL, [Baseline("rule", Measures(accuracy, roc_auc, brier))])
    assert said.startswith("Do not rely on the model" if against else "The model beats every answer without a model")
    assert against in said

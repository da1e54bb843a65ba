"""A training's model is right of what it can know, its report says how right, and everything is the same every time."""

import msgspec
import numpy as np
import pyarrow as pa
import pytest

from octy.learning import fitting
from octy.learning import training as training_module
from octy.learning.dataset import rows_of
from octy.learning.features import matrix
from octy.learning.keeping import from_bytes, to_bytes
from octy.learning.training import Training, train
from octy.model.churn import ChurnReport
from octy.model.instants import US_PER_DAY
from tests.unit.learning.shop import DAY_0, SETTINGS, dataset


@pytest.fixture(scope="module")
def table() -> pa.Table:
    return dataset()


@pytest.fixture(scope="module")
def training(table: pa.Table) -> Training:
    return train(table, SETTINGS)


def test_the_model_beats_what_can_be_had_without_it(training: Training) -> None:
    report = training.report
    assert len(report.baselines) == 3
    for baseline in report.baselines:
        assert report.measures.roc_auc > baseline.measures.roc_auc + 0.03, baseline.name
        assert report.measures.brier < baseline.measures.brier, baseline.name


def test_the_baselines_are_what_their_names_say(table: pa.Table, training: Training) -> None:
    rows = rows_of(table)
    train_share = np.nanmean(rows.churned[rows.as_of_us + 30 * US_PER_DAY <= training.report.test_from_us])
    held_back = rows.churned[(rows.as_of_us >= training.report.test_from_us) & rows.is_labelled]
    majority, share, _ = (baseline.measures for baseline in training.report.baselines)
    assert majority.accuracy == pytest.approx(np.mean(held_back == round(train_share)))
    assert (majority.roc_auc, share.roc_auc) == (0.5, 0.5)
    assert share.brier == pytest.approx(np.mean((held_back - train_share) ** 2))


def test_one_kind_of_model_is_chosen_the_one_with_the_least_loss(training: Training) -> None:
    candidates = training.report.candidates
    assert [one for one in candidates if one.is_chosen] == [min(candidates, key=lambda one: one.log_loss)]
    assert len(candidates) == 3


def test_what_is_foretold_is_meant(training: Training) -> None:
    bins = training.report.calibration
    assert sum(one.rows for one in bins) == training.report.test_rows
    assert np.average([abs(one.predicted - one.observed) for one in bins]) < 0.1


def test_importances_name_what_the_label_was_made_of(training: Training) -> None:
    found = training.report.importances
    assert {one.feature_name for one in found} == set(training.report.features)
    assert {"tag.leaving", "profile.plan"} < {one.feature_name for one in found[:4]}
    assert found == tuple(sorted(found, key=lambda one: -one.feature_importance))


def test_churn_is_told_by_instant(table: pa.Table, training: Training) -> None:
    churn = training.report.churn
    rows = rows_of(table)
    assert [one.as_of_us for one in churn] == [DAY_0 + n * 30 * US_PER_DAY for n in range(6)]
    assert churn[0].observed == pytest.approx(rows.churned[rows.as_of_us == DAY_0].mean())
    assert churn[0].predicted is None
    assert churn[4].predicted is not None
    assert (churn[5].observed, churn[5].profiles) == (None, 200)
    foretold = [one.churn_probability for one in training.predictions.values()]
    assert churn[5].predicted == pytest.approx(np.mean(foretold))
    assert training.report.observed == (churn[4].observed, churn[3].observed)


def test_every_profile_of_the_latest_instant_is_foretold(training: Training) -> None:
    assert set(training.predictions) == {f"profile_{n}" for n in range(200)}
    assert all(0 < one.churn_probability < 1 for one in training.predictions.values())
    assert all(one.training_job_id == "training_1" for one in training.predictions.values())


def test_the_same_dataset_gives_the_same_to_the_last_bit(table: pa.Table, training: Training) -> None:
    again = train(table, SETTINGS)
    assert again.report == training.report
    assert again.predictions == training.predictions
    values = matrix(table, training.kept.plan)
    assert np.array_equal(again.kept.model.predict(values), training.kept.model.predict(values))


def test_the_steps_are_told_in_order() -> None:
    told: list[float] = []
    train(dataset(seed=3), SETTINGS, lambda _, share: told.append(share))
    assert told == sorted(told)
    assert (told[0], told[-1]) == (0.0, 1.0)


@pytest.mark.parametrize("seed", [1, 2])
def test_a_kept_model_foretells_as_before(seed: int) -> None:
    table = dataset(seed=seed)
    kept = train(table, SETTINGS).kept
    back = from_bytes(to_bytes(kept))
    assert back.plan == kept.plan
    values = matrix(table, kept.plan)
    assert np.array_equal(back.model.predict(values), kept.model.predict(values))


def test_a_report_is_json(training: Training) -> None:
    assert msgspec.json.decode(msgspec.json.encode(training.report), type=ChurnReport) == training.report


def test_of_many_rows_those_of_some_profiles_are_learnt_from(table: pa.Table, monkeypatch: pytest.MonkeyPatch) -> None:
    learnt: list[int] = []

    def noted(lesson: fitting.Lesson, name: str, seed: int) -> fitting.Fitted:
        learnt.append(len(lesson.churned))
        assert len(set(lesson.profiles.tolist())) * 5 >= len(lesson.churned) > 0
        return fitting.fit(lesson, name, seed)

    monkeypatch.setattr(training_module, "ROWS_LEARNT_MAX", 400)
    monkeypatch.setattr(training_module, "fit", noted)
    found = train(table, SETTINGS)
    assert all(250 < rows < 550 for rows in learnt)
    assert len(found.predictions) == 200

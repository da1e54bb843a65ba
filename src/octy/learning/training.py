"""How does a dataset become a model, a report and predictions? The story of one training.

It is measured first: a model learns from the earlier instants and foretells the last ones. Then the same kind of model
learns from all instants whose horizon is over, and foretells the latest. The same dataset, settings and versions give
the same results to the last bit.
"""

from collections.abc import Callable
from importlib.metadata import version

import numpy as np
from msgspec import Struct
from threadpoolctl import threadpool_limits

from octy.learning.columns import Columns, Flags, Part
from octy.learning.dataset import Rows, TrainingSettings, rows_of
from octy.learning.features import FeaturePlan, matrix, plan_features
from octy.learning.fitting import Contest, Fitted, Lesson, compare, fit
from octy.learning.importances import importances
from octy.learning.keeping import KeptModel
from octy.learning.measuring import baselines, calibration, measure
from octy.learning.rfm import rfm_scores
from octy.learning.splitting import Split, TooLittleData, split_by_time
from octy.model.churn import ChurnAt, ChurnReport, Prediction
from octy.model.errors import Problem

ROWS_LEARNT_MAX = 200_000
"""Of more rows, those of some profiles are learnt from: more would change little, and take long."""
THREADS = 1
"""A training takes as long as it takes; the server beside it must not notice."""
VERSIONS = ("octy-segmentation", "scikit-learn", "skops", "numpy")

Tell = Callable[[str, float], None]
"""Is told what is done next, and which share of all is done: from 0 to 1."""


class Training(Struct, frozen=True):
    """What a training came to."""

    kept: KeptModel
    report: ChurnReport
    predictions: dict[str, Prediction]
    """By profile id: of all profiles at the dataset's latest instant."""


def train(table: Columns, settings: TrainingSettings, tell: Tell = lambda _, __: None) -> Training:
    """Learns from a dataset. TooLittleData where it does not hold enough."""
    with threadpool_limits(THREADS):
        return _train(table, settings, tell)


def _train(table: Columns, settings: TrainingSettings, tell: Tell) -> Training:
    tell("splitting the dataset by time", 0.0)
    rows = rows_of(table)
    split = split_by_time(rows, settings)
    plan = _plan(table, split.train, settings)
    tell("comparing kinds of models", 0.05)
    lesson = _lesson(table, rows, split.train, plan, settings.seed)
    contest = compare(lesson, settings.seed)
    tell("measuring on the last instants", 0.5)
    judged = fit(lesson, contest.chosen, settings.seed)
    trial = _Trial(table, rows, split, plan, contest, judged)
    tell("training on all instants", 0.7)
    final = KeptModel(
        final_plan := _plan(table, rows.is_labelled, settings), _refit(table, rows, final_plan, trial, settings)
    )
    tell("foretelling", 0.9)
    latest = Part(table, rows.as_of_us == rows.as_of_us.max())
    probabilities = final.model.predict(matrix(latest, final.plan))
    predictions = {
        profile_id: Prediction(float(probability), score, settings.training_job_id)
        for profile_id, probability, score in zip(
            latest["profile_id"].to_pylist(), probabilities, rfm_scores(latest), strict=True
        )
    }
    report = _report(trial, settings, float(probabilities.mean()))
    tell("done", 1.0)
    return Training(final, report, predictions)


class _Trial(Struct, frozen=True):
    """A model that has learnt from the earlier instants, and what it is to be measured with."""

    table: Columns
    rows: Rows
    split: Split
    plan: FeaturePlan
    contest: Contest
    model: Fitted


def _plan(table: Columns, training: Flags, settings: TrainingSettings) -> FeaturePlan:
    plan = plan_features(table, training, settings)
    if not plan.features:
        problem = Problem("dataset", "no column that tells anything", "at least one")
        raise TooLittleData("There is nothing to learn from.", [problem])
    return plan


def _lesson(table: Columns, rows: Rows, where: Flags, plan: FeaturePlan, seed: int) -> Lesson:
    share = ROWS_LEARNT_MAX / int(where.sum())
    if share < 1:
        where = where & (np.random.default_rng(seed).random(rows.profiles.max() + 1) < share)[rows.profiles]
    values = matrix(Part(table, where), plan)
    return Lesson(values, rows.churned[where], rows.profiles[where], plan.is_category)


def _refit(table: Columns, rows: Rows, plan: FeaturePlan, trial: _Trial, settings: TrainingSettings) -> Fitted:
    return fit(_lesson(table, rows, rows.is_labelled, plan, settings.seed), trial.contest.chosen, settings.seed)


def _report(trial: _Trial, settings: TrainingSettings, predicted_now: float) -> ChurnReport:
    rows, split, plan = trial.rows, trial.split, trial.plan
    values = matrix(Part(trial.table, split.test), plan)
    churned = rows.churned[split.test]
    probabilities = trial.model.predict(values)
    return ChurnReport(
        training_job_id=settings.training_job_id,
        trained_us=settings.trained_us,
        dataset_id=settings.dataset_id,
        segment_ids=settings.segment_ids,
        event_type=settings.event_type,
        horizon_days=settings.horizon_days,
        seed=settings.seed,
        versions={name: version(name) for name in VERSIONS},
        train_rows=int(split.train.sum()),
        test_rows=int(split.test.sum()),
        test_from_us=split.test_from_us,
        measures=measure(churned, probabilities),
        baselines=baselines(trial.table, rows, split),
        candidates=trial.contest.candidates,
        calibration=calibration(churned, probabilities),
        importances=importances(trial.model, plan.names, values, churned, settings.seed),
        churn=_churn(trial, probabilities, predicted_now),
        features=plan.names,
        dropped=plan.dropped,
    )


def _churn(trial: _Trial, probabilities: np.ndarray, predicted_now: float) -> tuple[ChurnAt, ...]:
    """Observed wherever it is known; predicted for the instants that were held back, and for the latest."""
    rows, held_back = trial.rows, trial.rows.as_of_us[trial.split.test]
    found = []
    instants = [int(one) for one in np.unique(rows.as_of_us)]
    for instant in instants:
        here = rows.churned[rows.as_of_us == instant]
        known = here[~np.isnan(here)]
        predicted = probabilities[held_back == instant]
        mean = predicted_now if instant == instants[-1] else float(predicted.mean()) if len(predicted) else None
        found.append(ChurnAt(instant, len(here), float(known.mean()) if len(known) else None, mean))
    return tuple(found)

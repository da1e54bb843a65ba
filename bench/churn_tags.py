"""Do segment tags help to foretell churn? The same model with and without them, on later instants than it learnt from.

Fold by fold, an instant is foretold by a model that learnt from the rows whose horizon was over by then. All else is
the product's: candidates, choice, calibration. What is told is the mean over folds with their spread; that of the gain
is of the differences, for both models meet the same rows. Tags alone show what they know by themselves.
"""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import pyarrow as pa
from msgspec import Struct
from rich.table import Table
from threadpoolctl import threadpool_limits

from bench.churn_world import Subject, cdnow, dataset, ecom
from bench.tables import table
from octy.learning.columns import Flags
from octy.learning.dataset import Floats, TrainingSettings, rows_of
from octy.learning.features import matrix, plan_features
from octy.learning.fitting import Lesson, compare, fit
from octy.learning.measuring import measure
from octy.model.churn import Measures
from octy.model.events import CHARGED

FOLDS = 6
QUICK_FOLDS = 2
SEED = 7
ROWS = ("profile_id", "as_of", "label")


class Fold(Struct, frozen=True):
    """An instant that was foretold."""

    churned: float
    """The share that did."""
    without: Measures
    with_tags: Measures
    tags_alone: Measures


def tables(*, quick: bool) -> Iterator[Table]:
    """One table; quick: of one shop."""
    shown = table(
        "churn with and without tags: mean ± spread over folds",
        "shop, churn",
        "profiles",
        "folds",
        "churned",
        "measure",
        "without",
        "with",
        "gain",
        "tags alone",
    )
    for subject in (ecom(CHARGED),) if quick else (ecom(CHARGED), ecom("product_view"), cdnow()):
        told = dataset(subject)
        folds = folds_of(told, subject, QUICK_FOLDS if quick else FOLDS)
        churned = 100 * np.mean([one.churned for one in folds])
        cells = (
            f"{subject.name}: no {subject.churn_type} in {subject.horizon_days} days",
            f"{len(told['profile_id'].unique()):,}",
            str(len(folds)),
            f"{churned:.0f}%",
        )
        shown.add_row(*cells, "ROC AUC", *_figures(folds, lambda one: one.roc_auc, better=1))
        shown.add_row("", "", "", "", "Brier", *_figures(folds, lambda one: one.brier, better=-1))
    yield shown


def _figures(folds: Sequence[Fold], of: Callable[[Measures], float], better: int) -> Iterator[str]:
    without, with_tags, alone = (
        np.array([of(getattr(one, name)) for one in folds]) for name in ("without", "with_tags", "tags_alone")
    )
    yield _spread(without)
    yield _spread(with_tags)
    yield f"{np.mean(gain := better * (with_tags - without)):+.3f} ± {np.std(gain):.3f}"
    yield _spread(alone)


def folds_of(told: pa.Table, subject: Subject, count: int) -> list[Fold]:
    """The last instants that can be foretold, as many as are wanted, evenly spread."""
    settings = TrainingSettings("bench", 0, "bench", subject.churn_type, subject.horizon_days, seed=SEED)
    rows = rows_of(told)
    tags = [name for name in told.column_names if name.startswith("tag.")]
    bare, tags_alone = told.drop_columns(tags), told.select([*ROWS, *tags])
    foretold = [at for at in subject.instants if at >= subject.instants[0] + settings.horizon_us]
    places = np.unique(np.linspace(0, len(foretold) - 1, count).astype(int))
    found = []
    for at_us in (foretold[place] for place in places):
        train, test = rows.as_of_us + settings.horizon_us <= at_us, rows.as_of_us == at_us
        measures = (_measured(one, train, test, settings) for one in (bare, told, tags_alone))
        found.append(Fold(float(rows.churned[test].mean()), *measures))
    return found


def _measured(told: pa.Table, train: Flags, test: Flags, settings: TrainingSettings) -> Measures:
    rows = rows_of(told)
    plan = plan_features(told, train, settings)
    values = matrix(told, plan)
    lesson = Lesson(values[train], rows.churned[train], rows.profiles[train], plan.is_category)
    with threadpool_limits(1):
        model = fit(lesson, compare(lesson, settings.seed).chosen, settings.seed)
        return measure(rows.churned[test], model.predict(values[test]))


def _spread(values: Floats) -> str:
    return f"{np.mean(values):.3f} ± {np.std(values):.3f}"

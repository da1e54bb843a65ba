"""How good are probabilities, and how good would simpler answers have been?

Three baselines are measured on the same rows as the model: always the more frequent answer, always the share that
churned among the rows to train on, and one rule: long away means gone.
"""

from collections.abc import Callable

import numpy as np
from sklearn.metrics import accuracy_score, brier_score_loss, roc_auc_score

from octy.learning.columns import Columns
from octy.learning.dataset import Floats, Rows, numbers
from octy.learning.splitting import Split
from octy.model.churn import Baseline, CalibrationBin, Measures

RECENCIES = ("charged_recency_days", "recency_days")
RULE_PLACES = 50
BINS = 10


def measure(churned: Floats, probabilities: Floats) -> Measures:
    """Both classes must be there."""
    return Measures(
        accuracy=float(accuracy_score(churned, probabilities >= 0.5)),
        roc_auc=float(roc_auc_score(churned, probabilities)),
        brier=float(brier_score_loss(churned, probabilities)),
    )


def baselines(table: Columns, rows: Rows, split: Split) -> tuple[Baseline, ...]:
    """What each comes to on the rows that were held back."""
    train, test = rows.churned[split.train], rows.churned[split.test]
    share = float(train.mean())
    flat = np.full(len(test), share)
    return (
        Baseline("the more frequent answer", measure(test, np.round(flat))),
        Baseline("the share that churned before", measure(test, flat)),
        _best_rule(table, rows, split),
    )


def calibration(churned: Floats, probabilities: Floats) -> tuple[CalibrationBin, ...]:
    """As many rows in each bin, ascending: what was foretold of them, and what happened."""
    order = np.argsort(probabilities, kind="stable")
    parts = np.array_split(order, min(BINS, len(order)))
    return tuple(
        CalibrationBin(len(part), float(probabilities[part].mean()), float(churned[part].mean())) for part in parts
    )


def _best_rule(table: Columns, rows: Rows, split: Split) -> Baseline:
    """The rule of the recency that was the better one before."""
    train = rows.churned[split.train]
    found: list[tuple[float, str, Callable[[Floats], Floats], Floats]] = []
    for name in RECENCIES:
        if name in table.column_names:
            days = np.nan_to_num(numbers(table[name]), nan=np.inf)
            rule = _rule(days[split.train], train)
            found.append((float(brier_score_loss(train, rule(days[split.train]))), name, rule, days))
    assert found, "every dataset tells recencies"
    _, name, rule, days = min(found, key=lambda one: one[0])
    held_back = days[split.test]
    judged = measure(rows.churned[split.test], rule(held_back))
    ranks = np.unique(held_back, return_inverse=True)[1]
    judged = Measures(judged.accuracy, float(roc_auc_score(rows.churned[split.test], ranks)), judged.brier)
    return Baseline(f"one rule: {name} beyond a limit", judged)


def _rule(days: Floats, churned: Floats) -> Callable[[Floats], Floats]:
    """The share that churned on either side of the limit that parts them best, as the Brier score has it."""
    finite = days[np.isfinite(days)]
    limits = np.unique(np.quantile(finite, np.linspace(0.02, 0.98, RULE_PLACES))) if len(finite) else np.zeros(1)

    def shares(limit: float) -> tuple[float, float]:
        beyond = days > limit
        return _mean(churned[~beyond], churned), _mean(churned[beyond], churned)

    def error(limit: float) -> float:
        near, far = shares(limit)
        return float(brier_score_loss(churned, np.where(days > limit, far, near)))

    best = min((float(limit) for limit in limits), key=error)
    near, far = shares(best)
    return lambda asked: np.where(asked > best, far, near)


def _mean(part: Floats, whole: Floats) -> float:
    return float(part.mean() if len(part) else whole.mean())

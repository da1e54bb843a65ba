"""What does a model owe to each feature? How much ROC AUC it loses when the feature's values are shuffled.

A text is one feature, whatever a candidate makes of it inside: the matrix has one column for each. Features that tell
the same share what they are worth: shuffling one leaves the other.
"""

from collections.abc import Sequence

import numpy as np
from sklearn.metrics import roc_auc_score

from octy.learning.dataset import Floats
from octy.learning.fitting import Fitted
from octy.model.churn import Importance

SHUFFLES = 5
ROWS_MAX = 20_000
"""More rows would not tell more, and would take long."""


def importances(
    model: Fitted, names: Sequence[str], values: Floats, churned: Floats, seed: int
) -> tuple[Importance, ...]:
    """Of each feature, the greatest first; equal ones by name. Rows that the model has not learnt from."""
    chance = np.random.default_rng(seed)
    if len(churned) > ROWS_MAX:
        some = chance.choice(len(churned), ROWS_MAX, replace=False)
        values, churned = values[some], churned[some]
    whole = roc_auc_score(churned, model.predict(values))
    found = []
    for place, name in enumerate(names):
        lost = []
        shuffled = values.copy()
        for _ in range(SHUFFLES):
            shuffled[:, place] = chance.permutation(values[:, place])
            lost.append(whole - roc_auc_score(churned, model.predict(shuffled)))
        found.append(Importance(name, float(np.mean(lost)), float(np.std(lost))))
    return tuple(sorted(found, key=lambda one: (-one.feature_importance, one.feature_name)))

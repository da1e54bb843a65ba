"""How is a model chosen, fitted and calibrated on some rows, without a look at any others?

Each candidate foretells every row after learning from the other profiles' rows alone, five ways. The one with the least
log loss is chosen. What it foretold so is also what calibrates it: two numbers, by Platt's logistic regression on the
log odds, which cannot overfit as isotonic steps do where there is little data.
"""

from collections.abc import Mapping

import numpy as np
from msgspec import Struct
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss, roc_auc_score
from sklearn.model_selection import StratifiedGroupKFold

from octy.learning.candidates import CANDIDATES, Estimator, Maker
from octy.learning.columns import Flags
from octy.learning.dataset import Floats, Longs
from octy.model.churn import Candidate

FOLDS = 5
ROWS_AT_ONCE = 100_000
"""Of how many rows a model foretells at a time: it makes copies of them."""
PROBABILITY_MARGIN = 1e-6
"""Probabilities are kept off 0 and 1 by as much, where the log odds would have no end."""


class Lesson(Struct, frozen=True):
    """Rows to learn from."""

    values: Floats
    """float64[rows, features]."""
    churned: Floats
    profiles: Longs
    is_category: Flags


class Calibration(Struct, frozen=True):
    """The log odds that are meant: slope times those that were said, plus the intercept."""

    slope: float
    intercept: float

    def of(self, said: Floats) -> Floats:
        """The probabilities that are meant."""
        calibrated: Floats = 1.0 / (1.0 + np.exp(-(self.slope * _log_odds(said) + self.intercept)))
        return calibrated


class Fitted(Struct, frozen=True):
    """A model that has learnt."""

    name: str
    estimator: Estimator
    calibration: Calibration

    def predict(self, values: Floats) -> Floats:
        """The probability of churning, for each row of float64[rows, features]."""
        parts = np.array_split(values, max(1, -(-len(values) // ROWS_AT_ONCE)))
        return self.calibration.of(np.concatenate([self.estimator.predict_proba(part)[:, 1] for part in parts]))


class Contest(Struct, frozen=True):
    """How the candidates did, and the one that is chosen."""

    candidates: tuple[Candidate, ...]

    @property
    def chosen(self) -> str:
        """Its name."""
        return next(one.name for one in self.candidates if one.is_chosen)


def compare(lesson: Lesson, seed: int, makers: Mapping[str, Maker] = CANDIDATES) -> Contest:
    """Tries each candidate on profiles that it has not seen."""
    said = {name: _foretold(lesson, make, seed) for name, make in makers.items()}
    losses = {name: float(log_loss(lesson.churned, probabilities)) for name, probabilities in said.items()}
    best = min(losses, key=lambda name: losses[name])
    return Contest(
        tuple(
            Candidate(name, losses[name], float(roc_auc_score(lesson.churned, said[name])), is_chosen=name == best)
            for name in makers
        )
    )


def fit(lesson: Lesson, name: str, seed: int, makers: Mapping[str, Maker] = CANDIDATES) -> Fitted:
    """The candidate of that name, after learning from all rows."""
    calibration = _calibrate(_foretold(lesson, makers[name], seed), lesson.churned)
    estimator = makers[name](lesson.is_category, seed)
    estimator.fit(lesson.values, lesson.churned)
    return Fitted(name, estimator, calibration)


def _foretold(lesson: Lesson, make: Maker, seed: int) -> Floats:
    """What is said of each row by one that has learnt from other profiles alone."""
    said = np.empty(len(lesson.churned))
    folds = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=seed)
    for known, asked in folds.split(lesson.values, lesson.churned, lesson.profiles):
        estimator = make(lesson.is_category, seed)
        estimator.fit(lesson.values[known], lesson.churned[known])
        said[asked] = estimator.predict_proba(lesson.values[asked])[:, 1]
    return said


def _calibrate(said: Floats, churned: Floats) -> Calibration:
    """Where those who were said to churn did so less, what was said is worth nothing, and all get the same."""
    platt = LogisticRegression(C=1e6).fit(_log_odds(said)[:, None], churned)
    slope = float(platt.coef_[0, 0])
    if slope > 0:
        return Calibration(slope, float(platt.intercept_[0]))
    return Calibration(0.0, float(_log_odds(churned.mean(keepdims=True))[0]))


def _log_odds(probabilities: Floats) -> Floats:
    inside = np.clip(probabilities, PROBABILITY_MARGIN, 1 - PROBABILITY_MARGIN)
    odds: Floats = np.log(inside / (1 - inside))
    return odds

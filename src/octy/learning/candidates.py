"""Which kinds of model are tried, and how is each made? All take the same matrix, with NaN where there is no value."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from octy.learning.columns import Flags
from octy.learning.dataset import Floats

ROUNDS = 120


class Estimator(Protocol):
    """What scikit-learn's classifiers have in common."""

    def fit(self, values: Floats, churned: Floats) -> Any:  # noqa: ANN401 - itself
        """Learns from float64[rows, features]."""

    def predict_proba(self, values: Floats) -> Floats:
        """float64[rows, 2]: of staying, and of churning."""


Maker = Callable[[Flags, int], Estimator]
"""Makes one that has learnt nothing: of which features are texts, and of a seed."""


def _logistic(is_category: Flags, seed: int) -> Estimator:
    texts = [place for place, is_text in enumerate(is_category) if is_text]
    others = [place for place, is_text in enumerate(is_category) if not is_text]
    numbers = make_pipeline(SimpleImputer(strategy="median", add_indicator=True), StandardScaler())
    columns = ColumnTransformer(
        [("numbers", numbers, others), ("texts", OneHotEncoder(handle_unknown="ignore"), texts)]
    )
    made: Estimator = make_pipeline(columns, LogisticRegression(C=0.1, max_iter=2_000, random_state=seed))
    return made


def _boosting(leaves: int, rate: float) -> Maker:
    def make(is_category: Flags, seed: int) -> Estimator:
        made: Estimator = HistGradientBoostingClassifier(
            learning_rate=rate,
            max_iter=ROUNDS,
            max_leaf_nodes=leaves,
            min_samples_leaf=30,
            l2_regularization=1.0,
            categorical_features=is_category if is_category.any() else None,
            early_stopping=False,
            random_state=seed,
        )
        return made

    return make


CANDIDATES: Mapping[str, Maker] = {
    "logistic regression": _logistic,
    "gradient boosting, small trees": _boosting(4, 0.05),
    "gradient boosting, large trees": _boosting(31, 0.05),
}
"""From the plainest to the most able: with little data the plain one may well be the best, and measuring tells."""

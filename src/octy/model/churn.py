"""What is foretold of profiles, and what a training tells: levels, scores, and the report of wire.md 3.8.

Shares and probabilities are from 0 to 1. The wire's percentages are made at the rim.
"""

from collections.abc import Sequence
from enum import StrEnum

from msgspec import Struct

HIGH_FROM = 0.7
MEDIUM_FROM = 0.3


class ChurnLevel(StrEnum):
    """A churn probability in a word: high from 0.7, medium from 0.3, low below."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


BOUNDS = {
    ChurnLevel.LOW: (0.0, MEDIUM_FROM),
    ChurnLevel.MEDIUM: (MEDIUM_FROM, HIGH_FROM),
    ChurnLevel.HIGH: (HIGH_FROM, 2.0),
}
"""Of each level, the probabilities that are of it: from the first, and below the second."""

RFM_MIN = 111
RFM_MAX = 444


def level_of(probability: float) -> ChurnLevel:
    """The word for a probability."""
    return next(level for level, (first, end) in BOUNDS.items() if first <= probability < end)


class Prediction(Struct, frozen=True):
    """What is foretold of a profile, and by which training."""

    churn_probability: float
    rfm_score: int | None
    """Three digits from 1 to 4: recency, frequency, monetary. None where the profile has never charged."""
    training_job_id: str

    @property
    def level(self) -> ChurnLevel:
        """The probability in a word."""
        return level_of(self.churn_probability)


class PredictionFilter(Struct, frozen=True):
    """Of which profiles is it asked? Those of which all that is given is foretold."""

    level: ChurnLevel | None = None
    rfm: tuple[int, int] | None = None
    """The least and the greatest RFM score."""

    @property
    def is_any(self) -> bool:
        """Whether nothing is asked for."""
        return self.level is None and self.rfm is None


ANYTHING = PredictionFilter()


class Measures(Struct, frozen=True):
    """How well probabilities foretell: all on the same rows, which the model has not seen."""

    accuracy: float
    """The share of rows on the right side of one half."""
    roc_auc: float
    """How often a row that churned was given more than one that did not; 0.5 is a coin's."""
    brier: float
    """The mean squared distance from what happened; less is better."""


class Baseline(Struct, frozen=True):
    """What can be had without a model."""

    name: str
    measures: Measures


class Importance(Struct, frozen=True):
    """How much ROC AUC is lost when a feature's values are shuffled; none is about 0, and may fall below."""

    feature_name: str
    feature_importance: float
    spread: float
    """The standard deviation over the shuffles."""


class CalibrationBin(Struct, frozen=True):
    """Rows that were given about the same probability, and how many of them churned."""

    rows: int
    predicted: float
    observed: float


class ChurnAt(Struct, frozen=True):
    """How much churn there is from one instant on, over the horizon."""

    as_of_us: int
    profiles: int
    observed: float | None
    """None where the horizon is not over."""
    predicted: float | None
    """Where the model that foretells has not been trained on it."""


class Candidate(Struct, frozen=True):
    """A kind of model that was tried on the rows to train on, each judged on profiles that it had not seen."""

    name: str
    log_loss: float
    roc_auc: float
    is_chosen: bool


class DroppedColumn(Struct, frozen=True):
    """A column of the dataset that is not learnt from, and why."""

    name: str
    reason: str


def verdict(measures: Measures, baselines: Sequence[Baseline]) -> str:
    """Whether a model is worth more than the simple answers, in a sentence. Accuracy does not count: where nearly all
    stay or nearly all leave, the more frequent answer is nearly always right, and says nothing of anybody.
    """
    rivals = [
        f"{what} {theirs:.3f}, the model {ours:.3f}: {one.name}"
        for one in baselines
        for what, theirs, ours, is_no_worse in (
            ("ROC AUC", one.measures.roc_auc, measures.roc_auc, one.measures.roc_auc >= measures.roc_auc),
            ("Brier score", one.measures.brier, measures.brier, one.measures.brier <= measures.brier),
        )
        if is_no_worse
    ]
    if not rivals:
        return "The model beats every answer without a model, by ROC AUC and by Brier score."
    return f"Do not rely on the model: an answer without one is as good or better ({'; '.join(rivals)})."


class ChurnReport(Struct, frozen=True):
    """What a training learnt, and how far it can be trusted."""

    training_job_id: str
    trained_us: int
    dataset_id: str
    segment_ids: tuple[str, ...]
    """The segments whose tags the dataset tells."""
    event_type: str
    """Churn is that none of these happens within the horizon."""
    horizon_days: int
    seed: int
    versions: dict[str, str]
    """Of what the model was made with."""
    train_rows: int
    test_rows: int
    test_from_us: int
    """Instants from here on were held back, to measure with."""
    measures: Measures
    baselines: tuple[Baseline, ...]
    candidates: tuple[Candidate, ...]
    calibration: tuple[CalibrationBin, ...]
    importances: tuple[Importance, ...]
    """The greatest first."""
    churn: tuple[ChurnAt, ...]
    """By instant."""
    features: tuple[str, ...]
    dropped: tuple[DroppedColumn, ...]

    @property
    def observed(self) -> tuple[float, float | None]:
        """The share that churned from the last instant whose horizon is over, and from the one before."""
        known = [one.observed for one in self.churn if one.observed is not None]
        return known[-1], known[-2] if len(known) > 1 else None

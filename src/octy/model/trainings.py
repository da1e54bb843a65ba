"""A training of the churn model: what is asked of it, and what it hands over."""

from msgspec import Struct

from octy.model.churn import ChurnReport, Prediction


class TrainingParameters(Struct, frozen=True):
    """What a training was asked for: an account's configuration at that time, and the dataset that it is to read."""

    algorithm: str
    dataset_id: str
    event_type: str
    horizon_days: int
    profile_features: tuple[str, ...] = ()
    seed: int = 0


class TrainingOutcome(Struct, frozen=True):
    """What a training's process hands over to the server."""

    report: ChurnReport
    model: bytes
    predictions: dict[str, Prediction]
    """By profile id."""
    left_out: dict[str, int]
    """By segment id, which deletions were pending when the dataset was built: their tags are not in it (X2)."""

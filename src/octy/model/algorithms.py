"""How an account wants its customers' recommendations and churn predictions made (wire.md 3.3).

Recommendations are a neighbouring product's, for which their configuration is kept, as items are.
"""

from msgspec import Struct

from octy.model.events import CHARGED

REC = "rec"
CHURN = "churn"
ALGORITHMS = (REC, CHURN)

CHURN_EVENT_TYPE = CHARGED
CHURN_HORIZON_DAYS = 30
NO_SCHEDULE = 0
"""Of `training_every_days`: the model is trained when somebody asks for it."""


class AlgorithmConfiguration(Struct, frozen=True):
    """What is configured of one algorithm."""

    algorithm_name: str
    recommend_interacted_items: bool = False
    item_id_stop_list: tuple[str, ...] = ()
    """Items that are never recommended."""
    profile_features: tuple[str, ...] = ()
    """Keys of `profile_data` or `platform_info` that are learnt from; all where there are none."""
    event_type: str | None = None
    """Of `churn`: a customer churns where none of these happens within the horizon. None: as it was, or `charged`."""
    horizon_days: int | None = None
    """Of `churn`. None: as it was, or 30."""
    training_every_days: int | None = None
    """Of `churn`: how often the model is trained by itself, or 0. None: as it was, or 0."""

"""How an account wants its customers' recommendations and churn predictions made (wire.md 3.3).

Kept for neighbouring products, as items are; segmentation itself does not read it.
"""

from msgspec import Struct

ALGORITHMS = ("rec", "churn")


class AlgorithmConfiguration(Struct, frozen=True):
    """What is configured of one algorithm."""

    algorithm_name: str
    recommend_interacted_items: bool = False
    item_id_stop_list: tuple[str, ...] = ()
    """Items that are never recommended."""
    profile_features: tuple[str, ...] = ()
    """Keys of `profile_data` or `platform_info` that a profile must have to be learnt from."""

"""A made-up dataset of the churn model: who is active stays, with a chance that a tag and a plan tell something of."""

from typing import Any

import numpy as np
import pyarrow as pa

from octy.learning.dataset import TrainingSettings
from octy.model.instants import US_PER_DAY

DAY_0 = 1_704_067_200_000_000
"""1 January 2024."""
HORIZON_DAYS = 30
SETTINGS = TrainingSettings(
    training_job_id="training_1",
    trained_us=DAY_0 + 400 * US_PER_DAY,
    dataset_id="dataset_1",
    event_type="charged",
    horizon_days=HORIZON_DAYS,
)


def dataset(profiles: int = 200, instants: int = 6, every_days: int = 30, seed: int = 1, **columns: Any) -> pa.Table:
    """A row for each profile at each instant; the label of the last one is not known. `columns` replace or add."""
    chance = np.random.default_rng(seed)
    rows = profiles * instants
    who = np.tile(np.arange(profiles), instants)
    when = np.repeat(np.arange(instants), profiles)
    recency = chance.exponential(20, rows)
    tagged = chance.random(rows) < 0.3
    plan = np.array(["gold", "free", "silver"])[who % 3]
    odds = 0.08 * (recency - 20) + 1.5 * tagged + np.where(plan == "free", 1.0, -0.5)
    churned = chance.random(rows) < 1 / (1 + np.exp(-odds))
    charges = chance.poisson(3, rows)
    table: dict[str, Any] = {
        "profile_id": [f"profile_{one}" for one in who],
        "customer_id": [f"customer {one}" for one in who],
        "as_of": pa.array(DAY_0 + when * every_days * US_PER_DAY, pa.timestamp("us", "UTC")),
        "profile.plan": plan,
        "profile.name": [f"name {one}" for one in who],
        "profile.country": ["GB"] * rows,
        "platform.is_mobile": who % 2 == 0,
        "has_charged": charges > 0,
        "recency_days": recency,
        "tenure_days": when * 30.0,
        "charged_recency_days": pa.array(np.where(charges > 0, recency + 1, np.nan), from_pandas=True),
        "charged_total": charges,
        "value_total": charges * chance.random(rows),
        "tag.leaving": tagged,
        "label": pa.array(churned, mask=when == instants - 1),
    }
    return pa.table(table | columns)

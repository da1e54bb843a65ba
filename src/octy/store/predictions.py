"""What is foretold of each profile: churn and RFM score, by the last training that knew it (wire.md 3.9)."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, Select, select

from octy.model.churn import BOUNDS, Prediction, PredictionFilter
from octy.store.rows import in_chunks, insert_rows
from octy.store.schema import predictions
from octy.store.sqlite import upsert

_PUT = upsert(predictions, ["churn_probability", "rfm_score", "training_job_id"])


def put(connection: Connection, account_id: int, foretold: Mapping[int, Prediction]) -> None:
    """Replaces what is foretold of profiles, by their keys. They must exist."""
    rows = [
        (account_id, key, one.churn_probability, one.rfm_score, one.training_job_id) for key, one in foretold.items()
    ]
    insert_rows(connection, _PUT, rows)


def of_profiles(connection: Connection, account_id: int, profile_keys: Sequence[int]) -> dict[int, Prediction]:
    """By profile key, where there is one."""
    found: dict[int, Prediction] = {}
    for chunk in in_chunks(profile_keys):
        mine = predictions.c.account_id == account_id, predictions.c.profile_key.in_(chunk)
        for row in connection.execute(select(predictions).where(*mine)):
            found[row.profile_key] = Prediction(row.churn_probability, row.rfm_score, row.training_job_id)
    return found


def matching(account_id: int, wanted: PredictionFilter) -> Select[tuple[int]]:
    """A question for the keys of the profiles of which this is foretold."""
    question = select(predictions.c.profile_key).where(predictions.c.account_id == account_id)
    if wanted.level is not None:
        first, end = BOUNDS[wanted.level]
        question = question.where(predictions.c.churn_probability >= first, predictions.c.churn_probability < end)
    if wanted.rfm is not None:
        question = question.where(predictions.c.rfm_score.between(*wanted.rfm))
    return question

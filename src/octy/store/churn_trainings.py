"""The trainings of an account's churn model that came to an end: their reports, and the last models."""

import msgspec
from sqlalchemy import Connection, null, select

from octy.model.churn import ChurnReport
from octy.store.json_text import to_text
from octy.store.schema import churn_trainings

MODELS_KEPT = 10
"""Of each account. Reports are small, and all are kept."""

_decode = msgspec.json.Decoder(ChurnReport).decode


def add(connection: Connection, account_id: int, report: ChurnReport, model: bytes) -> None:
    """A training has ended. The oldest models go."""
    row = {
        "training_job_id": report.training_job_id,
        "account_id": account_id,
        "trained_us": report.trained_us,
        "report": to_text(report),
        "model": model,
    }
    connection.execute(churn_trainings.insert(), row)
    mine = churn_trainings.c.account_id == account_id
    newest = churn_trainings.c.trained_us.desc(), churn_trainings.c.training_job_id
    kept = select(churn_trainings.c.training_job_id).where(mine).order_by(*newest).limit(MODELS_KEPT)
    older = mine, churn_trainings.c.model.is_not(None), churn_trainings.c.training_job_id.not_in(kept)
    connection.execute(churn_trainings.update().where(*older).values(model=null()))


def latest(connection: Connection, account_id: int) -> ChurnReport | None:
    """The last one's report."""
    mine = select(churn_trainings.c.report).where(churn_trainings.c.account_id == account_id)
    newest = churn_trainings.c.trained_us.desc(), churn_trainings.c.training_job_id
    text = connection.scalar(mine.order_by(*newest).limit(1))
    return None if text is None else _decode(text)


def report_of(connection: Connection, account_id: int, training_job_id: str) -> ChurnReport | None:
    """The report of one training."""
    mine = churn_trainings.c.account_id == account_id, churn_trainings.c.training_job_id == training_job_id
    text = connection.scalar(select(churn_trainings.c.report).where(*mine))
    return None if text is None else _decode(text)


def all_ids(connection: Connection) -> list[tuple[int, str]]:
    """(account, training) of every report there is."""
    rows = connection.execute(select(churn_trainings.c.account_id, churn_trainings.c.training_job_id))
    return [(row.account_id, row.training_job_id) for row in rows]


def model_of(connection: Connection, account_id: int, training_job_id: str) -> bytes | None:
    """The model as `octy.learning.keeping` reads it, where it is still kept."""
    mine = churn_trainings.c.account_id == account_id, churn_trainings.c.training_job_id == training_job_id
    found: bytes | None = connection.scalar(select(churn_trainings.c.model).where(*mine))
    return found

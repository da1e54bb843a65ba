"""Which training jobs use which segments' tags: those in flight, and those that have made a model (X2)."""

from collections.abc import Collection, Sequence

from msgspec import Struct
from sqlalchemy import Connection, select

from octy.store.rows import in_chunks
from octy.store.schema import training_uses
from octy.store.sqlite import upsert

_PUT = upsert(training_uses, ["trained_us"])


class Uses(Struct, frozen=True):
    """A segment's: the jobs' ids, in the order in which they began."""

    in_flight: tuple[str, ...] = ()
    models: tuple[str, ...] = ()


class Use(Struct, frozen=True):
    """One segment's by one job."""

    segment_key: int
    job_id: str
    is_model: bool
    """Whether the job has made a model with it; else it is in flight."""


def begin(connection: Connection, job_id: str, segment_keys: Sequence[int], now_us: int) -> None:
    """A job uses them from now on."""
    _put(connection, job_id, segment_keys, now_us, None)


def complete(connection: Connection, job_id: str, segment_keys: Sequence[int], now_us: int) -> None:
    """A job has made a model with the tags of these, and with no others."""
    connection.execute(
        training_uses.delete().where(training_uses.c.job_id == job_id, training_uses.c.trained_us.is_(None))
    )
    _put(connection, job_id, segment_keys, now_us, now_us)


def end(connection: Connection, job_id: str) -> None:
    """A job has come to nothing."""
    connection.execute(
        training_uses.delete().where(training_uses.c.job_id == job_id, training_uses.c.trained_us.is_(None))
    )


def forget(connection: Connection, segment_key: int) -> None:
    """The segment goes."""
    connection.execute(training_uses.delete().where(training_uses.c.segment_key == segment_key))


def of_segments(connection: Connection, segment_keys: Collection[int]) -> dict[int, Uses]:
    """By segment key; a segment that no job uses is left out."""
    found: dict[int, Uses] = {}
    for chunk in in_chunks(sorted(segment_keys)):
        question = select(training_uses).where(training_uses.c.segment_key.in_(chunk))
        for row in connection.execute(question.order_by(training_uses.c.begun_us, training_uses.c.job_id)):
            uses = found.get(row.segment_key, Uses())
            if row.trained_us is None:
                found[row.segment_key] = Uses((*uses.in_flight, row.job_id), uses.models)
            else:
                found[row.segment_key] = Uses(uses.in_flight, (*uses.models, row.job_id))
    return found


def all_uses(connection: Connection) -> list[Use]:
    """Of all segments, also of those that there are not."""
    rows = connection.execute(select(training_uses).order_by(training_uses.c.segment_key, training_uses.c.job_id))
    return [Use(row.segment_key, row.job_id, row.trained_us is not None) for row in rows]


def drop(connection: Connection, segment_key: int, job_id: str) -> None:
    """One is forgotten."""
    mine = training_uses.c.segment_key == segment_key, training_uses.c.job_id == job_id
    connection.execute(training_uses.delete().where(*mine))


def _put(
    connection: Connection, job_id: str, segment_keys: Sequence[int], begun_us: int, trained_us: int | None
) -> None:
    rows = [
        {"segment_key": key, "job_id": job_id, "begun_us": begun_us, "trained_us": trained_us} for key in segment_keys
    ]
    if rows:
        connection.execute(_PUT, rows)

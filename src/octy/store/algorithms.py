"""Configurations of algorithms: one of each algorithm in an account."""

import msgspec
from sqlalchemy import Connection, select

from octy.model.algorithms import AlgorithmConfiguration
from octy.store import sqlite
from octy.store.json_text import to_names, to_text
from octy.store.schema import algorithms

_REPLACED = [name for name in AlgorithmConfiguration.__struct_fields__ if name != "algorithm_name"]
_PUT = sqlite.upsert(algorithms, [*_REPLACED, "updated_us"])


def put(connection: Connection, account_id: int, configuration: AlgorithmConfiguration, now_us: int) -> None:
    """Replaces what is configured of the algorithm."""
    fields = msgspec.structs.asdict(configuration)
    texts = {name: to_text(fields[name]) for name in ("item_id_stop_list", "profile_features")}
    connection.execute(_PUT, fields | texts | {"account_id": account_id, "updated_us": now_us})


def of_account(connection: Connection, account_id: int) -> list[AlgorithmConfiguration]:
    """What the account has configured, by the algorithm's name."""
    question = select(algorithms).where(algorithms.c.account_id == account_id).order_by(algorithms.c.algorithm_name)
    return [
        AlgorithmConfiguration(
            row.algorithm_name,
            row.recommend_interacted_items,
            to_names(row.item_id_stop_list),
            to_names(row.profile_features),
            row.event_type,
            row.horizon_days,
            row.training_every_days,
        )
        for row in connection.execute(question)
    ]


def scheduled(connection: Connection, algorithm_name: str) -> list[int]:
    """The accounts that want the algorithm trained every so often."""
    wanted = algorithms.c.algorithm_name == algorithm_name, algorithms.c.training_every_days > 0
    return list(connection.scalars(select(algorithms.c.account_id).where(*wanted).order_by(algorithms.c.account_id)))

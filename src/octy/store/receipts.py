"""Receipts of purges (X2). They are added, and kept for good."""

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, func, select

from octy.model.definitions import from_wire, to_wire
from octy.model.lifetimes import PurgeCause
from octy.model.receipts import Receipt
from octy.store.json_text import to_names, to_object, to_text
from octy.store.schema import purge_receipts


def add(connection: Connection, account_id: int, receipt: Receipt) -> None:
    """Stores a new one."""
    row = msgspec.structs.asdict(receipt) | {
        "account_id": account_id,
        "name": receipt.definition.name,
        "definition": to_text(to_wire(receipt.definition)),
        "cause": receipt.cause.value,
        "models": to_text(receipt.models),
    }
    connection.execute(purge_receipts.insert(), row)


def page(
    connection: Connection, account_id: int, ids: Sequence[str], offset: int, limit: int
) -> tuple[list[Receipt], int]:
    """Some of an account's, in the order of the purges; and how many there are.

    `ids` are receipts' or segments'; all are meant where there are none.
    """
    is_meant = purge_receipts.c.account_id == account_id
    if ids:
        is_meant &= purge_receipts.c.receipt_id.in_(ids) | purge_receipts.c.segment_id.in_(ids)
    total = connection.execute(select(func.count()).select_from(purge_receipts).where(is_meant)).scalar_one()
    question = select(purge_receipts).where(is_meant).order_by(purge_receipts.c.number)
    return [_receipt(row) for row in connection.execute(question.offset(offset).limit(limit))], total


def of_account(connection: Connection, account_id: int) -> list[Receipt]:
    """All of an account's, in the order of the purges."""
    question = select(purge_receipts).where(purge_receipts.c.account_id == account_id)
    return [_receipt(row) for row in connection.execute(question.order_by(purge_receipts.c.number))]


def _receipt(row: Row[Any]) -> Receipt:
    definition, _ = from_wire(to_object(row.definition))
    return Receipt(
        receipt_id=row.receipt_id,
        segment_id=row.segment_id,
        definition=definition,
        created_us=row.created_us,
        requested_us=row.requested_us,
        purged_us=row.purged_us,
        recorded_us=row.recorded_us,
        cause=PurgeCause(row.cause),
        job_id=row.job_id,
        models=to_names(row.models),
        tags_removed=row.tags_removed,
        tags_sha256=row.tags_sha256,
    )

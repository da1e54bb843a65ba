"""E5: what was answered to a request that carried an `Idempotency-Key`."""

import re
from collections.abc import Set

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, bindparam, select

from octy.model.idempotency import Answer
from octy.store.rows import run_rows
from octy.store.schema import idempotency_keys as keys
from octy.store.sqlite import upsert

_FIND = select(keys.c.body_sha256, keys.c.status, keys.c.answer, keys.c.created_us).where(
    keys.c.account_id == bindparam("account"),
    keys.c.path == bindparam("path"),
    keys.c.idempotency_key == bindparam("key"),
)
_PUT = upsert(keys, ["body_sha256", "status", "answer", "created_us"])
_BLANK = (
    keys.update()
    .values(answer=bindparam("blank"))
    .where(
        keys.c.account_id == bindparam("account"),
        keys.c.path == bindparam("path_"),
        keys.c.idempotency_key == bindparam("key"),
    )
)
_WORDS = re.compile(rb"\w+")
"""An id is one, wherever an answer mentions it."""
_ANSWERS_AT_ONCE = 100


BLANK = msgspec.json.encode(
    {
        "request_meta": {
            "request_status": "Success",
            "message": "This request was answered before; what it was about has been deleted since.",
            "count": 0,
            "total": 0,
        }
    }
)


class StoredAnswer(Struct, frozen=True):
    """The first answer, to which request, and when."""

    body_sha256: bytes
    answer: Answer
    created_us: int


def find(connection: Connection, account_id: int, path: str, key: str) -> StoredAnswer | None:
    """What was answered under the key, however long ago; None where it is not remembered."""
    row = connection.execute(_FIND, {"account": account_id, "path": path, "key": key}).one_or_none()
    return None if row is None else StoredAnswer(row.body_sha256, Answer(row.status, row.answer), row.created_us)


def add(
    connection: Connection, account_id: int, path: str, key: str, body_sha256: bytes, answer: Answer, now_us: int
) -> None:
    """Remembers an answer, in the place of an older one under the same key."""
    row = {
        "account_id": account_id,
        "path": path,
        "idempotency_key": key,
        "body_sha256": body_sha256,
        "status": answer.status,
        "answer": answer.body,
        "created_us": now_us,
    }
    connection.execute(_PUT, row)


def forget(connection: Connection, account_id: int, deleted: Set[bytes]) -> None:
    """Puts a blank answer in the place of each that mentions a deleted id (X3); its key stays used (E5)."""
    mine = select(keys.c.path, keys.c.idempotency_key, keys.c.answer).where(keys.c.account_id == account_id)
    told_of = [
        (BLANK, account_id, row.path, row.idempotency_key)
        for row in connection.execute(mine, execution_options={"yield_per": _ANSWERS_AT_ONCE})
        if not deleted.isdisjoint(_WORDS.findall(row.answer))
    ]
    run_rows(connection, _BLANK, told_of)


def expire(connection: Connection, before_us: int) -> None:
    """Forgets those that were added before an instant."""
    connection.execute(keys.delete().where(keys.c.created_us < before_us))

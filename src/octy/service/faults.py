"""Whose fault is it that a group of requests failed: the store's, or that of one request or one account?

A store that fails, fails for everybody, and later works again: everybody is told to send his request again. Any other
failure is a bug of ours that something in particular has met. It must not stop others: requests are tried again each by
itself, so that only the one that fails is refused; and an account that the world cannot be brought back with, or moved
on in time, is set aside until the next time that the world is brought back (criterion C38).
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import pyarrow as pa
from sqlalchemy.exc import SQLAlchemyError

from octy.model.errors import OctyError

_OF_THE_STORE = (OSError, MemoryError, SQLAlchemyError, sqlite3.Error, pa.ArrowException, OctyError)


class EvaluationFailed(Exception):
    """One account's segments cannot be evaluated; `__cause__` says of what that came."""

    def __init__(self, account_id: int) -> None:
        super().__init__(f"the segments of account {account_id} could not be evaluated")
        self.account_id = account_id


def is_of_the_store(error: BaseException) -> bool:
    """Whether it may happen to anybody, and not again: the disk, the database, the archive, or too little memory."""
    return isinstance(error, _OF_THE_STORE)


@contextmanager
def evaluating(account_id: int) -> Iterator[None]:
    """EvaluationFailed where anything fails within, but for the store."""
    try:
        yield
    except Exception as error:
        if is_of_the_store(error):
            raise
        raise EvaluationFailed(account_id) from error

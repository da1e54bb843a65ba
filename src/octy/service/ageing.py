"""How events go that are older than their account keeps them (`octy.service.retention`): with the archive's files.

What is in blocks is moved into a file first. Then the place of what is to go is taken by where the live segments stand
after it (`octy.service.standings`), and file after file is written anew without it, or dropped whole. Each step is one
transaction, so a crash leaves every event there once or gone, and the rest goes later. The history of tags stays (G5).
"""

from collections.abc import Callable, Iterator

import numpy as np
from sqlalchemy import Connection

from octy.engine.batch import Ints
from octy.model.errors import OctyError
from octy.model.instants import US_PER_DAY
from octy.service import standings
from octy.service.retention import may_remove
from octy.service.transaction import Transaction
from octy.store import accounts, erasures, events, free_pages, tallies
from octy.store.archive import ledger
from octy.store.archive.ledger import ArchivedRun
from octy.store.archive.making import merged_run
from octy.store.archive.merging import Leaving
from octy.store.archive.run_file import RunFile
from octy.store.archive.run_writer import WrittenRun
from octy.store.blocks import EVENT_BLOCKS
from octy.store.folder import Store
from octy.store.log_shape import EVENTS, PROFILE
from octy.store.tallies import Gone

Commit = Callable[[Callable[[Transaction], None]], None]
"""Does something in a transaction of the writer's, and returns when that is durable."""

OVERDUE_US = US_PER_DAY
"""How much too old an event becomes before files are written anew for it: else they would be without end."""


class NotNow(OctyError):
    """Since the work began it has become unwanted, or it would come too early; it is to be looked at again later."""


def in_blocks(connection: Connection, account_id: int, before_us: int) -> bool:
    """Whether an account's blocks hold an event that is overdue."""
    instants = EVENT_BLOCKS.read_columns(connection, account_id)["created_us"]
    return bool(len(instants)) and int(instants.min()) < before_us - OVERDUE_US


def in_files(connection: Connection, account_id: int, before_us: int) -> bool:
    """Whether its files do."""
    runs = ledger.runs(connection, EVENTS, account_id)
    return any(run.row_count and run.created_min_us < before_us - OVERDUE_US for run in runs)


def age(store: Store, commit: Commit, account_id: int, before_us: int) -> Iterator[str]:
    """Removes an account's events of before an instant from its files; tells each file that has left the ledger."""
    with store.reading() as connection:
        runs = store.archive.runs(connection, EVENTS, account_id)
        standing = standings.write(connection, store.archive, account_id, before_us)

    def begin(tx: Transaction) -> None:
        _require(tx, account_id, before_us)
        standing.put(tx.connection)
        tenant = tx.world.tenant(account_id)
        tenant.set_aged(max(before_us, tenant.account.aged_us))
        accounts.set_aged(tx.connection, account_id, tenant.account.aged_us)
        tenant.engine.forget_past()
        free_pages.wipe(tx.connection)

    _committed(store, commit, begin, standing.written)
    if standing.replaced is not None:
        yield standing.replaced.file
    for run, file in runs:
        if run.created_min_us < before_us:
            _remove(store, commit, run, file, before_us)
            yield run.file


def _remove(store: Store, commit: Commit, run: ArchivedRun, file: RunFile, before_us: int) -> None:
    """A file's events of before an instant go. The store's last number stays known, though its event is gone (T2)."""
    old = file.column("created_us", 0, file.row_count) < before_us
    owners: Ints = file.column(PROFILE, 0, file.row_count)[old]
    with store.reading() as connection:
        is_last = run.last_number == events.last_seq(connection)
    is_kept = is_last or not old.all()
    written = merged_run(store.archive, EVENTS, run.account_id, [file], Leaving(before=before_us)) if is_kept else None

    def change(tx: Transaction) -> None:
        _require(tx, run.account_id, before_us)
        ledger.remove(tx.connection, [run.run_id])
        if written is not None:
            ledger.add(tx.connection, EVENTS, run.account_id, run.first_number, run.last_number, written)
        leaving = erasures.requested(tx.connection).get(
            run.account_id, set()
        )  # they were counted when they were asked for
        counted = int((~np.isin(owners, np.array(sorted(leaving), np.int32))).sum())
        tallies.add_gone(tx.connection, Gone(0, counted, 0))

    _committed(store, commit, change, written)


def _require(tx: Transaction, account_id: int, before_us: int) -> None:
    if not may_remove(tx, account_id, before_us):
        raise NotNow


def _committed(store: Store, commit: Commit, change: Callable[[Transaction], None], written: WrittenRun | None) -> None:
    """Commits; where that fails, the file that was written for it goes."""
    try:
        commit(change)
    except BaseException:
        if written is not None:
            store.archive.drop(written.file)
        raise

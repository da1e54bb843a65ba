"""Older rows of the logs leave the database for the archive, in a thread of its own, while the writer goes on.

Where an account has many rows that are not archived, they become a file; where an account has several files of a size,
they become one; where profiles were deleted, or events are older than their account keeps them, the files that hold
them are written anew without them. A file is durable
before the writer, between two groups, puts it into the ledger in the place of what it replaces.
"""

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import suppress
from itertools import groupby

import structlog
from msgspec import Struct
from sqlalchemy import Connection

from octy.model.instants import US_PER_HOUR
from octy.service import ageing
from octy.service.erasing import erase, replace
from octy.service.transaction import Transaction
from octy.store import event_types, segments
from octy.store.archive import ledger
from octy.store.archive.ledger import ArchivedRun
from octy.store.archive.making import merged_run, new_run
from octy.store.archive.run_writer import WrittenRun
from octy.store.blocks import CHANGE_BLOCKS, EVENT_BLOCKS
from octy.store.folder import Store
from octy.store.log_shape import CHANGES, EVENTS, LogShape
from octy.store.resting import Rest, Resting, go_on

log = structlog.get_logger()

ROWS_PER_RUN = 262_144
"""So many rows of an account and a log become a file."""
BYTES_PER_RUN = 64 * 1024 * 1024
"""Or so many bytes of properties."""
ROWS_UNARCHIVED_MAX = 2_097_152
"""All accounts have no more than this for long, however many they are."""
ROWS_WORTH_A_FILE = 16_384
"""Where all accounts have as many as make a file, and each so many of them on average, the one with the most need not
wait until it has enough by itself: a start reads a row that is not in a file several times as slowly as others."""
BYTES_UNARCHIVED_MAX = 64 * 1024 * 1024
"""The same of what all accounts' events take in memory, with their properties."""
RUNS_PER_MERGE = 4
SMALL_RUNS_MAX = 16
"""So many neighbours that are smaller than `ROWS_PER_RUN` become one, whatever their sizes."""
ROWS_PER_MERGED_RUN_MAX = 16 * ROWS_PER_RUN
"""Larger files are not merged: writing them anew would cost more than looking into each."""
LOOK_EVERY_SECONDS = 0.5
AGED_EVERY_US = US_PER_HOUR
"""How often an account's events are looked at for those that are too old."""
PAUSE_SECONDS = 5.0
"""How long it waits after a failure."""
DROP_AFTER_SECONDS = 30.0
"""How long a file stays that has left the ledger: somebody may be about to open it."""


class Unarchived(Struct, frozen=True):
    """How many rows of an account's log are in the database."""

    shape: LogShape
    account_id: int
    rows: int
    bytes_: int
    """In memory, where they are kept in it."""


class Horizon(Struct, frozen=True):
    """Events of an account that happened before an instant are too old."""

    account_id: int
    before_us: int


class Archiver:
    """One store's."""

    def __init__(
        self,
        store: Store,
        unarchived: Callable[[], Iterable[Unarchived]],
        horizons: Callable[[], Iterable[Horizon]],
        submit: Callable[[Callable[[Transaction], None]], "Future[None]"],
    ) -> None:
        """`submit` has the writer do something in a transaction."""
        self._store = store
        self._unarchived = unarchived
        self._horizons = horizons
        self._submit = submit
        self._dropped: list[tuple[float, str]] = []
        self._aged: dict[int, int] = {}
        """Before which instant each account was last looked at for events that are too old."""
        self._grown: list[tuple[LogShape, int]] = []
        """Logs, and whose, that have a new file since their files were last merged."""
        self._changed = threading.Condition()
        self._working = threading.Lock()
        self._stopping = False
        self._erasing = True
        self._log_tells = True
        """Whether SQLite's log may hold what was deleted."""
        self.moves = 0
        """How often rows became a file, since the start."""
        self.merges = 0
        """How often files became one."""
        self.failures = 0
        self._rest: Rest = go_on
        self._thread = threading.Thread(target=self._run, name="octy-archiver", daemon=True)

    def start(self) -> None:
        """Begins to look for work."""
        self._thread.start()

    def erase(self) -> None:
        """A profile was deleted: its rows in the archive are to go."""
        with self._changed:
            self._erasing = True
            self._changed.notify()

    def stop(self) -> None:
        """Ends the thread once the file that it is writing is done. Nobody reads the archive any more."""
        with self._changed:
            self._stopping = True
            self._changed.notify()
        if self._thread.is_alive():
            self._thread.join()
        self._drop_files(time.monotonic())

    def _run(self) -> None:
        resting = Resting(self._wait_unless_erasing, self._is_urgent)
        while not self._stopping:
            try:
                self.work(resting)
            except Exception:
                self.failures += 1
                log.exception("archive.failed", again_in_seconds=PAUSE_SECONDS)
                with self._changed:
                    self._changed.wait_for(lambda: self._stopping, PAUSE_SECONDS)
            self._wait_unless_erasing(LOOK_EVERY_SECONDS)

    def work(self, rest: Rest = go_on) -> None:
        """Does all that there is to do, with rests that are the calling thread's. From any thread, one at a time."""
        with self._working:
            self._rest = rest
            if self._erasing:
                self._erasing = False
                try:
                    self._erase()
                except BaseException:
                    self._erasing = True
                    raise
                self._log_tells = True
            self._move_all()
            while self._grown and not self._stopping:
                self._merge(*self._grown[0])
                self._grown.pop(0)
                self._move_all()
            for horizon in self._horizons():
                if (
                    not self._stopping
                    and abs(horizon.before_us - self._aged.get(horizon.account_id, 0)) >= AGED_EVERY_US
                ):
                    self._age(horizon.account_id, horizon.before_us)
            self._log_tells = self._log_tells and not self._stopping and not self._empty_log()
            self._drop_files(time.monotonic() - DROP_AFTER_SECONDS)

    def _wait_unless_erasing(self, seconds: float) -> None:
        """Also not beyond the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._stopping or self._erasing, seconds)

    def _is_urgent(self) -> bool:
        """Whether somebody waits for it, or memory and the database hold all that they should."""
        return self._stopping or self._erasing or _holds_too_much(list(self._unarchived()))

    # Each of these writes files, then has the writer change the ledger

    def _move_all(self) -> None:
        """Moves what has become enough for a file."""
        while not self._stopping and (most := _next_move(list(self._unarchived()))) is not None:
            self._move(most.shape, most.account_id)

    def _move(self, shape: LogShape, account_id: int) -> None:
        """An account's first blocks become a file, not more than it takes for one, whatever waits behind them.

        Where only deleted profiles had rows in them, there is nothing to move.
        """
        blocks = EVENT_BLOCKS if shape is EVENTS else CHANGE_BLOCKS
        with self._store.reading() as connection:
            last = blocks.ends_with(connection, account_id, ROWS_PER_RUN, BYTES_PER_RUN)
            rows = blocks.read_uncut(connection, account_id, through=last)
            names, keys = _named(connection, shape, account_id)
        if not len(rows):
            self._submit(lambda tx: tx.world.tenant(account_id).archived(tx.connection, shape, last)).result()
            return
        first = int(rows.columns[shape.number][0])
        written = new_run(self._store.archive, shape, account_id, rows, names, keys, self._rest)

        def move(tx: Transaction) -> None:
            ledger.add(tx.connection, shape, account_id, first, last, written)
            blocks.drop_through(tx.connection, account_id, last)
            tx.world.tenant(account_id).archived(tx.connection, shape, last)

        try:
            self._submit(move).result()
            self.moves += 1
            if (shape, account_id) not in self._grown:
                self._grown.append((shape, account_id))
        except BaseException:
            self._store.archive.drop(written.file)
            raise

    def _merge(self, shape: LogShape, account_id: int) -> None:
        """Files of one size that follow each other become one, as often as there are enough.

        That takes as long as it takes for many events to come in; what becomes enough for a file meanwhile is moved.
        Where that happens too often, there is no more rest.
        """
        moves_before = self.moves

        def rest() -> None:
            if self.moves - moves_before < SMALL_RUNS_MAX:
                self._rest()
            self._move_all()

        while not self._stopping:
            with self._store.reading() as connection:
                runs = ledger.runs(connection, shape, account_id)
                group = next(_mergeable(runs), None)
                if group is None:
                    return
                files = [self._store.archive.opened(run, shape) for run in group]
            written = merged_run(self._store.archive, shape, account_id, files, rest=rest)
            self._replace(shape, group, written)
            self.merges += 1

    def _erase(self) -> None:
        """Files with rows of deleted profiles are written anew."""
        for file in erase(self._store, self._in_writer):
            self._dropped.append((time.monotonic(), file))

    def _age(self, account_id: int, before_us: int) -> None:
        """Events that are too old go, if the time has come."""
        while not self._stopping and self._is_found(ageing.in_blocks, account_id, before_us):
            self._move(EVENTS, account_id)
            self._merge(EVENTS, account_id)
        if self._is_found(ageing.in_files, account_id, before_us):
            with suppress(ageing.NotNow):
                for file in ageing.age(
                    self._store, lambda change: self._submit(change).result(), account_id, before_us
                ):
                    self._dropped.append((time.monotonic(), file))
                    if self._stopping:
                        return
        self._aged[account_id] = before_us

    def _is_found(self, where: Callable[[Connection, int, int], bool], account_id: int, before_us: int) -> bool:
        with self._store.reading() as connection:
            return where(connection, account_id, before_us)

    def _replace(self, shape: LogShape, old: list[ArchivedRun], written: WrittenRun) -> None:
        replace(self._store, self._in_writer, shape, old, written)
        self._dropped += [(time.monotonic(), run.file) for run in old]

    def _in_writer(self, change: Callable[[Connection], None]) -> None:
        self._submit(lambda tx: change(tx.connection)).result()

    def _empty_log(self) -> bool:
        """Between two of the writer's transactions, so that nothing gets into the log meanwhile."""
        outcome: Future[bool] = Future()

        def empty() -> None:
            try:
                outcome.set_result(self._store.empty_log())
            except Exception as error:  # noqa: BLE001 - it is not the writer's
                outcome.set_exception(error)

        self._submit(lambda tx: tx.afterwards.append(empty)).result()
        return outcome.result()

    def _drop_files(self, before: float) -> None:
        """Removes what left the ledger before that; what the disk keeps is tried again after the next.

        What is left behind at the end, by whatever it was, the next start sweeps.
        """
        due = [one for one in self._dropped if one[0] <= before]
        for one in due:
            try:
                self._store.archive.drop(one[1])
            except OSError as error:
                log.warning("archive.file_kept", file=one[1], reason=error.strerror)
            else:
                self._dropped.remove(one)


def _named(connection: Connection, shape: LogShape, account_id: int) -> tuple[dict[int, str], list[str]]:
    """The names that go with the rows' labels, and the properties that get columns of their own."""
    if shape is CHANGES:
        return segments.names(connection, account_id), []
    types = event_types.of_account(connection, account_id)
    keys = {key for one in types for key in one.event_type.event_properties}
    return {one.type_id: one.event_type.event_type for one in types}, sorted(keys)


def _next_move(unarchived: Sequence[Unarchived]) -> Unarchived | None:
    """Whose rows are to be moved next, if anybody's."""
    waiting = [one for one in unarchived if one.rows]
    if not waiting:
        return None
    most, largest = max(waiting, key=lambda one: one.rows), max(waiting, key=lambda one: one.bytes_)
    if most.rows >= ROWS_PER_RUN or _are_enough(waiting):
        return most
    return largest if _are_too_large(waiting) else None


def _are_enough(waiting: Sequence[Unarchived]) -> bool:
    worth_it = max(ROWS_PER_RUN, ROWS_WORTH_A_FILE * len(waiting))
    return sum(one.rows for one in waiting) > min(worth_it, ROWS_UNARCHIVED_MAX)


def _holds_too_much(unarchived: Sequence[Unarchived]) -> bool:
    return _are_too_many(unarchived) or _are_too_large(unarchived)


def _are_too_many(unarchived: Sequence[Unarchived]) -> bool:
    return sum(one.rows for one in unarchived) > ROWS_UNARCHIVED_MAX


def _are_too_large(unarchived: Sequence[Unarchived]) -> bool:
    return sum(one.bytes_ for one in unarchived) > BYTES_UNARCHIVED_MAX


def _mergeable(runs: Sequence[ArchivedRun]) -> Iterator[list[ArchivedRun]]:
    """Neighbours of one size, or small ones of any, enough of them for a merge."""
    for size, neighbours in groupby(runs, key=lambda run: _size(run.row_count)):
        group = list(neighbours)[:RUNS_PER_MERGE]
        if len(group) == RUNS_PER_MERGE and size < _size(ROWS_PER_MERGED_RUN_MAX):
            yield group
    for is_small, neighbours in groupby(runs, key=lambda run: run.row_count < ROWS_PER_RUN):
        group = list(neighbours)
        if is_small and len(group) >= SMALL_RUNS_MAX:
            yield group


def _size(rows: int) -> int:
    """Runs of a size have up to `RUNS_PER_MERGE` times as many rows as each other; from 0 on they are not small."""
    size = 0
    while rows >= ROWS_PER_RUN * RUNS_PER_MERGE ** (size + 1):
        size += 1
    while max(rows, 1) * RUNS_PER_MERGE**-size < ROWS_PER_RUN:
        size -= 1
    return size

"""Mistakes with what is to be durable: acknowledged too early, forgotten too soon, half done, never cleared away."""

from collections.abc import Mapping
from typing import Any

from octy.service import archiver, writer
from octy.service.pending import PendingEvents
from octy.service.queue import Job
from octy.service.transaction import Transaction
from octy.service.writer import Writer
from octy.store import erasures, free_pages, meta, sqlite
from octy.store.archive import ledger, run_writer
from octy.store.backup.chain import NewChain
from octy.store.folder import Store
from tests.mistakes.making import Mistake, Patch, instead, without


def _answered_before_the_commit(self: Writer, world: Any, group: list[Job]) -> None:
    with self._store.writer.begin():
        tx = Transaction(world, self._store.writer)
        for job in group:
            answer = writer._answer(tx, job)
            if isinstance(answer, Exception):
                job.future.set_exception(answer)
            else:
                job.future.set_result(answer)
        self._housekeep(tx)
        tx.finish()
        self._note_erasures(world, tx)
    self._follow_up(world, tx)


def _a_failure_is_passed_over(patch: Patch) -> None:
    serve = Writer._serve

    def other(self: Writer, group: list[Job]) -> None:
        world = self._world
        serve(self, group)
        self._world = self._world or world

    patch.setattr(Writer, "_serve", other)


SHORTEN_LOG = Store.shorten_log


def _shortens_unseen(self: Store) -> None:
    look, self.before_bringing = self.before_bringing, lambda: None
    SHORTEN_LOG(self)
    self.before_bringing = look


ERASING = "tests/integration/service/test_erasing.py"
CONTINUOUS = "tests/integration/service/test_continuous_backup.py"
SYNCHRONOUS_NORMAL = (*sqlite._WRITER_PRAGMAS, "synchronous = NORMAL")

MISTAKES: Mapping[str, Mistake] = {
    "synchronous is NORMAL": Mistake(instead(sqlite, "_WRITER_PRAGMAS", SYNCHRONOUS_NORMAL)),
    "requests are answered before they are committed": Mistake(instead(Writer, "_commit", _answered_before_the_commit)),
    "what a failed commit has left in memory is served": Mistake(_a_failure_is_passed_over),
    "the store is not opened again after a failed write": Mistake(
        without(Store, "reopen"),
        "tests/integration/service/test_failures.py::test_a_store_that_is_found_damaged_acknowledges_nothing",
    ),
    "how far time has come is not stored": Mistake(without(meta, "set_values")),
    "message ids are kept in memory alone": Mistake(without(PendingEvents, "store_message_ids")),
    "message ids are forgotten after a minute": Mistake(instead(writer, "MESSAGE_IDS_KEPT_US", 60_000_000)),
    "rows leave their blocks before their file is durable": Mistake(without(run_writer, "sync_file")),
    "rows leave their blocks before their file's name is durable": Mistake(without(run_writer, "sync_folder")),
    "rows leave their blocks, and their file is not in the ledger": Mistake(without(ledger, "add")),
    "files that were merged stay in the ledger": Mistake(without(ledger, "remove")),
    "an erasure leaves the archive as it is": Mistake(instead(archiver, "erase", lambda *_: iter(()))),
    "an erasure is never done with": Mistake(without(erasures, "done")),
    "what was erased can be read in free pages": Mistake(
        instead(sqlite, "_WRITER_PRAGMAS", (*sqlite._WRITER_PRAGMAS, "secure_delete = OFF")),
        f"{ERASING}::test_of_twenty_canaries_none_is_in_any_file",
    ),
    "what has moved and was erased can be read in free pages": Mistake(
        without(free_pages, "wipe"), f"{ERASING}::test_what_has_moved_to_a_file_is_in_no_free_page_either"
    ),
    "what was erased can be read in SQLite's log": Mistake(
        instead(Store, "empty_log", lambda _: True), f"{ERASING}::test_of_twenty_canaries_none_is_in_any_file"
    ),
    "the continuous backup does not look before the log is written over": Mistake(
        instead(Store, "shorten_log", _shortens_unseen), f"{CONTINUOUS}::test_any_moment_is_what_the_store_was"
    ),
    "the continuous backup lacks new files of the archive": Mistake(
        without(NewChain, "keep"), f"{CONTINUOUS}::test_any_moment_is_what_the_store_was"
    ),
}

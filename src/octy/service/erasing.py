"""How deleted profiles go (X3): at once from the database; files with rows of theirs are written anew without those."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial

from sqlalchemy import Connection

from octy.service.news import take_out_of_digests
from octy.store import erasures, free_pages, idempotency, profiles
from octy.store.archive import ledger
from octy.store.archive.archive import Archive
from octy.store.archive.ledger import ArchivedRun
from octy.store.archive.making import merged_run
from octy.store.archive.merging import Leaving
from octy.store.archive.run_writer import WrittenRun
from octy.store.folder import Store
from octy.store.log_shape import ARCHIVED, LogShape

Commit = Callable[[Callable[[Connection], None]], None]
"""Does something with the writing connection, and returns when that is durable."""


def forget(connection: Connection, archive: Archive, account_id: int, ids: Mapping[int, str], now_us: int) -> None:
    """Removes profiles, whose ids are given by their keys, from the database: wherever they are named, or were."""
    take_out_of_digests(connection, account_id, ids)
    profiles.delete(connection, archive, account_id, list(ids), now_us)
    idempotency.forget(connection, account_id, {profile_id.encode() for profile_id in ids.values()})
    free_pages.wipe(connection)


def erase(store: Store, commit: Commit) -> Iterator[str]:
    """Does all that is asked for; tells each file that has left the ledger, as soon as it has."""
    with store.reading() as connection:
        requested = erasures.requested(connection)
    for account_id, profile_keys in requested.items():
        for shape in ARCHIVED:
            with store.reading() as connection:
                runs = store.archive.runs(connection, shape, account_id)
            for run, file in runs:
                if any(file.rows_of(profile_keys)):
                    written = merged_run(store.archive, shape, account_id, [file], Leaving(frozenset(profile_keys)))
                    replace(store, commit, shape, [run], written)
                    yield run.file
        commit(partial(erasures.done, account_id=account_id, profile_keys=profile_keys))


def replace(store: Store, commit: Commit, shape: LogShape, old: list[ArchivedRun], written: WrittenRun) -> None:
    """A new file takes the places of others, whose numbers rise from one to the next; where that fails, it goes."""

    def change(connection: Connection) -> None:
        ledger.remove(connection, [run.run_id for run in old])
        ledger.add(connection, shape, old[0].account_id, old[0].first_number, old[-1].last_number, written)

    try:
        commit(change)
    except BaseException:
        store.archive.drop(written.file)
        raise


def commit_to(store: Store) -> Commit:
    """Does things in transactions of their own, where no writer is at work."""

    def commit(change: Callable[[Connection], None]) -> None:
        with store.writer.begin():
            change(store.writer)

    return commit

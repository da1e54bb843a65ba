"""Is everything in a data folder as it must be? All that there is to look at, each part relying on those before it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
from sqlalchemy.exc import DBAPIError

from octy.model.errors import OctyError, StoreError
from octy.service.checking.catalog import catalog
from octy.service.checking.files import check_files
from octy.service.checking.findings import Findings
from octy.service.checking.jobs import check_jobs
from octy.service.checking.numbers import check_numbers
from octy.service.checking.pages import check_pages
from octy.service.checking.purges import check_receipts
from octy.service.checking.references import check_message_ids, check_references
from octy.service.checking.stories import check_stories
from octy.store import sqlite
from octy.store.folder import DATABASE, Snapshot, inspected, unopened

Progress = Callable[[str], None]
"""Told what is looked at next."""


def check_folder(folder: Path, progress: Progress) -> Findings:
    """Looks at a folder that no server holds, and changes nothing of it. StoreError where it cannot be looked at."""
    findings = Findings()
    progress("the pages of the database")
    with unopened(folder) as database:
        check_pages(database, findings)
    if "database" not in findings.by_kind:
        try:
            with inspected(folder) as snapshot:
                check(snapshot, progress, findings)
        except StoreError as error:
            if findings.is_clean:
                raise
            findings.differ("database", DATABASE, "something that can be read", error)
    return findings


def check(snapshot: Snapshot, progress: Progress, findings: Findings | None = None) -> Findings:
    """Everything that SQLite reads. Where the database itself is broken, nothing else is looked at."""
    findings = Findings() if findings is None else findings
    with _told("the database", findings):
        progress("the database")
        _check_database(snapshot, findings)
    if "database" in findings.by_kind:
        return findings
    with _told("the store", findings):
        progress("references")
        accounts = catalog(snapshot.connection)
        check_references(snapshot, accounts, findings)
        progress("jobs and what they have made")
        with _told("the jobs", findings):
            check_jobs(snapshot, accounts, findings)
        progress("the archive's files")
        unreadable = check_files(snapshot, findings)
        progress("the numbers of all rows")
        met = check_numbers(snapshot, findings, unreadable)
        if not unreadable:
            check_message_ids(snapshot, accounts, met, findings)
        for account in accounts:
            progress(f"the tags of account {account.name}")
            if account.account_id in unreadable:
                findings.differ("tags", f"account {account.name}", "a log that can be read", "the parts told of above")
            else:
                with _told(f"the log of account {account.name}", findings):
                    check_stories(snapshot, account, findings)
                    check_receipts(snapshot, account, findings)
    return findings


def _check_database(snapshot: Snapshot, findings: Findings) -> None:
    for line in sqlite.problems_found(snapshot.connection):
        findings.differ("database", "integrity_check", "ok", line)
    for table, parent in sqlite.rows_without_parent(snapshot.connection):
        findings.differ("database", f"table {table}", f"a row of {parent} for each reference", "none for one of them")
    findings.checked["databases"] += 1


@contextmanager
def _told(what: str, findings: Findings) -> Iterator[None]:
    """What cannot even be read is a difference too."""
    try:
        yield
    except DBAPIError as error:
        findings.differ("database", what, "something that can be read", str(error.orig))
    except (OctyError, msgspec.MsgspecError, ValueError, KeyError, OSError) as error:
        findings.differ("store", what, "something that can be read", f"{type(error).__name__}: {error}")

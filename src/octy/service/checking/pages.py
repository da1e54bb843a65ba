"""Are SQLite's files what was written? Every byte is read, before SQLite makes of it what it can."""

from pathlib import Path

from octy.service.checking.findings import Findings
from octy.service.checking.remedies import ChangedPage
from octy.store.page_sums import sums_of, unlike
from octy.store.sqlite_log import PAGE_BYTES, log_of, look_through


def check_pages(database: Path, findings: Findings) -> None:
    """Notes each part of the database and of its log that is not what was written."""
    log = look_through(database)
    if log.broken_at is not None:
        where = f"{log_of(database).name}, from byte {log.broken_at:,} on"
        findings.differ("database", where, "what was written", "something else, and committed transactions after it")
    for one in unlike(database, log):
        where = f"{one.file}, bytes {one.first_byte:,} to {one.end - 1:,}"
        remedy = ChangedPage(one.first_byte) if one.is_whole else None
        findings.differ("database page", where, one.expected, one.found, remedy)
    if sums_of(database).exists():
        findings.checked["database pages"] += database.stat().st_size // PAGE_BYTES

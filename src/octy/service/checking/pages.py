"""Are SQLite's files what was written? Every byte is read, before SQLite makes of it what it can."""

from pathlib import Path

import numpy as np

from octy.service.checking.findings import Findings
from octy.service.checking.remedies import ChangedPage
from octy.store.page_sums import broken_log, known_sums, unlike
from octy.store.sqlite_log import log_of


def check_pages(database: Path, findings: Findings) -> None:
    """Notes each part of the database and of its log that is not what was written."""
    if (broken := broken_log(database)) is not None:
        where = f"{log_of(database).name}, from byte {broken:,} on"
        findings.differ("database", where, "what was written", "something else, and committed transactions after it")
    sums = known_sums(database)
    for one in unlike(database, sums):
        where = f"{one.file}, bytes {one.first_byte:,} to {one.end - 1:,}"
        remedy = ChangedPage(one.first_byte) if one.is_whole else None
        findings.differ("database page", where, one.expected, one.found, remedy)
    findings.checked["database pages"] += int(np.count_nonzero(sums))

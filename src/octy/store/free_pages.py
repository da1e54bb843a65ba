"""What is in pages of the database that are free? Of what was erased nothing; of what has moved, all, until then.

SQLite overwrites what is deleted. Most of what is deleted has only moved to the archive: megabytes at once, and to
write zeros over them takes as long as to have written them. So they stay, and later rows are written over them; but
before a transaction ends in which somebody was erased, all free pages are overwritten, whosever bytes they hold. There
are never many of which that is so: it would take long.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection

from octy.store import meta
from octy.store.sqlite import free_pages, overwrite_free_pages, overwriting_little

FREE_PAGES_MAX = 4_096
"""16 MiB. Where so many are free, what moves is overwritten."""
UNWIPED = "free_pages_unwiped"
"""The name in `octy.store.meta` for as long as something may be in them."""


@contextmanager
def moving(connection: Connection) -> Iterator[None]:
    """What is deleted until the end is elsewhere too, and nobody has asked for its bytes to go."""
    if free_pages(connection) > FREE_PAGES_MAX:
        wipe(connection)
        yield
        return
    meta.set_value(connection, UNWIPED, "1")
    with overwriting_little(connection):
        yield


def wipe(connection: Connection) -> None:
    """What has moved can be read in no free page once the transaction ends, nor what it has deleted itself."""
    if meta.get_value(connection, UNWIPED) is not None:
        overwrite_free_pages(connection)
        meta.remove(connection, UNWIPED)

"""Nothing of a server grows with time but what it keeps (C39): five minutes of a thousand events a second.

By the sandbox's clock, so that they pass in seconds. `make endure` takes hours of real ones, or one of a clock that
hurries.
"""

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import NamedTuple

from tests.acceptance.account import Account, step
from tests.acceptance.ledger import EVENTS
from tests.acceptance.processes import Machine, Server, wait_for

MINUTES = 5
EVENTS_PER_BATCH = 500
BATCHES_PER_SECOND = 2
PROFILES = 500
BODIES = 20
APART_MAX = 5
"""So much may descriptors and threads differ."""
GROWTH_BYTES_MAX = 150_000_000
"""Events that are not in the archive yet take 80 bytes each in memory; writing a file takes 100 MB meanwhile."""
LOG_BYTES_MAX = 50_000_000
START = datetime(2024, 1, 1, tzinfo=UTC)


class Size(NamedTuple):
    """Of a server."""

    memory_bytes: int
    descriptors: int
    threads: int
    log_bytes: int


def test_five_minutes_leave_a_server_as_large_as_the_first_did(machine: Machine) -> None:
    server = machine.sandbox()
    account = Account(server)
    bodies = _furnished(account)
    sizes = []
    for second in range(60 * MINUTES):
        for batch in range(BATCHES_PER_SECOND):
            sent = account.http.post(EVENTS, content=bodies[(BATCHES_PER_SECOND * second + batch) % BODIES])
            assert sent.status_code == 201, sent.text
        account.move_clock((START + timedelta(seconds=second + 1)).isoformat())
        if second % 60 == 59:
            sizes.append(_size(server))
    wait_for("events to become a file", lambda: _told(account, "octy_archive_moves_total"))
    events = 60 * MINUTES * BATCHES_PER_SECOND * EVENTS_PER_BATCH
    assert _told(account, "octy_events_accepted_total") == events
    first, *rest = sizes
    for size in [*rest, _size(server)]:
        assert abs(size.descriptors - first.descriptors) <= APART_MAX, sizes
        assert abs(size.threads - first.threads) <= APART_MAX, sizes
        assert size.memory_bytes - first.memory_bytes < GROWTH_BYTES_MAX, sizes
        assert size.log_bytes < LOG_BYTES_MAX, sizes
    server.stop()


def _furnished(account: Account) -> list[bytes]:
    """Bodies of batches, in a world with timers that are set, fire and are called off."""
    account.event_type("view")
    account.segment("stuck", "live", 2, step("view", minutes=5), step("charged", "inaction"))
    account.segment("viewers", "past", 1, step("view"), days=30)
    account.segment("thrifty", "past", 2, step("view"), step("charged", "inaction"), days=30)
    profile_ids, chance = account.profiles(*(f"customer {number}" for number in range(PROFILES))), Random(39)
    return [
        json.dumps(
            {
                "events": [
                    {"event_type": chance.choice(("view", "charged")), "profile_id": chance.choice(profile_ids)}
                    for _ in range(EVENTS_PER_BATCH)
                ]
            }
        ).encode()
        for _ in range(BODIES)
    ]


def _told(account: Account, name: str) -> float:
    found = re.search(rf"^{name} (\S+)$", account.http.get("/metrics").text, re.MULTILINE)
    assert found is not None, name
    return float(found[1])


def _size(server: Server) -> Size:
    process = Path(f"/proc/{server.popen.pid}")
    status = (process / "status").read_text()
    (resident,) = re.findall(r"^VmRSS:\s+(\d+) kB$", status, re.MULTILINE)
    return Size(
        int(resident) * 1024,
        len(list((process / "fd").iterdir())),
        len(list((process / "task").iterdir())),
        (server.data / "octy.db-wal").stat().st_size,
    )

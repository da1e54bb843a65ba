"""`kill -9` while several clients send: after each start, what was acknowledged is there exactly once, and evaluated.

Its clients' events lie at instants of their own, all in the past month, so that what tags a profile must bear can be
told from its events alone (P1 to P4), in whatever order they were accepted (P7).
"""

import os
import threading
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from random import Random

from tests.acceptance.account import Account, Json, step, stored_rows
from tests.acceptance.ledger import Batch, Ledger, numbered
from tests.acceptance.processes import Machine, Server, wait_for
from tests.logs import opened

ROUNDS = 5
CLIENTS = 3
PROFILES = 30
EVENTS_PER_BATCH = 25
EVENTS_PER_ROUND = 300
KILLED_WITHIN_SECONDS = 0.3


def test_five_kills_lose_nothing_and_double_nothing(machine: Machine) -> None:
    seed = int.from_bytes(os.urandom(4))
    print(f"seed {seed}")
    crowd, ledger, chance = Crowd(Random(seed)), Ledger(), Random(seed)
    server = machine.serve()
    crowd.settle(Account(server))
    for _ in range(ROUNDS):
        enough = len(ledger.acknowledged) + EVENTS_PER_ROUND
        clients = [ledger.send_until_gone(server, crowd.batch) for _ in range(CLIENTS)]
        wait_for("traffic", partial(ledger.has, enough))
        time.sleep(chance.uniform(0, KILLED_WITHIN_SECONDS))  # the random moment; nothing waits for anything here
        server.kill()
        for client in clients:
            client.join()
        server = machine.serve()
        _check(server, crowd, ledger)
        ledger.resend_acknowledged(server)
        ledger.resend_unanswered(server)
        assert stored_rows(server.data)["events"] == len(ledger.acknowledged)
    _check(server, crowd, ledger)
    server.stop()
    _check_the_file(server, ledger)


class Crowd:
    """Customers who view, leave and pay, each at instants that nobody else has."""

    def __init__(self, chance: Random) -> None:
        self._chance = chance
        self._lock = threading.Lock()
        self._numbers = count()
        self._now = datetime.now(UTC).replace(microsecond=0)
        self.profile_ids: list[str] = []

    def settle(self, account: Account) -> None:
        """The world before the traffic."""
        account.event_type("view", "number")
        account.event_type("leave", "number")
        account.segment("paid after a view", "past", 1, step("view"), step("charged"), days=30)
        account.segment("stayed, paid nothing", "past", 2, step("view"), step("charged", "inaction"), days=30)
        account.segment("came back", "past", 1, step("leave"), step("view"), days=10)
        self.profile_ids = account.profiles(*(f"customer {number}" for number in range(PROFILES)))

    def batch(self) -> Batch:
        """The next events; called from several threads."""
        with self._lock:
            return [self._event(next(self._numbers)) for _ in range(EVENTS_PER_BATCH)]

    def _event(self, number: int) -> Json:
        chosen = self._chance.choices(["view", "leave", "charged"], [12, 6, 1])[0]
        days_ago = timedelta(days=self._chance.choice([29, 20, 11, 9, 3]))  # none of it near a window's edge
        event = {
            "event_type": chosen,
            "profile_id": self._chance.choice(self.profile_ids),
            "created_at": (self._now - days_ago + timedelta(seconds=number)).isoformat(),
        }
        return dict(numbered(event, f"number {number}"))


def tags_demanded(events: list[Json], now: datetime) -> set[str]:
    """Straight from P1 to P3, without a thought for speed."""
    month = _story(events, now - timedelta(days=30))
    ten_days = _story(events, now - timedelta(days=10))
    demanded = {
        "paid after a view": _follows(month, "view", "charged"),
        "stayed, paid nothing": "view" in month and "charged" not in month,
        "came back": _follows(ten_days, "leave", "view"),
    }
    return {tag for tag, holds in demanded.items() if holds}


def _story(events: list[Json], after: datetime) -> list[str]:
    in_order = sorted(events, key=lambda event: event["occurred_at"])
    return [one["event_type"] for one in in_order if datetime.fromisoformat(one["occurred_at"]) > after]


def _follows(story: list[str], first: str, then: str) -> bool:
    return first in story and then in story[story.index(first) + 1 :]


def _check(server: Server, crowd: Crowd, ledger: Ledger) -> None:
    """Through the API: every acknowledged event once, nothing that was never sent, the tags that they demand."""
    account = Account(server)
    shown: Counter[str] = Counter()
    for profile_id in crowd.profile_ids:
        events = account.events_of(profile_id)
        shown.update(event["event_properties"]["number"] for event in events)
        assert set(account.tags_of(profile_id)) == tags_demanded(events, datetime.now(UTC))
        for event in events:
            number = event["event_properties"]["number"]
            assert ledger.acknowledged.get(number, event["event_id"]) == event["event_id"]
            assert ledger.events[number]["profile_id"] == profile_id
    assert set(shown.values()) <= {1}
    assert set(ledger.acknowledged) <= set(shown) <= set(ledger.events)


def _check_the_file(server: Server, ledger: Ledger) -> None:
    """Without Octy: what does SQLite say of the file itself?"""
    with opened(server.data) as connection:
        stored = connection.execute("SELECT properties ->> 'number' FROM events").fetchall()
        (verdict,) = connection.execute("PRAGMA store.integrity_check").fetchone()
    assert Counter(number for (number,) in stored) == Counter(dict.fromkeys(ledger.acknowledged, 1))
    assert verdict == "ok"

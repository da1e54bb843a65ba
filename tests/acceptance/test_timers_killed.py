"""Thousands of windows end while their server is killed again and again (C07): each ends once, none early, in order.

Windows are minutes long. So the test opens them as a server would have done whose clock was some minutes behind; what
then ends them is the machine's own clock, and real servers.
"""

import time
from pathlib import Path
from random import Random
from typing import NamedTuple

from octy.model.accounts import AccountConfiguration
from octy.model.events import EventTypeDraft, PlainEventDraft
from octy.model.instants import US_PER_MINUTE, US_PER_SECOND, iso
from octy.model.keys import Keys
from octy.model.limits import EVENTS_PER_BATCH_MAX, PROFILES_PER_BATCH_MAX
from octy.model.profiles import ProfileDraft
from octy.service.octy import Octy
from octy.store.folder import open_store
from tests.acceptance.account import Account, step
from tests.acceptance.processes import PUBLIC_KEY, SECRET_KEY, Machine, Server
from tests.crash.extent import extent, seed
from tests.integration.service.serving import StandingClock, done
from tests.integration.service.world import definition
from tests.logs import opened

WINDOWS = extent(100_000, 3_000)
WINDOW_MINUTES = extent(30, 5)
FIRST_DUE_SECONDS, LAST_DUE_SECONDS = 3, extent(900, 10)
"""From now."""
OVERDUE = extent(10_000, 300)
"""So many are due at the same time as the first, and overdue when the first server starts."""
KILLS = extent(50, 1)
PAYMENTS_A_ROUND = 20
KILLED_WITHIN_SECONDS = 1.0
RECEIVER = "https://hooks.example.org/octy"

ENDINGS = """
SELECT profile_id, effective_us, recorded_us FROM tag_history JOIN profiles USING (profile_key)
WHERE kind = 1 ORDER BY change_id
"""
PAYMENTS = """
SELECT profile_id, events.created_us FROM events JOIN profiles USING (profile_key) WHERE accepted_us > :opened_us
"""


class Ending(NamedTuple):
    """A window that ended in a tag."""

    profile_id: str
    effective_us: int
    recorded_us: int


def test_windows_end_exactly_once_however_often_the_server_is_killed(machine: Machine) -> None:
    chance = Random(seed())
    windows = Windows(machine.folder / "data", chance)
    time.sleep(max(windows.overdue_us - _now_us(), 0) / US_PER_SECOND)
    kills, is_over = 0, False
    while not is_over or kills < KILLS:
        is_over = _now_us() >= windows.last_due_us
        kills += 1
        server = windows.served_by(machine)
        windows.pay_for_some(server)
        time.sleep(chance.uniform(0, KILLED_WITHIN_SECONDS))  # the random moment; nothing waits for anything here
        server.kill()
        windows.check_that_none_was_early()
    windows.served_by(machine).stop()
    windows.check_that_each_ended_once()
    assert windows.caught_up
    print(f"{WINDOWS:,} windows, {kills} kills; from a start to the last that was overdue by then: {windows.caught_up}")


class Windows:
    """A window of each customer, which ends in a tag and a webhook unless the customer pays before."""

    def __init__(self, data: Path, chance: Random) -> None:
        self._data = data
        self._chance = chance
        now_us = _now_us()
        first_us, last_us = (now_us + seconds * US_PER_SECOND for seconds in (FIRST_DUE_SECONDS, LAST_DUE_SECONDS))
        due_us = [first_us + number for number in range(OVERDUE)]
        due_us += [chance.randrange(first_us, last_us) for _ in range(WINDOWS - OVERDUE)]
        self.caught_up = ""
        self.overdue_us, self.last_due_us = first_us + OVERDUE, max(due_us)
        self._opened_us = self.last_due_us - WINDOW_MINUTES * US_PER_MINUTE
        self._due_us = dict(zip(self._open(due_us), due_us, strict=True))
        """By profile id."""

    def served_by(self, machine: Machine) -> Server:
        """A server that is ready, and by then has made all that was due before it was started."""
        began_us = _now_us()
        server = machine.serve()
        owed = {who for who, due_us in self._unpaid().items() if due_us <= began_us}
        recorded_us = {ending.profile_id: ending.recorded_us for ending in self._endings()}
        assert owed <= recorded_us.keys()
        late = [recorded_us[who] for who in owed if recorded_us[who] >= began_us]
        if len(late) >= OVERDUE:
            self.caught_up = f"{len(late):,} in {(max(late) - began_us) / US_PER_SECOND:.1f} s"
        return server

    def pay_for_some(self, server: Server) -> None:
        """Some customers whose windows may still be open pay now."""
        waiting = [who for who, due_us in self._unpaid().items() if due_us > _now_us()]
        some = self._chance.sample(waiting, min(PAYMENTS_A_ROUND, len(waiting)))
        if some:
            events = [{"event_type": "charged", "profile_id": who} for who in some]
            Account(server).post("/v1/retention/events/create/batch", {"events": events})

    def check_that_none_was_early(self) -> None:
        """By the machine's clock as well as by the server's."""
        now_us = _now_us()
        for ending in self._endings():
            assert ending.effective_us == self._due_us[ending.profile_id]
            assert ending.effective_us <= ending.recorded_us <= now_us

    def check_that_each_ended_once(self) -> None:
        """All that were not paid for in time, in the order in which they were due, each with one webhook."""
        endings = self._endings()
        in_order = sorted(self._unpaid().items(), key=lambda one: one[1])
        assert [(one.profile_id, one.effective_us) for one in endings] == in_order
        with opened(self._data) as connection:
            question = "SELECT profile_id FROM outbox JOIN profiles USING (profile_key) ORDER BY delivery_id"
            assert [who for (who,) in connection.execute(question)] == [who for who, _ in in_order]

    def _unpaid(self) -> dict[str, int]:
        """Those who have not paid before their windows were due (L4, L5), by what is stored."""
        with opened(self._data) as connection:
            paid_us = dict(connection.execute(PAYMENTS, {"opened_us": self._opened_us}).fetchall())
        return {who: due_us for who, due_us in self._due_us.items() if paid_us.get(who, due_us) >= due_us}

    def _endings(self) -> list[Ending]:
        with opened(self._data) as connection:
            return [Ending(*row) for row in connection.execute(ENDINGS)]

    def _open(self, due_us: list[int]) -> list[str]:
        """The customers' profile ids, in the order of their windows."""
        clock = StandingClock(min(due_us) - WINDOW_MINUTES * US_PER_MINUTE)
        octy = Octy(open_store(self._data), clock)
        octy.start()
        account = octy.create_account(Keys(PUBLIC_KEY, SECRET_KEY)).account_id
        done(octy.configure(account, AccountConfiguration(webhook_url=RECEIVER)))
        done(octy.create_event_types(account, [EventTypeDraft("cart")]))
        steps = [step("cart", minutes=WINDOW_MINUTES), step("charged", "inaction")]
        done(octy.create_segment(account, definition("abandoned", "live", 2, 0, steps)))
        ids: list[str] = []
        for first in range(0, WINDOWS, PROFILES_PER_BATCH_MAX):
            some = range(first, min(first + PROFILES_PER_BATCH_MAX, WINDOWS))
            drafts = [ProfileDraft(f"customer {number}") for number in some]
            ids += [profile.profile_id for profile in done(octy.create_profiles(account, drafts)).done]
        clock.move_to(self._opened_us)
        carts = [
            PlainEventDraft("cart", who, created_at=iso(one_us - WINDOW_MINUTES * US_PER_MINUTE))
            for who, one_us in zip(ids, due_us, strict=True)
        ]
        for first in range(0, WINDOWS, EVENTS_PER_BATCH_MAX):
            assert not done(octy.ingest(account, carts[first : first + EVENTS_PER_BATCH_MAX])).failed
        octy.stop()
        return ids


def _now_us() -> int:
    return time.time_ns() // 1_000

"""More falls due at once than one group of requests makes (T6): wherever the process ends, nothing is lost or doubled.

A server that stands still after each commit, so that a test may look, do something, or go on in another process.
"""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from octy.engine import engine
from octy.model.accounts import AccountConfiguration
from octy.model.events import PlainEventDraft
from octy.model.instants import US_PER_DAY, US_PER_MINUTE, iso
from octy.model.profiles import ProfileUpdate
from octy.model.tags import ChangeKind
from octy.model.webhooks import CHOICE_OF_EVENTS
from octy.service import accounts, profiles, segments, transaction
from octy.service.checking.check import check_folder
from octy.service.ingest import ingest
from octy.service.progress import Progress
from octy.service.restore import restore
from octy.service.transaction import Transaction
from octy.store import deliveries, meta
from octy.store.deliveries import Wanted
from octy.store.folder import Store, open_store
from tests.integration.service.serving import Service, StandingClock, eventually
from tests.integration.service.world import URL, Shop
from tests.logs import opened
from tests.unit.engine.shop import instant

CUSTOMERS = tuple(f"customer {number}" for number in range(8))
LATER_US = instant("3d 00:00")

Deed = Callable[[Transaction, int], object]
"""What somebody does to the account with this number."""


class Slowly:
    """A folder whose server goes on commit by commit."""

    def __init__(self, folder: Path, now_us: int) -> None:
        self.folder = folder
        self.clock = StandingClock(now_us)
        self.store: Store = open_store(folder)
        with self.store.writer.begin():
            self.world = restore(self.store.writer, self.store.archive, self.clock, Progress())
            tx = Transaction(self.world, self.store.writer)
            for tenant in self.world.tenants.values():
                tx.catch_up(tenant)
            tx.finish()
        (self.account,) = self.world.tenants

    def commits(self, deed: Deed | None = None) -> None:
        """One group."""
        with self.store.writer.begin():
            tx = Transaction(self.world, self.store.writer)
            if deed is not None:
                deed(tx, self.account)
            tx.finish()

    @property
    def is_behind(self) -> bool:
        """Whether something that is due has been left for later."""
        return self.world.due_us() <= self.clock.now_us()

    def finishes(self) -> None:
        """Until nothing is left."""
        while self.is_behind:
            self.commits()

    def ends(self) -> None:
        """The process is gone, with all that it had in memory."""
        self.store.close()


@pytest.fixture(autouse=True)
def _little_by_little(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transaction, "DUE_PER_GROUP", 1)
    monkeypatch.setattr(engine, "PROFILES_AT_ONCE", 1)
    monkeypatch.setattr(engine, "TIMERS_AT_ONCE", 1)


@pytest.fixture
def before(tmp_path: Path) -> Path:
    """A folder in which much is about to happen by itself: customers join, leave, and do both."""
    service = Service(tmp_path / "before", StandingClock(instant("12:00")))
    shop = Shop(service)
    shop.has(*CUSTOMERS, plan="gold")
    shop.past("viewed", "view", days=1)
    shop.past("unpaid", "view", unless="pay", days=2)
    shop.past("gold and unpaid", "view", unless="pay", days=2, plan="gold")
    shop.past("in order", "view", "cart", days=1)
    shop.live("idle", "view", unless="cart", within_minutes=10)
    for number, name in enumerate(CUSTOMERS):
        service.clock.move_to(instant(f"12:{10 + number}"))
        if number % 2:
            shop.pays(name)  # so it will have paid too long ago for a moment, before it has viewed too long ago
            service.clock.move_to(instant(f"12:{10 + number}:30"))
        shop.views(name)
        if number % 3:
            shop.does(name, "cart")
    service.stop()
    return service.folder


def _chooses(tx: Transaction, account: int, choice: AccountConfiguration) -> None:
    accounts.configure(tx, account, choice, allow_private_webhooks=False, allow_http_webhooks=False)


def story(folder: Path) -> tuple[dict[int, list[tuple[object, ...]]], list[tuple[object, ...]]]:
    """Each profile's history of tags in the order in which it was recorded, and the tags."""
    with opened(folder) as connection:
        lines: dict[int, list[tuple[object, ...]]] = {}
        for profile, *line in connection.execute(
            "SELECT profile_key, segment_tag, kind, cause, effective_us FROM tag_history ORDER BY change_id"
        ):
            lines.setdefault(profile, []).append(tuple(line))
        return lines, sorted(connection.execute("SELECT * FROM tags").fetchall())


def views(tx: Transaction, account: int) -> None:
    """The last customer looks at something, at the clock's now."""
    last = tx.world.tenants[account].profile_ids[len(CUSTOMERS) - 1]
    outcome = ingest(tx, account, [PlainEventDraft("view", last, None, iso(tx.now_us))])
    assert not outcome.failed


def fills_a_cart(tx: Transaction, account: int) -> None:
    """The last customer does what half of the segments do not look at."""
    last = tx.world.tenants[account].profile_ids[len(CUSTOMERS) - 1]
    assert not ingest(tx, account, [PlainEventDraft("cart", last)]).failed


def is_late(tx: Transaction, account: int) -> None:
    """The last customer's payment gets known, which belongs between things that have fallen due since."""
    last = tx.world.tenants[account].profile_ids[len(CUSTOMERS) - 1]
    outcome = ingest(tx, account, [PlainEventDraft("pay", last, None, iso(tx.now_us - 2 * US_PER_DAY + 1))])
    assert not outcome.failed


def changes_plan(tx: Transaction, account: int) -> None:
    """The last customer has another plan."""
    last = tx.world.tenants[account].profile_ids[len(CUSTOMERS) - 1]
    assert not profiles.update(tx, account, [ProfileUpdate(profile_id=last, profile_data={"plan": "none"})]).failed


def forgets(tx: Transaction, account: int) -> None:
    """The first customer is deleted."""
    assert not profiles.delete(tx, account, [CUSTOMERS[0]]).failed


def nothing(_: Transaction, __: int) -> None:
    """All is quiet."""


DEEDS: list[Deed] = [nothing, views, fills_a_cart, is_late, changes_plan, forgets]


@pytest.mark.parametrize("deed", DEEDS)
def test_wherever_the_process_ends_nothing_is_lost_or_made_twice(before: Path, tmp_path: Path, deed: Deed) -> None:
    calm = Slowly(shutil.copytree(before, tmp_path / "calm"), instant("13:00"))
    calm.clock.move_to(LATER_US)
    calm.commits()
    calm.commits(deed)
    calm.finishes()
    calm.ends()
    lines, tags = story(calm.folder)
    assert sum(map(len, lines.values())) > 4 * len(CUSTOMERS)

    ends = 0
    while True:
        slowly = Slowly(shutil.copytree(before, tmp_path / f"ended {ends}"), instant("13:00"))
        slowly.clock.move_to(LATER_US)
        slowly.commits()
        slowly.commits(deed)
        for _ in range(ends):
            slowly.commits()
        was_behind = slowly.is_behind
        slowly.ends()
        assert check_folder(slowly.folder, lambda _: None).differences == [], "what is left for later is no difference"
        again = Slowly(slowly.folder, LATER_US)
        assert not again.is_behind, "what fell due is made before the first request"
        again.ends()
        found, found_tags = story(slowly.folder)
        assert {who: sorted(told, key=repr) for who, told in found.items()} == {
            who: sorted(told, key=repr) for who, told in lines.items()
        }
        assert found_tags == tags
        if not was_behind:
            break
        ends += 1
    assert ends > 3, "it was behind for a while"


def test_each_profiles_changes_are_recorded_in_their_order(before: Path) -> None:
    slowly = Slowly(before, instant("13:00"))
    slowly.clock.move_to(LATER_US)
    slowly.finishes()
    slowly.ends()
    for told in story(before)[0].values():
        instants = [effective_us for *_, effective_us in told if isinstance(effective_us, int)]
        assert instants == sorted(instants)


def test_what_a_segment_owed_is_made_before_it_is_deleted(before: Path) -> None:  # X1
    slowly = Slowly(before, instant("13:00"))
    segment_ids = [one.segment_id for one in slowly.world.tenants[slowly.account].segments.values()]
    slowly.clock.move_to(LATER_US)
    slowly.commits()
    behind = [slowly.is_behind]
    slowly.commits(lambda tx, account: segments.delete(tx, account, segment_ids))
    behind.append(slowly.is_behind)
    assert behind == [True, False]
    slowly.ends()
    lines, _ = story(before)
    assert sum(kind == ChangeKind.REMOVED for told in lines.values() for _, kind, *_ in told) > len(CUSTOMERS)
    assert check_folder(before, lambda _: None).differences == []


def test_who_is_behind_is_noted_and_who_is_not_is_not(before: Path) -> None:
    slowly = Slowly(before, instant("13:00"))
    name = f"settled of account {slowly.account}"

    def noted() -> str | None:
        with slowly.store.reading() as connection:
            return meta.get_value(connection, name)

    assert noted() is None
    slowly.clock.move_to(LATER_US)
    slowly.commits()
    assert noted() is not None
    slowly.finishes()
    assert noted() is None
    slowly.ends()


@pytest.mark.parametrize("per_minute", [0, 1])
def test_a_surge_is_told_of_once_though_the_minutes_of_its_changes_are_over(before: Path, per_minute: int) -> None:
    """One that is over tells nothing more, and webhooks are found by the time at which they were made."""
    slowly = Slowly(before, instant("13:00"))
    choice = AccountConfiguration(webhook_url=URL, webhook_events=CHOICE_OF_EVENTS, webhooks_per_minute=per_minute)
    slowly.commits(lambda tx, account: _chooses(tx, account, choice))
    history = sum(len(lines) for lines in story(before)[0].values())
    slowly.clock.move_to(LATER_US)
    slowly.finishes()
    slowly.clock.move_to(LATER_US + US_PER_MINUTE)
    slowly.finishes()
    with slowly.store.reading() as connection:
        made = deliveries.oldest(connection, slowly.account, Wanted(), 1_000, 0)
        whole = [deliveries.find(connection, slowly.account, webhook_id) for _, webhook_id in made]
        for instant_us in {row.created_us for row, _ in filter(None, whole)}:
            parts = [Wanted(to_us=instant_us), Wanted(from_us=instant_us)]
            found = [deliveries.oldest(connection, slowly.account, part, 1_000, 0) for part in parts]
            assert found[0] + found[1] == made
            assert all(row.created_us < instant_us for row, _ in filter(None, whole[: len(found[0])]))
    slowly.ends()
    told = [json.loads(body) for _, body in filter(None, whole)]
    digests = [one["body"] for one in told if one["meta"]["event"] == "segment.digest"]
    singly = len(told) - len(digests)
    assert singly + sum(one["count"] for one in digests) == sum(map(len, story(before)[0].values())) - history
    assert bool(digests) == bool(per_minute)
    for tag in {one["segment"]["segment_tag"] for one in digests}:
        minutes = [one["from"] for one in digests if one["segment"]["segment_tag"] == tag]
        assert minutes == sorted(set(minutes))


def test_a_server_makes_all_that_is_due_by_itself(before: Path) -> None:
    service = Service(before, StandingClock(instant("13:00")))
    service.clock.move_to(LATER_US)
    names = "SELECT DISTINCT name FROM tags JOIN segments USING (segment_key) ORDER BY name"
    assert len(service.rows(names)) > 1
    service.asks_nothing()
    eventually(lambda: service.rows(names) == [("idle",)])
    service.stop()

"""Do events go that are older than their account keeps them, and does nothing else change?"""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from octy.model.accounts import AccountConfiguration
from octy.model.definitions import DefinitionRefused
from octy.model.errors import OctyError, Refused, Unavailable
from octy.service import ageing, archiver, standings
from octy.service.checking.check import check
from octy.store.archive import making
from octy.store.archive.archive import Archive
from octy.store.folder import snapshot
from tests.integration.service.failing import FAILURES
from tests.integration.service.serving import Service, done
from tests.integration.service.test_archiving import archives, files, walks
from tests.integration.service.test_erasing import found_in
from tests.integration.service.world import Shop
from tests.unit.engine.shop import did


@pytest.fixture(autouse=True)
def small_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file holds four rows; the archiver comes by when a test says so."""
    monkeypatch.setattr(archiver, "ROWS_PER_RUN", 4)
    monkeypatch.setattr(archiver, "LOOK_EVERY_SECONDS", 3600)
    monkeypatch.setattr(archiver, "DROP_AFTER_SECONDS", 0)


def keeps(shop: Shop, days: int) -> None:
    """The account's setting."""
    now = shop.octy.account(shop.account).configuration
    done(shop.octy.configure(shop.account, AccountConfiguration(webhook_url=now.webhook_url, retention_days=days)))


def is_sound(service: Service) -> None:
    """As `octy check` says. A file that nobody needs any more may stay for a while."""
    with snapshot(service.folder) as now:
        findings = check(now, lambda _: None)
    assert findings.by_kind.keys() <= {"archive file"}, findings.differences


def test_events_that_are_too_old_go_within_a_day(shop: Shop) -> None:
    keeps(shop, 30)
    walks(shop, range(4))
    shop.waits_until("31d 09:59")
    archives(shop.service)
    assert len(shop.log("ana")) == 4
    shop.waits_until("31d 12:00")
    archives(shop.service)
    assert shop.log("ana") == []
    assert shop.service.rows("SELECT * FROM events") == []
    is_sound(shop.service)


def test_all_are_kept_where_the_account_says_nothing(shop: Shop) -> None:
    walks(shop, range(4))
    shop.waits_until("3000d 12:00")
    archives(shop.service)
    assert len(shop.log("ana")) == 4


def test_those_that_are_young_enough_stay(shop: Shop) -> None:
    """In one file with those that go, and in the next; and the texts of what has gone are nowhere in them."""
    keeps(shop, 30)
    shop.views("ana", at="09:00", product="forgotten shoes")
    shop.views("ben", at="09:30", product="forgotten hats")
    shop.waits_until("29d 12:00")
    shop.views("ana", product="red shoes")
    shop.views("ben", product="red hats")
    archives(shop.service)
    shop.waits_until("32d 12:00")
    archives(shop.service)
    assert [shop.log(who) for who in ("ana", "ben")] == [[("view", "29d 12:00")], [("view", "29d 12:00")]]
    (left,) = files(shop.service)
    assert b"forgotten" not in left.read_bytes()
    assert b"red shoes" in left.read_bytes()
    is_sound(shop.service)


def test_what_is_too_old_is_in_no_free_page_either(shop: Shop) -> None:
    """Where it lay before it moved to a file, which nobody overwrites as it moves."""
    keeps(shop, 30)
    texts = [f"product-canary-{number}" for number in range(8)]
    for text in texts:
        shop.views("ana", **{f"p{part}": text * 400 for part in range(3)})
    archives(shop.service)
    assert shop.service.store.empty_log()
    assert found_in(shop.service.folder / "octy.db", texts) == set(texts)
    shop.waits_until("32d 12:00")
    archives(shop.service)
    assert shop.service.store.empty_log()
    assert shop.log("ana") == []
    assert not found_in(shop.service.folder, texts)


def test_a_late_event_that_is_too_old_already_is_taken_and_goes(shop: Shop) -> None:
    """P7, E8: it counts for no segment, and its message id is remembered."""
    keeps(shop, 30)
    shop.past("viewers", "view", days=30)
    shop.waits_until("100d 12:00")
    event = shop.does("ana", "view", "1d 12:00", message_id="old")
    assert shop.tags("ana") == {}
    archives(shop.service)
    assert shop.log("ana") == []
    again = shop.does("ana", "view", "1d 12:00", message_id="old")
    assert (again.event_id, again.duplicate) == (event.event_id, True)
    is_sound(shop.service)


def test_numbers_go_on_though_the_last_events_have_gone(shop: Shop) -> None:
    """T2."""
    keeps(shop, 1)
    walks(shop, range(8))
    shop.waits_until("5d 12:00")
    archives(shop.service)
    assert shop.log("ana") == []
    shop.service.restart()
    shop.views("ana")
    assert shop.service.rows("SELECT seq FROM events") == [(9,)]
    is_sound(shop.service)


def test_a_live_tag_outlives_the_events_that_made_it(shop: Shop) -> None:
    """G3, G4: after a restart it is still known for what it is, moved by a match and taken off by what conflicts."""
    keeps(shop, 1)
    shop.wants_webhooks()
    keeps(shop, 1)
    shop.live("shod", did("view", product="shoes"))
    shop.live("idle", "view", unless="pay")
    for who in ("ana", "ben"):
        shop.views(who, product="shoes")
    shop.waits_until("9d 12:00")
    archives(shop.service)
    assert shop.log("ana") == []
    shop.service.restart()
    assert shop.tags("ana") == {"shod": "12:00", "idle": "12:05"}
    is_sound(shop.service)
    shop.views("ana", product="shoes")
    shop.pays("ben")
    shop.views("ben", product="hats")
    assert shop.tags("ana") == {"idle": "12:05", "shod": "9d 12:00"}
    assert shop.tags("ben") == {}
    assert shop.webhooks()[-1] == "updated shod for ana"
    is_sound(shop.service)


def test_a_window_that_is_open_stays_open_without_its_opener(shop: Shop) -> None:
    """L3: which action opened it is not asked of the events."""
    keeps(shop, 1)
    shop.live("idle", "view", unless="pay", within_minutes=24 * 60)
    shop.views("ana", at="12:00")
    shop.waits_until("1d 11:59")
    archives(shop.service)
    shop.views("ana")
    shop.waits_until("2d 12:30")
    archives(shop.service)
    shop.service.restart()
    assert shop.tags("ana") == {"idle": "1d 12:00"}
    is_sound(shop.service)


def test_history_stays_and_names_events_that_are_gone(shop: Shop) -> None:
    """G5."""
    keeps(shop, 1)
    shop.past("viewers", "view", days=1)
    walks(shop, range(4))
    shop.waits_until("9d 12:00")
    told, causes = shop.history("ana"), shop.causes("ana")
    archives(shop.service)
    assert (shop.history("ana"), shop.causes("ana")) == (told, causes)
    assert len(told) == 2
    is_sound(shop.service)


def test_a_deleted_profiles_old_events_are_counted_once(shop: Shop) -> None:
    """X3: whether it went before its events were too old, or the archive forgets both at once."""
    keeps(shop, 1)
    walks(shop, range(4))
    walks(shop, range(4), "ben")
    archives(shop.service)
    shop.waits_until("9d 12:00")
    shop.forgets("ana")
    archives(shop.service)
    shop.forgets("ben")
    archives(shop.service)
    shop.service.restart()
    is_sound(shop.service)


def test_a_deleted_profile_stands_nowhere(shop: Shop) -> None:
    """X3."""
    keeps(shop, 1)
    shop.live("idle", "view", unless="pay")
    shop.views("ana")
    shop.views("ben")
    shop.waits_until("9d 12:00")
    archives(shop.service)
    shop.forgets("ana")
    archives(shop.service)
    with snapshot(shop.service.folder) as now:
        stood = standings.stored(now.connection, Archive(shop.service.folder / "archive"), shop.account)
    assert [one.profile.tolist() for one in stood.of_segment.values()] == [[1]]
    is_sound(shop.service)


# What is refused


def test_a_retention_shorter_than_a_segment_looks_back_is_refused(shop: Shop) -> None:
    """With each segment that needs more."""
    shop.past("buyers", "pay", days=60)
    shop.live("idle", "view", unless="pay", within_minutes=3 * 24 * 60 + 1)
    with pytest.raises(Refused) as refused:
        keeps(shop, 3)
    assert [str(problem) for problem in refused.value.problems] == [
        'retention_days: expected at least 60 days, on which the segment "buyers" looks back, or 0 to keep all events; '
        "found 3",
        'retention_days: expected at least 4 days, on which the segment "idle" looks back, or 0 to keep all events; '
        "found 3",
    ]
    shop.deletes("buyers")
    keeps(shop, 4)


@pytest.mark.parametrize("days", [-1, 36_501])
def test_a_retention_out_of_range_is_refused(shop: Shop, days: int) -> None:
    with pytest.raises(Refused) as refused:
        keeps(shop, days)
    assert str(refused.value.problems[0]) == (
        f"retention_days: expected 1 to 36500 days, or 0 to keep all events; found {days}"
    )


def test_a_segment_that_looks_back_further_is_refused(shop: Shop) -> None:
    """D2, D7."""
    keeps(shop, 30)
    with pytest.raises(DefinitionRefused) as refused:
        shop.past("buyers", "pay", days=31)
    assert str(refused.value.problems[0]) == (
        "D2 segment_timeframe: expected at most the account's retention_days, which are 30; found 31"
    )
    with pytest.raises(DefinitionRefused) as refused:
        shop.live("idle", "view", unless="pay", within_minutes=30 * 24 * 60 + 1)
    assert str(refused.value.problems[0]) == (
        "D7 event_sequence[0].exp_timeframe: expected at most the account's retention_days, which are 30; found 43201"
    )
    shop.past("buyers", "pay", days=30)


def test_a_longer_retention_does_not_bring_back_what_has_gone(shop: Shop) -> None:
    """A segment that would ask for it is refused, until the time has come."""
    keeps(shop, 1)
    walks(shop, range(4))
    shop.waits_until("9d 12:00")
    archives(shop.service)
    keeps(shop, 0)
    shop.past("recent", "view", days=1)
    with pytest.raises(DefinitionRefused) as refused:
        shop.past("buyers", "pay", days=2)
    assert str(refused.value.problems[0]) == (
        "D2 segment_timeframe: expected at most 1: older events were removed by a shorter retention_days; found 2"
    )
    shop.waits_until("10d 12:00")
    shop.past("buyers", "pay", days=2)


# What can come between


def test_a_setting_that_was_taken_back_meanwhile_removes_nothing(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    keeps(shop, 1)
    walks(shop, range(4))
    shop.waits_until("9d 12:00")
    write = standings.write

    def writes_late(*arguments: object) -> object:
        keeps(shop, 0)
        return write(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(standings, "write", writes_late)
    archives(shop.service)
    assert len(shop.log("ana")) == 4
    assert files(shop.service, "standings") == []
    is_sound(shop.service)


@contextmanager
def failing_at_the(nth: int, failure: str, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The nth commit of an ageing cannot be made."""
    committed, count = ageing._committed, 0

    def commits(*arguments: object) -> None:
        nonlocal count
        count += 1
        if count < nth:
            committed(*arguments)  # type: ignore[arg-type]
            return
        with FAILURES[failure](shop.service.store):
            committed(*arguments)  # type: ignore[arg-type]

    with monkeypatch.context() as patched:
        patched.setattr(ageing, "_committed", commits)
        yield


@pytest.mark.parametrize("nth", [1, 2, 3])
@pytest.mark.parametrize("failure", ["an I/O error at the beginning", "an I/O error at the commit"])
def test_whichever_step_fails_an_event_is_there_once_or_gone(
    shop: Shop, nth: int, failure: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeps(shop, 2)
    shop.live("idle", "view", unless="pay")
    shop.past("viewers", "view", days=2)
    walks(shop, range(4))
    archives(shop.service)
    walks(shop, range(4, 7))
    shop.waits_until("2d 12:00")
    shop.views("ben", product="shoes")
    shop.waits_until("4d 11:00")
    before = [shop.tags(who) for who in ("ana", "ben")]
    with failing_at_the(nth, failure, shop, monkeypatch), pytest.raises((Unavailable, OctyError)):
        archives(shop.service)
    seqs = [seq for (seq,) in shop.service.rows("SELECT seq FROM events ORDER BY seq")]
    assert len(seqs) == len(set(seqs)) == {1: 8, 2: 8, 3: 4}[nth]
    is_sound(shop.service)
    shop.service.restart()
    archives(shop.service)
    assert [shop.tags(who) for who in ("ana", "ben")] == before
    assert shop.service.rows("SELECT seq FROM events") == [(8,)]
    is_sound(shop.service)


def test_requests_are_answered_while_events_go(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """While the files are written, the writer takes events; the new ones are no part of it."""
    keeps(shop, 1)
    walks(shop, range(3))
    shop.waits_until("9d 12:00")
    made = making.merged_run

    def makes(*arguments: object) -> object:
        shop.views("ana")
        return made(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(ageing, "merged_run", makes)
    shop.views("ben", at="9d 11:00")
    archives(shop.service)
    assert (shop.log("ana"), shop.log("ben")) == ([("view", "9d 12:00")], [("view", "9d 11:00")])
    is_sound(shop.service)


def test_other_accounts_keep_theirs(shop: Shop) -> None:
    other = Shop(shop.service)
    other.has("eve")
    keeps(shop, 1)
    for minute in range(4):
        shop.views("ana", at=f"10:{minute:02}")
        other.views("eve", at=f"10:{minute:02}")
    shop.waits_until("9d 12:00")
    archives(shop.service)
    assert (len(shop.log("ana")), len(other.log("eve"))) == (0, 4)
    is_sound(shop.service)


def test_an_event_type_is_free_when_its_last_event_has_gone(shop: Shop) -> None:
    """E7."""
    keeps(shop, 1)
    walks(shop, range(4))
    shop.waits_until("9d 12:00")
    archives(shop.service)
    assert not done(shop.octy.delete_event_types(shop.account, [shop.types["view"]])).failed

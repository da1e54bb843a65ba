"""Does anybody notice that older events and changes are in files? Only whoever looks into the folder."""

import errno
import os
import threading
from pathlib import Path

import duckdb
import pytest

from octy.model.errors import Unavailable
from octy.service import archiver
from octy.service.archiver import Archiver
from octy.store.archive.archive import Archive
from tests.integration.service.failing import FAILURES
from tests.integration.service.serving import Service, done, eventually, no_log
from tests.integration.service.world import Shop
from tests.unit.engine.shop import did, said


@pytest.fixture(autouse=True)
def small_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file holds four rows, two of them become one; only when a test says so."""
    monkeypatch.setattr(archiver, "ROWS_PER_RUN", 4)
    monkeypatch.setattr(archiver, "RUNS_PER_MERGE", 2)
    monkeypatch.setattr(archiver, "ROWS_PER_MERGED_RUN_MAX", 64)
    monkeypatch.setattr(archiver, "LOOK_EVERY_SECONDS", 3600)
    monkeypatch.setattr(archiver, "DROP_AFTER_SECONDS", 0)


def archives(service: Service) -> None:
    """What is enough for a file becomes one."""
    the_archiver(service).work()


def the_archiver(service: Service) -> Archiver:
    return service.octy._writer._archiver


def files(service: Service, log: str = "events") -> list[Path]:
    """What the folder holds of a log."""
    return sorted((service.folder / "archive").glob(f"{log}-*"))


def walks(shop: Shop, minutes: range, who: str = "ana") -> None:
    """A view every minute after ten."""
    for minute in minutes:
        shop.views(who, at=f"10:{minute:02}", product="shoes")


def test_events_become_a_file_when_there_are_enough_of_them(shop: Shop) -> None:
    walks(shop, range(3))
    archives(shop.service)
    assert files(shop.service) == []
    walks(shop, range(3, 4))
    archives(shop.service)
    assert len(files(shop.service)) == 1
    assert shop.service.rows("SELECT count(*) FROM event_blocks") == [(0,)]


def test_a_file_takes_no_more_than_it_needs_of_what_waits(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """However far behind the archive is, what it holds in memory is bounded."""
    monkeypatch.setattr(archiver, "RUNS_PER_MERGE", 100)
    walks(shop, range(10))
    archives(shop.service)
    assert shop.service.rows("SELECT row_count FROM archive_runs") == [(4,), (4,)]
    assert [at for _, at in shop.log("ana")] == [f"10:{minute:02}" for minute in range(10)]


def test_a_story_is_told_from_blocks_and_files_alike(shop: Shop) -> None:
    shop.past("viewers", "view")
    walks(shop, range(6))
    told = shop.log("ana"), shop.history("ana"), shop.tags("ana")
    archives(shop.service)
    assert files(shop.service)
    assert (shop.log("ana"), shop.history("ana"), shop.tags("ana")) == told
    walks(shop, range(6, 7))
    assert [at for _, at in shop.log("ana")] == [f"10:{minute:02}" for minute in range(7)]


def test_an_export_is_the_same_from_blocks_and_files(shop: Shop) -> None:
    """With message ids and webhooks, and nothing of anybody else."""
    shop.wants_webhooks()
    shop.live("viewed shoes", did("view", product="shoes"))
    shop.past("viewers", "view")
    for minute in range(6):
        shop.does("ana" if minute % 2 else "ben", "view", f"12:{minute:02}", message_id=f"m{minute}", product="shoes")
    exported = shop.octy.reading.export(shop.account, shop.customers["ana"])
    archives(shop.service)
    assert files(shop.service)
    assert shop.octy.reading.export(shop.account, "ana") == exported
    assert [event.message_id for event in exported.events] == ["m1", "m3", "m5"]
    assert [said(event.created_us) for event in exported.events] == ["12:01", "12:03", "12:05"]
    assert (len(exported.history), len(exported.webhooks)) == (4, 3)
    assert {one.body["body"]["profile_id"] for one in exported.webhooks} == {shop.customers["ana"]}
    assert exported.profile == shop.profile("ana")


def test_a_late_event_finds_what_the_archive_has(shop: Shop) -> None:
    """P7."""
    shop.past("bought shoes", "view", "pay", days=30)
    walks(shop, range(1, 5))
    shop.pays("ben", at="11:00")
    shop.pays("ana", at="10:00")
    archives(shop.service)
    assert shop.tags("ana") == {}, "she paid before she looked"
    shop.pays("ana", at="10:03")
    assert shop.tags("ana") == {"bought shoes": "12:00"}


@pytest.mark.parametrize("archived", [False, True])
def test_a_new_segment_and_a_restart_read_the_files(shop: Shop, archived: bool) -> None:
    """P6, L1: with live windows open, properties, and profiles on both sides."""
    shop.live("idle", "view", unless="pay")
    shop.past("shod", did("view", product="shoes"), "pay")
    shop.past("viewers", "view")
    shop.past("payers", "pay")
    for who in ("ana", "ben"):
        shop.views(who, product="shoes" if who == "ana" else "hats")
        shop.pays(who, at="12:01")
        shop.views(who, at="12:02", product="shoes")
    if archived:
        archives(shop.service)
        assert files(shop.service)
        assert files(shop.service, "changes")
    shop.past("hatted", did("view", product="hats"))
    before = [shop.tags(who) for who in ("ana", "ben")]
    shop.service.restart()
    assert [shop.tags(who) for who in ("ana", "ben")] == before
    assert [sorted(one) for one in before] == [["payers", "shod", "viewers"], ["hatted", "payers", "viewers"]]
    shop.waits_until("12:08")
    assert "idle" in shop.tags("ana")
    assert "idle" in shop.tags("ben")


def test_files_are_merged_and_the_old_ones_go(shop: Shop) -> None:
    walks(shop, range(4))
    archives(shop.service)
    (first,) = files(shop.service)
    walks(shop, range(4, 8))
    archives(shop.service)
    (merged,) = files(shop.service)
    assert merged != first
    assert len(shop.log("ana")) == 8


def test_what_becomes_enough_for_a_file_during_a_merge_does_not_wait_for_its_end(shop: Shop) -> None:
    walks(shop, range(8))
    archive = the_archiver(shop.service)
    moves_at_rest: list[tuple[int, int]] = []

    def walks_on() -> None:
        """Once, while the first two files become one."""
        if archive.moves == 2 and (2, 0) not in moves_at_rest:
            walks(shop, range(8, 12))
        moves_at_rest.append((archive.moves, archive.merges))

    archive.work(walks_on)
    assert (3, 0) in moves_at_rest
    assert len(shop.log("ana")) == 12


def test_the_archivers_own_thread_rests_between_pieces_of_its_work(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    rests: list[str] = []
    monkeypatch.setattr(archiver, "Resting", lambda *_: lambda: rests.append(threading.current_thread().name))
    monkeypatch.setattr(archiver, "LOOK_EVERY_SECONDS", 0.01)
    shop.service.restart()
    walks(shop, range(4))
    eventually(lambda: files(shop.service) != [])
    assert set(rests) == {"octy-archiver"}


def test_a_file_that_the_disk_keeps_is_removed_later_or_at_the_next_start(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    walks(shop, range(4))
    archives(shop.service)
    with monkeypatch.context() as broken, no_log():
        broken.setattr(Archive, "drop", _cannot_be_dropped)
        walks(shop, range(4, 8))
        archives(shop.service)
        assert len(files(shop.service)) == 3
    archives(shop.service)
    assert len(files(shop.service)) == 1
    with monkeypatch.context() as broken, no_log():
        broken.setattr(Archive, "drop", _cannot_be_dropped)
        walks(shop, range(8, 12))
        archives(shop.service)
        shop.service.stop()
    shop.service.open()
    assert [(path.name,) for path in files(shop.service)] == shop.service.rows(
        "SELECT file FROM archive_runs WHERE log = 'events' ORDER BY 1"
    )
    assert len(shop.log("ana")) == 12


def _cannot_be_dropped(*_: object) -> None:
    raise OSError(errno.EIO, os.strerror(errno.EIO))


def test_a_strangers_tool_reads_the_files(shop: Shop) -> None:
    walks(shop, range(4))
    archives(shop.service)
    found = (
        duckdb.connect()
        .execute(
            f'SELECT name, count(*), min(created_us), any_value("property:product") '
            f"FROM '{shop.service.folder}/archive/events-*.parquet' GROUP BY name"
        )
        .fetchall()
    )
    ((name, count, first, product),) = found
    assert (name, count, product) == ("view", 4, "shoes")
    assert f"{first:%H:%M}" == "10:00"


def test_a_deleted_profile_leaves_the_files_too(shop: Shop) -> None:
    """X3."""
    shop.past("viewers", "view")
    walks(shop, range(4))
    walks(shop, range(4), "ben")
    archives(shop.service)
    shop.forgets("ana")
    eventually(lambda: shop.service.rows("SELECT * FROM erasures") == [])
    assert shop.service.rows("SELECT DISTINCT profile_key FROM events") == [(1,)]
    assert shop.service.rows("SELECT DISTINCT profile_key FROM tag_history") == [(1,)]
    shop.past("later viewers", "view")
    shop.service.restart()
    assert shop.service.rows("SELECT DISTINCT profile_key FROM tags") == [(1,)]


def test_a_deletion_is_finished_after_a_restart(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """X3: what the archive still holds is nobody's; a new segment does not see it, and the next start removes it."""
    walks(shop, range(4))
    archives(shop.service)
    monkeypatch.setattr(Archiver, "erase", lambda _: None)
    shop.forgets("ana")
    shop.past("viewers", "view")
    assert shop.service.rows("SELECT * FROM tags") == []
    assert shop.service.rows("SELECT count(*) FROM events") == [(4,)]
    shop.service.restart()
    eventually(lambda: shop.service.rows("SELECT * FROM erasures") == [])
    assert shop.service.rows("SELECT count(*) FROM events") == [(0,)]


def test_rows_that_were_deleted_before_they_were_moved_keep_nobody_busy(shop: Shop) -> None:
    """X3: the archiver finds nothing to move, and does not look for it again and again."""
    shop.past("viewers", "view")
    shop.past("payers", "pay")
    walks(shop, range(4))
    shop.pays("ana")
    shop.waits_until("31d 12:00")
    shop.forgets("ana")
    archives(shop.service)
    assert files(shop.service) == files(shop.service, "changes") == []
    walks(shop, range(4), "ben")
    archives(shop.service)
    assert len(files(shop.service)) == 1
    assert [what for what, _ in shop.log("ben")] == ["view"] * 4


@pytest.mark.parametrize("failure", ["an I/O error at the beginning", "an I/O error at the commit"])
def test_a_move_that_fails_leaves_every_row_where_it_was(busy_shop: Shop, failure: str) -> None:
    walks(busy_shop, range(4))
    before = busy_shop.service.everything()
    with FAILURES[failure](busy_shop.service.store), pytest.raises(Unavailable):
        archives(busy_shop.service)
    assert busy_shop.service.everything() == before
    assert files(busy_shop.service) == []
    busy_shop.views("ben")
    before = busy_shop.service.everything()
    archives(busy_shop.service)
    assert len(files(busy_shop.service)) == 1
    assert busy_shop.service.everything() == before


def test_numbers_go_on_where_all_is_archived(shop: Shop) -> None:
    """T2: also after a restart."""
    walks(shop, range(4))
    archives(shop.service)
    shop.service.restart()
    walks(shop, range(4, 5))
    assert shop.service.rows("SELECT seq FROM events ORDER BY seq") == [(seq,) for seq in range(1, 6)]


def test_an_event_type_that_only_the_archive_uses_is_in_use(shop: Shop) -> None:
    """E7."""
    walks(shop, range(4))
    archives(shop.service)
    outcome = shop.octy.delete_event_types(shop.account, [shop.types["view"]]).result(60)
    assert "used by stored events" in outcome.failed[0].message


def rows_of_files(shop: Shop) -> list[int]:
    """In the order of their numbers."""
    question = "SELECT row_count FROM archive_runs WHERE log = 'events' ORDER BY first_number"
    return [count for (count,) in shop.service.rows(question)]


def test_accounts_that_have_enough_together_need_not_have_it_each(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is the one with the most whose rows become a file; and not where that would be a file of next to nothing."""
    other = Shop(shop.service)
    other.has("eve")
    other.views("eve")
    other.views("eve", at="12:01")
    walks(shop, range(3))
    archives(shop.service)
    assert files(shop.service) == []
    monkeypatch.setattr(archiver, "ROWS_WORTH_A_FILE", 3)
    archives(shop.service)
    assert files(shop.service) == [], "five rows in two logs"
    monkeypatch.setattr(archiver, "ROWS_WORTH_A_FILE", 2)
    archives(shop.service)
    assert rows_of_files(shop) == [3]
    assert (len(shop.log("ana")), len(other.log("eve"))) == (3, 2)


def test_large_events_become_a_file_before_there_are_many(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is in memory is bounded in bytes: by who has the most of them, of all accounts."""
    monkeypatch.setattr(archiver, "BYTES_UNARCHIVED_MAX", 2_000)
    other = Shop(shop.service)
    other.has("eve")
    other.views("eve", product="y" * 600)
    shop.views("ana", product="x" * 700)
    archives(shop.service)
    assert files(shop.service) == []
    shop.views("ana", product="x" * 700)
    assert shop.octy.recent_bytes > 2_000
    archives(shop.service)
    assert rows_of_files(shop) == [2]
    assert 600 < shop.octy.recent_bytes < 700
    assert (len(shop.log("ana")), len(other.log("eve"))) == (2, 1)


def test_small_files_are_merged_with_those_of_their_size(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that no row is written anew again and again."""
    monkeypatch.setattr(archiver, "BYTES_UNARCHIVED_MAX", 0)
    for minute in range(7):
        walks(shop, range(minute, minute + 1))
        archives(shop.service)
    assert rows_of_files(shop) == [4, 2, 1]


def test_many_small_files_of_many_sizes_become_one(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archiver, "BYTES_UNARCHIVED_MAX", 0)
    monkeypatch.setattr(archiver, "SMALL_RUNS_MAX", 4)
    found = []
    for minutes in (range(1), range(1, 3), range(3, 4), range(4, 6)):
        with shop.service.keeps_the_writer_busy():
            sent = [shop.octy.ingest(shop.account, [shop.draft("ana", at=f"10:{minute:02}")]) for minute in minutes]
        assert [len(done(one).done) for one in sent] == [1] * len(minutes)
        archives(shop.service)
        found.append(rows_of_files(shop))
    assert found == [[1], [1, 2], [1, 2, 1], [6]]

"""When something cannot be stored, nothing of it is, everybody is told so, and the next request finds all as it was."""

import sqlite3
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import ExitStack
from typing import Any

import pytest

from octy.model.errors import Unavailable
from octy.model.events import EventTypeDraft
from octy.model.idempotency import Answer, Once
from octy.model.profiles import ProfileDraft
from octy.store import folder
from tests.integration.service.failing import FAILURES, SOME_NEED_NOT_NOTICE, failing_commit
from tests.integration.service.serving import Service, done, eventually
from tests.integration.service.world import Shop, definition, step
from tests.unit.engine.shop import instant

WITHIN = [
    "an I/O error at the commit",
    "an I/O error in the middle",
    "a full disk",
    "a COMMIT that SQLite refuses",
]
"""What may befall a transaction that has begun."""

ALWAYS_FELT = [name for name in FAILURES if name not in SOME_NEED_NOT_NOTICE]


@pytest.mark.parametrize("failure", WITHIN)
def test_everybody_in_the_group_is_told_and_nothing_is_stored(production: Service, failure: str) -> None:
    """Docs/decisions/0001: two accounts, all kinds of requests, and one that had been refused anyway."""
    ours, theirs = Shop(production), Shop(production)
    for shop in (ours, theirs):
        shop.has("ana")
        shop.live("viewing", "view")
    before = production.everything()
    once = Once("/events", "k1", b"", lambda _: Answer(201, b""))
    with ExitStack() as failing:
        begins_to_fail = FAILURES[failure](production.store)
        with production.keeps_the_writer_busy():
            futures: list[Future[Any]] = [
                ours.octy._writer.submit(0, lambda _: failing.enter_context(begins_to_fail)),
                ours.octy.ingest(ours.account, [ours.draft("ana", product="x" * 8000)] * 200),
                theirs.octy.ingest(theirs.account, [theirs.draft("ana", message_id="m1")], once),
                theirs.octy.create_profiles(theirs.account, [ProfileDraft("ben")]),
                ours.octy.create_segment(ours.account, definition("viewers", "past", 1, 1, [step("view")])),
                ours.octy.create_event_types(ours.account, [EventTypeDraft("rate")]),
                ours.octy.delete_profiles(ours.account, ["ana"]),
                ours.octy.ingest(ours.account, []),
            ]
        for future in futures:
            assert isinstance(future.exception(60), Unavailable)
    assert production.everything() == before
    for shop in (ours, theirs):
        shop.views("ana")
        assert shop.tags("ana") == {"viewing": "12:00"}
    assert production.rows("SELECT seq FROM events") == [(1,), (2,)]


@pytest.mark.parametrize("failure", FAILURES)
def test_an_event_that_cannot_be_stored_never_was(shop: Shop, failure: str) -> None:
    """T5: no tag, no webhook, no message id, no remembered answer, no moved clock."""
    shop.wants_webhooks()
    shop.live("viewing", "view")
    shop.live("idle", "view", unless="pay")
    shop.past("bought", "view", "pay")
    shop.views("ana")
    before, now = shop.service.everything(), shop.now
    once = Once("/events", "k1", b"", lambda _: Answer(201, b""))
    drafts = [shop.draft("ben", at="12:03", message_id=f"m{n}", product="x" * 8000) for n in range(20)]
    with FAILURES[failure](shop.service.store), pytest.raises(Unavailable) as refused:
        shop.sends(*drafts, shop.draft("ana", "pay", at="12:04"), once=once)
    assert refused.value.retry_after_seconds >= 1
    assert shop.service.everything() == before
    assert shop.now == now
    outcome = shop.sends(*drafts, once=once)
    assert not any(event.duplicate for event in outcome.done)
    shop.waits_until("12:10")
    assert shop.tags("ana") == {"viewing": "12:00", "idle": "12:05"}, "she did not pay"
    assert shop.tags("ben") == {"viewing": "12:03", "idle": "12:08"}
    seqs = shop.service.rows("SELECT seq FROM events ORDER BY seq")
    assert seqs == [(seq,) for seq in range(1, 22)]


@pytest.mark.parametrize("failure", ALWAYS_FELT)
def test_the_engine_is_back_where_the_log_is(shop: Shop, failure: str) -> None:
    """Docs/decisions/0001: whatever kind of request it was that had gone ahead."""
    shop.past("gold", "view", plan="gold")
    shop.past("bought", "view", "pay")
    shop.live("idle", "view", unless="pay")
    shop.views("ana")
    requests: list[Callable[[], object]] = [
        lambda: shop.pays("ana", at="11:59"),
        lambda: shop.pays("ana", at="12:01"),
        lambda: shop.learns("ana", plan="gold"),
        lambda: shop.deletes("idle"),
        lambda: shop.deletes("bought"),
        lambda: shop.past("more", "view"),
        lambda: shop.live("more", "view"),
        lambda: shop.has("cid"),
        lambda: shop.forgets("ana"),
        lambda: shop.waits_until("12:20"),
        shop.wants_webhooks,
        lambda: Shop(shop.service),
    ]
    for request in requests:
        with FAILURES[failure](shop.service.store), pytest.raises(Unavailable):
            request()
        shop.service.asks_nothing()
    shop.pays("ana", at="12:04")
    shop.has("cid")
    shop.views("cid")
    shop.waits_until("12:09")
    assert shop.history("ana") == ["bought created at 12:04 by event"]
    assert shop.history("cid") == ["idle created at 12:09 by elapsed time"]
    assert set(shop.statuses()) == {"gold", "bought", "idle"}
    assert shop.webhooks() == []


@pytest.mark.parametrize("failure", FAILURES)
def test_a_due_change_that_cannot_be_stored_is_made_as_soon_as_it_can_be(busy_shop: Shop, failure: str) -> None:
    """T6, G5: nobody asked for it, so nobody is told; it is noticed late, as after downtime."""
    busy_shop.live("idle", "view", unless="pay")
    busy_shop.wants_webhooks()
    for _ in range(20 if failure == "a full disk" else 1):
        busy_shop.has(*(f"customer {len(busy_shop.customers)}.{number}" for number in range(100)))
        busy_shop.sends(*(busy_shop.draft(who) for who in list(busy_shop.customers)[-100:]))
    busy_shop.views("ana")
    before = busy_shop.service.everything()
    with FAILURES[failure](busy_shop.service.store):
        busy_shop.service.clock.move_to(instant("12:06"))
        eventually(lambda: not busy_shop.octy.readiness().is_ready)
        assert busy_shop.service.everything() == before
    eventually(lambda: busy_shop.tags("ana"))
    eventually(lambda: busy_shop.octy.readiness().is_ready)
    assert busy_shop.history("ana") == ["idle created at 12:05 by elapsed time, known at 12:06"]
    assert busy_shop.webhooks().count("created idle for ana") == 1


def test_requests_are_refused_for_as_long_as_the_disk_fails_and_served_afterwards(shop: Shop) -> None:
    """Docs/decisions/0001."""
    with FAILURES["an I/O error at the beginning"](shop.service.store):
        for _ in range(5):
            with pytest.raises(Unavailable):
                shop.views("ana")
        assert not shop.octy.readiness().is_ready
        assert shop.log("ana") == [], "questions are answered all the while"
    shop.views("ana")
    assert shop.octy.readiness().is_ready
    assert len(shop.log("ana")) == 1


def test_a_backfill_whose_end_cannot_be_stored_ends_as_soon_as_it_can(shop: Shop) -> None:
    """P6: the segment is there, so its creation is answered as such."""
    shop.views("ana")
    commits = iter(range(10))
    original = shop.service.store.writer.begin

    def fails_the_second_time() -> object:
        if next(commits) == 1:
            raise OSError("disk I/O error")
        return original()

    shop.service.store.writer.begin = fails_the_second_time  # type: ignore[method-assign, assignment]
    shop.past("viewers", "view")
    assert shop.tags("ana") == {"viewers": "12:00"}


def test_a_stop_while_the_disk_fails_ends(production: Service) -> None:
    """Whoever waits is told."""
    shop = Shop(production)
    shop.has("ana")
    with FAILURES["an I/O error at the commit"](production.store):
        future = shop.octy.ingest(shop.account, [shop.draft("ana")])
        production.octy._writer.stop()
    assert isinstance(future.exception(60), Unavailable)
    production.stop()
    production.open()
    assert done(shop.octy.ingest(shop.account, [shop.draft("ana")])).done


def test_after_a_failure_the_store_is_opened_again_before_anything_is_acknowledged(shop: Shop) -> None:
    """C10: what a connection remembers after a sync that failed is not what is on the disk."""
    shop.live("viewing", "view")
    former = shop.service.store.writer.connection.driver_connection
    assert isinstance(former, sqlite3.Connection)
    with failing_commit(shop.service.store), pytest.raises(Unavailable):
        shop.views("ana")
    shop.views("ana")
    assert shop.service.store.writer.connection.driver_connection is not former
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        former.execute("SELECT 1")


def test_a_store_that_is_found_damaged_acknowledges_nothing(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """C10: it is looked through again with each request, and serves again once it is found sound."""
    shop.views("ana")
    with failing_commit(shop.service.store), pytest.raises(Unavailable):
        shop.views("ana")
    with monkeypatch.context() as damaged:
        damaged.setattr(folder, "damages_found", lambda _: ["row 1 is missing from an index"])
        shop.service.octy._writer._world = None
        for _ in range(2):
            with pytest.raises(Unavailable):
                shop.views("ana")
    shop.views("ana")
    assert shop.service.rows("SELECT count(*) FROM events") == [(2,)]

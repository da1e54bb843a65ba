"""Requests wait in a queue of bounded length, and whoever waits is answered (docs/decisions/0001)."""

from concurrent.futures import Future
from typing import Any

import pytest

from octy.model import limits
from octy.model.errors import Unavailable
from octy.model.events import EventDraft
from octy.model.keys import Keys
from octy.model.profiles import ProfileDraft
from octy.service import writer
from tests.integration.service.serving import Service, done
from tests.integration.service.world import Shop


def refusal(future: "Future[Any]") -> str:
    """Why a request was refused at once; it asks nobody to wait."""
    assert future.done()
    error = future.exception()
    assert isinstance(error, Unavailable)
    assert error.retry_after_seconds >= 1
    return str(error)


def test_a_full_queue_refuses_at_once_and_serves_what_waits(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "QUEUED_REQUESTS_MAX", 6)  # of which one account may have half
    with shop.service.keeps_the_writer_busy():
        waiting = [shop.octy.ingest(shop.account, [shop.draft("ana")]) for _ in range(3)]
        assert "Too many requests" in refusal(shop.octy.ingest(shop.account, [shop.draft("ben")]))
        assert not any(future.done() for future in waiting)
    for future in waiting:
        assert len(done(future).done) == 1
    shop.views("ana")
    assert len(shop.log("ana")) == 4
    assert shop.log("ben") == []


def test_a_queue_is_full_of_objects_too(busy_shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "QUEUED_OBJECTS_MAX", 20)
    with busy_shop.service.keeps_the_writer_busy():
        waiting = busy_shop.octy.ingest(busy_shop.account, [busy_shop.draft("ana")] * 8)
        assert "Too many requests" in refusal(busy_shop.octy.ingest(busy_shop.account, [busy_shop.draft("ben")] * 3))
        fits = busy_shop.octy.ingest(busy_shop.account, [busy_shop.draft("ben")] * 2)
    assert (len(done(waiting).done), len(done(fits).done)) == (8, 2)
    for _ in range(3):
        done(busy_shop.octy.ingest(busy_shop.account, [busy_shop.draft("ben")] * 10))


def test_a_backfills_end_is_never_refused(busy_shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """P6: nobody would ask again."""
    busy_shop.past("viewers", "view")
    monkeypatch.setattr(limits, "QUEUED_REQUESTS_MAX", 0)
    ended: list[bool] = []
    busy_shop.octy._writer.submit_unrefused(lambda _: ended.append(True))
    busy_shop.service.stop()
    assert ended == [True]


def test_a_request_whose_sender_has_gone_is_not_served(shop: Shop) -> None:
    with shop.service.keeps_the_writer_busy():
        gone = shop.octy.ingest(shop.account, [shop.draft("ana")])
        assert gone.cancel()
    shop.views("ben")
    assert shop.log("ana") == []


def test_a_large_queue_is_served_in_groups_and_in_order(busy_shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """T2."""
    monkeypatch.setattr(writer, "OBJECTS_PER_GROUP_MAX", 3)
    with busy_shop.service.keeps_the_writer_busy():
        futures = [busy_shop.octy.ingest(busy_shop.account, [busy_shop.draft("ana", n=n)]) for n in range(10)]
    for future in futures:
        done(future)
    events = busy_shop.octy.reading.profile_events(busy_shop.account, busy_shop.customers["ana"], 20)
    assert [event.event_properties for event in events] == [{"n": n} for n in reversed(range(10))]


def test_what_one_account_floods_another_one_neither_waits_for_nor_is_refused_by(
    busy_shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """C20: what waits is taken in turn, and who waits has left room for others."""
    monkeypatch.setattr(writer, "OBJECTS_PER_GROUP_MAX", 1_000)
    monkeypatch.setattr(limits, "QUEUED_OBJECTS_MAX", 10_000)
    other = busy_shop.octy.create_account(Keys("pk_other", "sk_other")).account_id
    profiles = done(busy_shop.octy.create_profiles(other, [ProfileDraft("somebody")])).done
    events = [EventDraft("charged", profiles[0].profile_id)]
    served: list[str] = []
    with busy_shop.service.keeps_the_writer_busy():
        flood = [busy_shop.octy.ingest(busy_shop.account, [busy_shop.draft("ana")] * 500) for _ in range(20)]
        asked = busy_shop.octy.ingest(other, events)
        for number, future in enumerate(flood):
            future.add_done_callback(lambda _, number=number: served.append(f"flood {number}"))  # type: ignore[misc]
        asked.add_done_callback(lambda _: served.append("other"))
        assert "Too many requests" in refusal(flood[10])
    assert len(done(asked).done) == 1
    accepted = [done(future) for future in flood[:10]]
    assert [len(one.done) for one in accepted] == [500] * 10
    waited_for = served[10 : served.index("other")]
    assert waited_for == ["flood 0"], "nothing but what came first of its group"


def test_a_stop_answers_all_that_waits_and_refuses_what_comes_later(production: Service) -> None:
    shop = Shop(production)
    shop.has("ana")
    with production.keeps_the_writer_busy():
        waiting = [shop.octy.ingest(shop.account, [shop.draft("ana")]) for _ in range(20)]
    production.octy._writer.stop()
    assert all(future.done() and len(future.result().done) == 1 for future in waiting)
    assert "stopping" in refusal(shop.octy.ingest(shop.account, [shop.draft("ana")]))
    production.restart()
    assert len(shop.log("ana")) == 20


def test_a_stopped_server_leaves_its_folder_to_the_next(production: Service) -> None:
    shop = Shop(production)
    production.octy.stop()
    with pytest.raises(Unavailable):
        shop.octy.reading.segments(shop.account)
    production.open()
    shop.has("ana")
    assert {path.name for path in production.folder.iterdir()} >= {"octy.db", "octy.lock"}

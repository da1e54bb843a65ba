"""Does a server notice by itself when a tag is not what its log says, and mend it, and notice nothing else?"""

from collections.abc import Callable
from random import Random

import pytest
from structlog.testing import capture_logs

from octy.engine.kernels.layout import FLAGGED, TAGGED
from octy.model.instants import US_PER_MINUTE
from octy.service.auditing import Audit, look, settle_doubts
from octy.service.auditor import Auditor
from octy.service.checking.check import check
from octy.service.transaction import Transaction
from octy.store.folder import snapshot
from tests.integration.service.serving import Service, done, eventually
from tests.integration.service.world import Shop
from tests.unit.engine.shop import did, instant, said

NOON_US = instant("12:00")
PAST = ("past_segment.entered", "past_segment.left")
EVERYBODY = 20
"""Looks after which nobody of a few profiles was left out, for all that matters."""


def audits(shop: Shop, looks: int = EVERYBODY) -> None:
    """The auditor looks, as its thread would."""
    for _ in range(looks):
        shop.octy.auditor.work()


def changes(shop: Shop, statement: str) -> None:
    """Something happens to the store that nobody asked for."""
    done(shop.octy._writer.submit(0, lambda tx: tx.connection.exec_driver_sql(statement)))


def differing(shop: Shop) -> int:
    return shop.octy.auditor.audit.all.differing


@pytest.fixture
def tagged(shop: Shop) -> Shop:
    """Ana bears a live and a past tag; ben bears none."""
    shop.wants_webhooks()
    shop.live("shod", did("view", product="shoes"))
    shop.past("viewers", "view")
    shop.views("ana", product="shoes")
    return shop


def test_a_healthy_server_has_no_difference(tagged: Shop) -> None:
    audits(tagged)
    assert tagged.octy.auditor.audit.all.checked >= EVERYBODY
    assert differing(tagged) == 0
    assert [one.audited.checked > 0 for one in tagged.octy.reading.segments(tagged.account)] == [True, True]


def test_a_look_ends_when_its_time_is_over(tagged: Shop) -> None:
    """And the next one is not at the same profiles first."""
    seen = set[int]()
    for _ in range(EVERYBODY):
        found = tagged.octy.auditor.work(lambda: False)
        assert found is not None
        assert len(found.profile_keys) == 1
        seen.update(found.profile_keys)
    assert len(seen) == len(tagged.customers)
    assert tagged.octy.auditor.audit.all.checked == EVERYBODY


def test_nobody_is_looked_at_where_nobody_is(shop: Shop) -> None:
    service = shop.service
    shop.forgets(*shop.customers)
    audits(shop)
    assert shop.octy.auditor.audit.all.checked == 0
    assert service.rows("SELECT * FROM profiles") == []


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM tags WHERE segment_key = 2",
        "DELETE FROM tags WHERE segment_key = 1",
        f"INSERT INTO tags VALUES (2, 1, {NOON_US})",
        f"INSERT INTO tags VALUES (1, 1, {NOON_US})",
        "UPDATE tags SET created_us = created_us - 1 WHERE segment_key = 1",
    ],
)
def test_a_tag_that_is_wrong_in_the_store_is_mended(tagged: Shop, statement: str) -> None:
    """With no webhook (H1): the match was told of long ago."""
    before = [tagged.tags(who) for who in ("ana", "ben")], tagged.webhooks()
    changes(tagged, statement)
    assert [tagged.tags(who) for who in ("ana", "ben")] != before[0]
    with capture_logs() as logs:
        audits(tagged)
    assert ([tagged.tags(who) for who in ("ana", "ben")], tagged.webhooks()) == before
    assert differing(tagged) == 1
    assert tagged.octy.auditor.audit.mended_tags == 1
    assert [one["log_level"] for one in logs if one["event"] == "audit.difference"].count("error") >= 1
    assert sum(one.audited.differing for one in tagged.octy.reading.segments(tagged.account)) == 1
    is_sound(tagged.service)


def test_a_webhook_that_tells_of_the_mending_is_sent_at_once(busy_shop: Shop) -> None:
    """Somebody says that there is one, as of any other."""
    busy_shop.wants_webhooks(webhook_events=PAST, webhook_causes=("repair",))
    busy_shop.past("viewers", "view")
    busy_shop.views("ana")
    heard: list[list[str]] = []
    busy_shop.octy.on_webhooks(lambda: heard.append(busy_shop.heard()), lambda _: None)
    changes(busy_shop, "DELETE FROM change_blocks")
    changes(busy_shop, "DELETE FROM tags WHERE segment_key = 1")
    audits(busy_shop, 1)
    assert heard == [["1 entered viewers: ana (repair)"]]


def test_a_mending_in_a_minute_with_a_digest_keeps_to_the_bound(busy_shop: Shop) -> None:
    """Also where that minute is just over, and where an event comes right after it."""
    shop = busy_shop
    shop.wants_webhooks(webhook_events=PAST, webhook_causes=("event", "repair"), webhooks_per_minute=1)
    shop.past("viewers", "view")
    shop.has("cem", "dan")
    shop.views("ana", at="12:00")
    shop.views("ben", at="12:00")
    changes(shop, "DELETE FROM change_blocks")
    changes(shop, "DELETE FROM tags WHERE segment_key = 1")
    seen = look(shop.service.store, Random(7))
    assert seen is not None
    with shop.service.keeps_the_writer_busy():
        shop.service.clock.move_to(instant("12:01"))
        mends = shop.octy._writer.submit(0, lambda tx: settle_doubts(tx, Audit(), seen))
        views = [shop.octy.ingest(shop.account, [shop.draft(who)]) for who in ("cem", "dan")]
    done(mends)
    assert [done(one).failed for one in views] == [[], []]
    shop.waits_until("12:02")
    assert [line.split()[1] for line in shop.heard()] == ["entered", "digest", "entered", "digest"]
    assert [body["body"].get("count", 1) for body in shop.bodies()] == [1, 1, 1, 3]


def test_history_says_that_it_was_mended(tagged: Shop) -> None:
    """G5: what was recorded stays; what follows leads to the tag that is right."""
    seq = "(SELECT max(last_change_id) FROM change_blocks)"
    changes(tagged, f"UPDATE change_blocks SET row_count = 0, columns = x'' WHERE last_change_id = {seq}")
    changes(tagged, "DELETE FROM tags WHERE segment_key = 2")
    audits(tagged)
    assert tagged.history("ana")[-1] == "viewers created at 12:00 by repair"
    assert tagged.tags("ana") == {"shod": "12:00", "viewers": "12:00"}


@pytest.mark.parametrize("place", [0, 1], ids=["live", "past"])
def test_a_tag_that_is_wrong_in_memory_alone_is_noticed(tagged: Shop, place: int) -> None:
    """It would make a wrong change later."""

    def forget(tx: Transaction) -> None:
        tx.world.tenants[tagged.account].engine._states[place][0, FLAGGED] &= ~TAGGED

    done(tagged.octy._writer.submit(0, forget))
    with capture_logs() as logs:
        audits(tagged)
    assert differing(tagged) == 1
    assert any("in memory" in str(one.get("difference")) for one in logs)
    tagged.views("ana", product="hats")
    assert tagged.tags("ana") == {"viewers": "12:00"}
    assert tagged.history("ana")[-1].startswith("shod removed")
    is_sound(tagged.service)


def test_whatever_happens_between_the_look_and_the_second_one_is_no_difference(
    tagged: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A tag seems wrong, and is right again when the writer looks."""
    changes(tagged, "DELETE FROM tags WHERE segment_key = 2")
    auditor, submit = tagged.octy.auditor, tagged.octy.auditor._submit

    def late(work: Callable[..., None]) -> object:
        changes(tagged, f"INSERT OR IGNORE INTO tags VALUES (2, 0, {NOON_US})")
        return submit(work)

    monkeypatch.setattr(auditor, "_submit", late)
    audits(tagged)
    assert differing(tagged) == 0
    assert len(tagged.history("ana")) == 2


def test_a_server_under_random_traffic_has_no_difference(busy_shop: Shop) -> None:
    """The auditor looks all the time, in its own thread, while events come, late and in order, and time passes."""
    shop = busy_shop
    random = Random(7)
    shop.live("idle", "view", unless="pay")
    shop.live("shod", did("view", product="shoes"))
    shop.past("buyers", "view", "pay", days=1)
    shop.past("lost", "view", days=1, unless="pay")
    auditor = Auditor(shop.service.store, shop.octy._writer.submit_unrefused, share=1.0)
    auditor.start()
    now_us = NOON_US
    for _ in range(150):
        now_us += random.choice((0, 1, 3, 400)) * US_PER_MINUTE
        shop.waits_until(said(now_us))
        at_us = max(NOON_US, now_us - random.choice((0, 0, 2, 30, 2000)) * US_PER_MINUTE)
        what = random.choice(("view", "pay"))
        shop.does(random.choice(("ana", "ben")), what, said(at_us), product=random.choice(("shoes", "hats")))
    eventually(lambda: auditor.audit.all.checked >= 20)
    auditor.stop()
    assert auditor.audit.all.differing == 0


def is_sound(service: Service) -> None:
    with snapshot(service.folder) as now:
        findings = check(now, lambda _: None)
    assert findings.is_clean, findings.differences

"""What goes, when, and what stays: deleted segments (X1, X2) and deleted profiles (X3)."""

from concurrent.futures import Future
from typing import Any

import pytest
from sqlalchemy import event

from octy.model.errors import Refused
from octy.model.idempotency import Answer, Once
from octy.model.outcomes import Outcome
from tests.integration.service.serving import done, eventually
from tests.integration.service.world import Shop
from tests.unit.engine.shop import instant


def test_a_deleted_segment_makes_no_tag_and_no_webhook_and_its_tags_stay(shop: Shop) -> None:
    """X1: not by an event, by time, by a property, or by its own conflicts."""
    shop.wants_webhooks()
    shop.live("viewing", "view")
    shop.live("idle", "view", unless="pay")
    shop.past("viewers", "view", days=1)
    shop.past("gold", "view", days=1, plan="gold")
    shop.views("ana")
    before = shop.tags("ana")
    shop.deletes("viewing", "idle", "viewers", "gold")
    shop.views("ben")
    shop.pays("ana")
    shop.learns("ana", plan="gold")
    shop.waits_until("2d 12:00")
    assert shop.tags("ana") == before == {"viewing": "12:00", "viewers": "12:00"}
    assert shop.tags("ben") == {}
    assert shop.webhooks() == ["created viewing for ana"]
    assert set(shop.statuses().values()) == {"pending deletion"}


def test_what_a_deleted_segment_had_begun_ends_in_nothing_after_a_restart_too(shop: Shop) -> None:
    """X1: though others look at the same events."""
    shop.live("idle", "view", unless="pay")
    shop.past("unpaid", "view", unless="pay", days=1)
    shop.live("viewing", "view")
    shop.past("viewers", "view")
    shop.pays("ana")
    shop.views("ana")
    shop.deletes("idle", "unpaid")
    shop.service.restart(instant("2d 12:00"))
    shop.views("ben")
    shop.waits_until("2d 12:30")
    assert shop.tags("ana") == {"viewing": "12:00", "viewers": "12:00"}
    assert shop.tags("ben") == {"viewing": "2d 12:00", "viewers": "2d 12:00"}
    assert shop.statuses()["unpaid"] == shop.statuses()["idle"] == "pending deletion"


@pytest.mark.parametrize("restarts", [False, True])
def test_a_match_that_only_time_has_made_outlives_a_deletion_that_is_cancelled(shop: Shop, restarts: bool) -> None:
    """X1, L5: the window had ended before the deletion was asked for, and no event came since."""
    shop.has("eve")
    shop.live("left", "view", unless="pay")
    shop.views("ana", "12:00")
    shop.views("eve", "12:00")
    shop.views("ben", "12:07")
    shop.waits_until("12:08")
    shop.deletes("left")
    shop.waits_until("13:00")
    shop.pays("eve", "13:00")
    if restarts:
        shop.service.restart()
    shop.restores("left")
    assert {who: shop.tags(who) for who in ("ana", "ben", "eve")} == {"ana": {"left": "12:05"}, "ben": {}, "eve": {}}
    if restarts:
        shop.service.restart()
    shop.waits_until("14:00")
    assert {who: shop.tags(who) for who in ("ana", "ben", "eve")} == {"ana": {"left": "12:05"}, "ben": {}, "eve": {}}
    shop.pays("ana", "14:00")
    assert shop.tags("ana") == {}


def test_the_name_of_a_deleted_segment_stays_taken_until_it_is_gone(shop: Shop) -> None:
    """X1, D1."""
    shop.past("viewers", "view")
    shop.deletes("viewers")
    shop.waits_until("3d 11:59:59.999999")
    with pytest.raises(Refused) as refused:
        shop.past("viewers", "pay")
    assert [problem.rule for problem in refused.value.problems] == ["D1"]  # type: ignore[union-attr]
    shop.waits_until("3d 12:00")
    shop.past("viewers", "pay")
    assert shop.statuses() == {"viewers": "active"}


def test_a_deleted_segment_goes_with_its_tags_at_72_hours_and_not_a_microsecond_before(shop: Shop) -> None:
    """X2."""
    shop.live("viewing", "view")
    shop.views("ana")
    shop.deletes("viewing")
    shop.waits_until("3d 11:59:59.999999")
    assert shop.tags("ana") == {"viewing": "12:00"}
    shop.waits_until("3d 12:00")
    assert shop.tags("ana") == {}
    assert shop.statuses() == {}
    assert shop.history("ana") == ["viewing created at 12:00 by event", "viewing removed at 3d 12:00 by deletion"]


def test_it_goes_by_itself_outside_a_sandbox(busy_shop: Shop) -> None:
    """X2, T6."""
    busy_shop.live("viewing", "view")
    busy_shop.views("ana")
    busy_shop.deletes("viewing")
    busy_shop.service.clock.move_to(instant("3d 12:00:00.500000"))
    eventually(lambda: busy_shop.statuses() == {})
    assert busy_shop.tags("ana") == {}
    assert busy_shop.history("ana")[-1] == "viewing removed at 3d 12:00 by deletion"


def test_it_goes_at_the_restart_where_the_server_was_down(shop: Shop) -> None:
    """X2, G5."""
    shop.live("viewing", "view")
    shop.views("ana")
    shop.deletes("viewing")
    shop.service.restart(instant("3d 11:59:59.999999"))
    assert shop.tags("ana") == {"viewing": "12:00"}
    shop.service.restart(instant("4d 09:00"))
    assert shop.tags("ana") == {}
    assert shop.history("ana")[-1] == "viewing removed at 3d 12:00 by deletion, known at 4d 09:00"


def test_asking_again_does_not_put_it_off(shop: Shop) -> None:
    """X2: 72 hours after the request, which is the first."""
    shop.past("viewers", "view")
    shop.deletes("viewers")
    shop.waits_until("2d 12:00")
    shop.deletes("viewers")
    shop.waits_until("3d 12:00")
    assert shop.statuses() == {}


def test_what_is_due_beside_the_end_of_a_segment_is_recorded_in_order(shop: Shop) -> None:
    """T6, X2: a clock that is moved far brings all that is due on the way in its order."""
    shop.past("viewers", "view", days=4)
    shop.past("payers", "pay", days=2)
    shop.live("viewing", "view")
    shop.views("ana")
    shop.pays("ana")
    shop.deletes("viewing")
    shop.waits_until("6d 00:00")
    assert shop.history("ana")[3:] == [
        "payers removed at 2d 12:00 by elapsed time",
        "viewing removed at 3d 12:00 by deletion",
        "viewers removed at 4d 12:00 by elapsed time",
    ]


def test_an_event_that_moves_the_clock_past_the_end_of_a_segment_comes_after_it(shop: Shop) -> None:
    """T4, T6, X2: in one batch, too."""
    shop.past("viewers", "view", days=4)
    shop.live("viewing", "view")
    shop.views("ana")
    shop.deletes("viewing")
    shop.sends(
        shop.draft("ana", "pay", at="2d 12:00"), shop.draft("ben", at="3d 12:00"), shop.draft("ana", at="5d 12:00")
    )
    assert shop.history("ana")[2:] == [
        "viewing removed at 3d 12:00 by deletion",
        "viewers removed at 4d 12:00 by elapsed time",
        "viewers created at 5d 12:00 by event",
    ]
    order = shop.service.rows("SELECT recorded_us FROM tag_history ORDER BY change_id")
    assert order == sorted(order)


# Profiles (X3)


def test_a_deleted_profile_leaves_no_row_in_any_table(shop: Shop) -> None:
    """X3: whatever it had, late and new, placed or not yet."""
    shop.wants_webhooks()
    shop.live("viewing", "view")
    shop.live("idle", "view", unless="pay")
    shop.past("viewers", "view", "pay")
    shop.learns("ana", plan="secret of ana")
    for who in ("ana", "ben"):
        shop.does(who, "view", message_id=f"message of {who}", product=f"secret of {who}")
        shop.does(who, "pay", at="11:00")
    shop.waits_until("12:30")
    assert traces(shop, "ana"), "it was there"
    bens = traces(shop, "ben")
    shop.forgets("ana")
    assert traces(shop, "ana") <= {"erasures"}, "the archive's files are looked through afterwards, nothing else"
    eventually(lambda: traces(shop, "ana") == set())
    assert traces(shop, "ben") >= bens


def traces(shop: Shop, who: str) -> set[str]:
    """The tables with something of a customer: his number, his ids, his words, his messages, his webhooks."""
    key = list(shop.customers).index(who)
    found = set()
    for table, rows in shop.service.everything().items():
        columns = [name for _, name, *_ in shop.service.rows(f"SELECT * FROM pragma_table_info('{table}')")]
        for row in rows:
            is_his = "profile_key" in columns and row[columns.index("profile_key")] == key
            tells = [str(value) for value in row if isinstance(value, str | bytes)]
            if is_his or any(shop.customers[who] in text or f"of {who}" in text or text == who for text in tells):
                found.add(table)
    return found


@pytest.mark.parametrize("restarts", [False, True])
def test_what_a_deleted_profile_had_begun_comes_to_nothing(shop: Shop, restarts: bool) -> None:
    """X3: its open windows, its memberships, and what it would have caused after a restart."""
    shop.wants_webhooks()
    shop.live("idle", "view", unless="pay")
    shop.past("viewers", "view", days=1)
    shop.past("unpaid", "view", unless="pay", days=1)
    for who in ("ana", "ben"):
        shop.pays(who, at="12:00")
        shop.views(who, at="12:01")
    shop.forgets("ana")
    if restarts:
        shop.service.restart(instant("12:10"))
    shop.waits_until("3d 12:00")
    assert shop.webhooks() == ["created idle for ben"]
    assert len(shop.history("ben")) == 5
    assert shop.service.rows("SELECT DISTINCT profile_key FROM tag_history") == [(1,)]
    assert shop.service.rows("SELECT DISTINCT profile_key FROM outbox") == [(1,)]


def test_a_new_profile_of_a_deleted_customer_begins_with_nothing(shop: Shop) -> None:
    """X3, E6."""
    shop.live("idle", "view", unless="pay")
    shop.past("bought", "view", "pay")
    shop.views("ana")
    shop.does("ana", "charged")
    old = shop.customers["ana"]
    shop.forgets("ana")
    shop.has("ana")
    shop.pays("ana", at="12:01")
    shop.waits_until("12:30")
    assert shop.customers["ana"] != old
    assert shop.tags("ana") == {}
    assert not shop.profile("ana").has_charged
    assert shop.log("ana") == [("pay", "12:01")]


def test_the_number_of_a_deleted_profile_is_never_given_again(shop: Shop) -> None:
    """X3: not even that of the last one, after a restart."""
    shop.past("viewers", "view")
    shop.views("ben")
    shop.forgets("ben")
    shop.service.restart()
    shop.has("cid")
    assert shop.tags("cid") == {}
    assert shop.service.rows("SELECT profile_key FROM profiles ORDER BY 1") == [(0,), (2,)]


def test_events_of_a_deleted_profile_are_refused(shop: Shop) -> None:
    """E2, X3."""
    old = shop.customers["ana"]
    shop.does("ana", "view", message_id="m1")
    shop.forgets("ana")
    assert len(shop.sends(shop.draft(old), shop.draft(old, message_id="m1")).failed) == 2
    assert not shop.does("ben", "view", message_id="m1").duplicate, "its messages are forgotten with it"


def test_many_profiles_go_together_each_named_once(shop: Shop) -> None:
    """By either of their ids; who is named twice is gone by the second time."""
    shop.past("viewers", "view")
    everybody = [f"customer {number}" for number in range(20)]
    shop.has(*everybody)
    for who in [*everybody, "ben"]:
        shop.views(who, message_id=f"message of {who}")
    named = [shop.customers[who] if number % 2 else who for number, who in enumerate(everybody)]
    outcome = done(shop.octy.delete_profiles(shop.account, [*named, "nobody", everybody[1], everybody[2]]))
    assert outcome.done == named
    assert [one.index for one in outcome.failed] == [20, 21, 22]
    for who in everybody:
        assert traces(shop, who) <= {"erasures"}
    assert list(shop.tags("ben")) == ["viewers"]


def test_the_block_of_many_profiles_is_written_anew_once(shop: Shop) -> None:
    shop.past("viewers", "view")
    everybody = [f"customer {number}" for number in range(20)]
    shop.has(*everybody)
    shop.sends(*(shop.draft(who, "view") for who in [*everybody, "ben"]))
    asked: list[str] = []
    event.listen(shop.service.store.writer, "before_cursor_execute", lambda *of: asked.append(of[2]))
    shop.forgets(*everybody)
    assert [one.split()[1] for one in asked if one.startswith("UPDATE") and "_blocks" in one] == [
        "event_blocks",
        "change_blocks",
    ]


def test_a_deletion_in_the_group_of_its_events_takes_them_along(busy_shop: Shop) -> None:
    """X3."""
    busy_shop.live("viewing", "view")
    old = busy_shop.customers["ana"]
    with busy_shop.service.keeps_the_writer_busy():
        futures: list[Future[Outcome[Any]]] = [
            busy_shop.octy.ingest(busy_shop.account, [busy_shop.draft("ana"), busy_shop.draft("ben")]),
            busy_shop.octy.delete_profiles(busy_shop.account, ["ana"]),
            busy_shop.octy.ingest(busy_shop.account, [busy_shop.draft(old), busy_shop.draft("ben")]),
        ]
    assert [len(done(future).failed) for future in futures] == [0, 0, 1]
    assert busy_shop.service.rows("SELECT profile_key FROM events") == [(1,), (1,)]
    assert busy_shop.service.rows("SELECT DISTINCT profile_key FROM tag_history") == [(1,)]


def test_a_deleted_profile_is_not_told_of_by_answers_that_are_kept_for_repeats(shop: Shop) -> None:
    """X3 against E5."""
    once = Once("/v1/retention/events/create", "k1", bytes(32), lambda _: Answer(201, shop.customers["ana"].encode()))
    shop.sends(shop.draft("ana"), once=once)
    shop.forgets("ana")
    eventually(lambda: traces(shop, "ana") == set())

"""How a new past segment catches up with history (P6): at once in a sandbox, beside the traffic elsewhere."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from octy.service import backfills
from tests.integration.service.holding import HeldService
from tests.integration.service.serving import Service, StandingClock, eventually
from tests.integration.service.world import Shop
from tests.unit.engine.shop import instant


@pytest.fixture
def held(tmp_path: Path) -> Iterator[Shop]:
    """A shop at a production server whose backfills fold what is there and then wait for `ends`."""
    service = HeldService(tmp_path, StandingClock(instant("12:00")))
    shop = Shop(service)
    shop.has("ana", "ben")
    yield shop
    service.stop()


def key_of(shop: Shop, name: str) -> int:
    ((key,),) = shop.service.rows("SELECT segment_key FROM segments WHERE name = :name", name=name)
    return int(key)


def begins(shop: Shop, name: str) -> None:
    """Waits until the backfill has folded all that is stored now."""
    assert isinstance(shop.service, HeldService)
    shop.service.wait_until_folded([key_of(shop, name)])


def ends(shop: Shop, name: str) -> None:
    assert isinstance(shop.service, HeldService)
    shop.service.end_backfill(key_of(shop, name))


def test_in_a_sandbox_a_backfill_has_ended_with_its_request(shop: Shop) -> None:
    shop.views("ana", at="-5d 12:00")
    shop.waits_until("13:00")
    shop.past("viewers", "view")
    assert shop.statuses() == {"viewers": "active"}
    assert shop.tags("ana") == {"viewers": "13:00"}
    assert shop.history("ana") == ["viewers created at 13:00 by backfill"]
    assert shop.tags("ben") == {}


def test_outside_a_sandbox_the_request_is_answered_before_the_backfill_ends(held: Shop) -> None:
    held.views("ana", at="11:00")
    held.past("viewers", "view")
    begins(held, "viewers")
    assert held.statuses() == {"viewers": "backfilling"}
    assert held.tags("ana") == {}
    held.service.clock.move_to(instant("12:30"))
    ends(held, "viewers")
    assert held.statuses() == {"viewers": "active"}
    assert held.tags("ana") == {"viewers": "12:30"}
    assert held.history("ana") == ["viewers created at 12:30 by backfill"]


def test_outside_a_sandbox_a_backfill_ends_by_itself(busy_shop: Shop) -> None:
    busy_shop.views("ana", at="11:00")
    busy_shop.past("viewers", "view")
    assert busy_shop.statuses() == {"viewers": "active"}
    assert busy_shop.tags("ana") == {"viewers": "12:00"}


def test_events_that_arrive_meanwhile_are_not_missed(held: Shop) -> None:
    held.views("ana", at="11:00")
    held.past("bought", "view", "pay")
    held.past("unpaid", "view", unless="pay")
    begins(held, "unpaid")
    held.pays("ana")
    held.views("ben")
    for name in ("unpaid", "bought"):
        ends(held, name)
    assert held.tags("ana") == {"bought": "12:00"}
    assert held.tags("ben") == {"unpaid": "12:00"}


def test_late_events_that_arrive_meanwhile_find_their_places(held: Shop) -> None:
    """P7: the sequence is complete, or broken, by what came before what is folded already."""
    held.pays("ana", at="11:00")
    held.views("ben", at="11:00")
    held.past("bought", "view", "pay")
    begins(held, "bought")
    held.views("ana", at="10:00")
    held.pays("ben", at="10:00")
    ends(held, "bought")
    assert held.tags("ana") == {"bought": "12:00"}
    assert held.tags("ben") == {}


def test_after_its_backfill_a_segment_goes_on_by_itself(held: Shop) -> None:
    """P4, T6: what it learned from history falls due."""
    held.views("ana", at="-1d 13:00")
    held.past("viewers", "view", days=1)
    begins(held, "viewers")
    ends(held, "viewers")
    held.waits_until("13:00")
    held.pays("ben", at="12:30")
    held.views("ben", at="12:45")
    assert held.history("ana") == [
        "viewers created at 12:00 by backfill",
        "viewers removed at 13:00 by elapsed time",
    ]
    assert held.tags("ben") == {"viewers": "13:00"}


def test_what_ended_before_the_backfill_did_is_never_told(held: Shop) -> None:
    held.views("ana", at="-1d 13:00")
    held.past("viewers", "view", days=1)
    begins(held, "viewers")
    held.waits_until("13:00")
    ends(held, "viewers")
    assert held.history("ana") == []


def test_property_changes_that_arrive_meanwhile_count(held: Shop) -> None:
    """V3."""
    held.learns("ana", plan="gold")
    for who in ("ana", "ben"):
        held.views(who)
    held.past("gold", "view", plan="gold")
    begins(held, "gold")
    held.learns("ana", plan="iron")
    held.learns("ben", plan="gold")
    ends(held, "gold")
    assert (held.tags("ana"), held.tags("ben")) == ({}, {"gold": "12:00"})


def test_a_segment_that_is_deleted_meanwhile_makes_no_tag(held: Shop) -> None:
    """X1."""
    held.views("ana")
    held.past("viewers", "view")
    begins(held, "viewers")
    held.deletes("viewers")
    ends(held, "viewers")
    held.views("ben")
    assert held.statuses() == {"viewers": "pending deletion"}
    assert (held.tags("ana"), held.tags("ben")) == ({}, {})


def test_a_profile_that_is_deleted_meanwhile_gets_no_tag_and_leaves_nothing(held: Shop) -> None:
    """X3: though its events are folded already, in order and out of it."""
    held.pays("ana", at="11:00")
    held.views("ana", at="10:00")
    held.views("ben", at="11:00")
    held.past("bought", "view", "pay")
    held.past("viewers", "view")
    begins(held, "viewers")
    held.forgets("ana")
    for name in ("viewers", "bought"):
        ends(held, name)
    assert held.service.rows("SELECT DISTINCT profile_key FROM tags") == [(1,)]
    assert held.tags("ben") == {"viewers": "12:00"}
    assert held.service.rows("SELECT * FROM tag_history WHERE profile_key = 0") == []


def test_a_profile_that_is_created_meanwhile_is_seen(held: Shop) -> None:
    held.past("viewers", "view")
    begins(held, "viewers")
    held.has("cid")
    held.views("cid")
    ends(held, "viewers")
    assert held.tags("cid") == {"viewers": "12:00"}


def test_a_backfill_that_a_restart_interrupts_begins_again_and_ends(held: Shop) -> None:
    held.views("ana", at="11:00")
    held.past("viewers", "view")
    begins(held, "viewers")
    held.views("ben", at="11:30")
    held.service.restart(instant("13:00"))
    assert held.statuses() == {"viewers": "backfilling"}
    begins(held, "viewers")
    assert held.tags("ana") == {}
    ends(held, "viewers")
    assert held.statuses() == {"viewers": "active"}
    assert held.tags("ana") == held.tags("ben") == {"viewers": "13:00"}


def test_a_restart_without_anybody_holding_it_brings_the_backfill_to_its_end(held: Shop) -> None:
    """Another server goes on with the folder, and nothing is asked of it."""
    held.views("ana", at="11:00")
    held.past("viewers", "view")
    begins(held, "viewers")
    held.service.stop()
    held.service = Service(held.service.folder, StandingClock(instant("13:00")))
    eventually(lambda: held.statuses() == {"viewers": "active"})
    assert held.tags("ana") == {"viewers": "13:00"}
    held.service.stop()


def test_several_backfills_go_on_side_by_side(held: Shop) -> None:
    held.views("ana")
    held.pays("ben")
    held.past("viewers", "view")
    held.past("payers", "pay")
    begins(held, "payers")
    ends(held, "payers")
    assert held.statuses() == {"viewers": "backfilling", "payers": "active"}
    assert (held.tags("ana"), held.tags("ben")) == ({}, {"payers": "12:00"})
    ends(held, "viewers")
    assert held.tags("ana") == {"viewers": "12:00"}


def test_a_backfill_that_fails_begins_again(busy_shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    fold, failures = backfills.fold_snapshot, [OSError("disk I/O error"), OSError("disk I/O error")]

    def failing(*given: object) -> int:
        if failures:
            raise failures.pop()
        return fold(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(backfills, "fold_snapshot", failing)
    busy_shop.views("ana")
    busy_shop.past("viewers", "view")
    eventually(lambda: busy_shop.statuses() == {"viewers": "active"})
    assert not failures
    assert busy_shop.tags("ana") == {"viewers": "12:00"}

"""What is left of a deleted segment, and what makes it go: a receipt, 72 hours or a training job (X2)."""

from functools import partial

import pytest

from octy.model.lifetimes import PurgeCause
from octy.model.receipts import tags_sha256
from octy.service import preparing
from octy.service.trainings import training_begun, training_failed
from octy.store import tags
from tests.integration.service.serving import done
from tests.integration.service.world import Shop
from tests.unit.engine.shop import instant


def test_a_purge_leaves_a_receipt_with_what_an_auditor_needs(shop: Shop) -> None:
    """X2: the tags' checksum is that of a backup of the moment before."""
    segment_id = shop.live("viewing", "view")
    shop.views("ana")
    shop.views("ben", at="12:01")
    shop.waits_until("13:00")
    shop.deletes("viewing")
    shop.waits_until("3d 12:59:59.999999")
    rows = shop.service.rows("SELECT profile_id, tags.created_us FROM tags JOIN profiles USING (profile_key)")
    shop.waits_until("5d 00:00")
    ((receipt,), total) = shop.octy.reading.receipts(shop.account, [segment_id], 0, 10)
    assert total == 1
    assert receipt.segment_id == segment_id
    assert receipt.definition.name == "viewing"
    assert (receipt.requested_us, receipt.purged_us) == (instant("13:00"), instant("3d 13:00"))
    assert receipt.recorded_us == instant("3d 13:00")
    assert (receipt.cause, receipt.job_id, receipt.models) == (PurgeCause.ELAPSED, None, ())
    assert len(rows) == receipt.tags_removed == 2
    assert receipt.tags_sha256 == tags_sha256([(row[0], row[1]) for row in rows])
    assert shop.octy.reading.receipts(shop.account, [receipt.receipt_id], 0, 10) == ([receipt], 1)


def test_receipts_come_in_the_order_of_the_purges_and_in_pages(shop: Shop) -> None:
    for hour, name in enumerate(("b", "a", "c")):
        shop.live(name, "view")
        shop.waits_until(f"{12 + hour}:00")
    shop.deletes("b", "a")
    shop.deletes("c")
    shop.waits_until("9d 00:00")
    found, total = shop.octy.reading.receipts(shop.account, [], 1, 1)
    assert ([one.definition.name for one in found], total) == (["a"], 3)


def test_a_training_job_whose_dataset_is_from_after_the_request_purges_at_its_end(shop: Shop) -> None:
    """X2: in the same transaction, so after a restart too."""
    shop.live("viewing", "view")
    shop.past("viewers", "view")
    shop.live("idle", "view", unless="pay")
    shop.views("ana")
    before = shop.builds_dataset()
    shop.deletes("viewing", "viewers")
    after = shop.builds_dataset()
    shop.waits_until("13:00")
    shop.deletes("idle")
    assert shop.trained("job_1", "idle", dataset=before) == []
    assert shop.trained("job_2", dataset=after) == ["viewing", "viewers"]
    shop.service.restart(instant("14:00"))
    assert shop.receipts() == [
        "viewing of 12:00 purged at 13:00 by job_2 with 1 tags",
        "viewers of 12:00 purged at 13:00 by job_2 with 1 tags",
    ]
    assert shop.statuses() == {"idle": "pending deletion"}
    assert shop.history("ana")[-2:] == ["viewing removed at 13:00 by deletion", "viewers removed at 13:00 by deletion"]
    shop.waits_until("9d 00:00")
    ((*_, last), _) = shop.octy.reading.receipts(shop.account, [], 0, 10)
    assert (last.cause, last.models) == (PurgeCause.ELAPSED, ("job_1",))
    assert shop.service.rows("SELECT * FROM training_uses") == []


def test_who_uses_a_segment_is_seen(shop: Shop) -> None:
    """In flight until it ends, and then a model, or nothing."""
    shop.live("viewing", "view")
    shop.past("viewers", "view")

    def users() -> dict[str, tuple[tuple[str, ...], tuple[str, ...]]]:
        found = shop.octy.reading.segments(shop.account)
        return {one.definition.name: (one.jobs_in_flight, one.models) for one in found}

    ids = list(shop.segments.values())
    for job_id in ("job_1", "job_2"):
        begun = partial(training_begun, account_id=shop.account, job_id=job_id, segment_ids=ids)
        done(shop.octy._writer.submit(shop.account, begun))
        shop.waits_until(f"{12 + int(job_id[-1])}:00")
    assert users() == {"viewing": (("job_1", "job_2"), ()), "viewers": (("job_1", "job_2"), ())}
    done(shop.octy._writer.submit(shop.account, partial(training_failed, job_id="job_1")))
    shop.trained("job_2", "viewing", dataset=shop.builds_dataset())
    assert users() == {"viewing": ((), ("job_2",)), "viewers": ((), ())}


def test_a_job_that_used_a_segment_which_is_gone_completes_all_the_same(shop: Shop) -> None:
    shop.live("viewing", "view")
    shop.deletes("viewing")
    shop.waits_until("9d 00:00")
    assert shop.trained("job_1", "viewing", dataset={}) == []
    assert shop.service.rows("SELECT * FROM training_uses") == []


def test_a_receipt_outlives_the_profiles_and_names_none_of_them(shop: Shop) -> None:
    """X3."""
    shop.live("viewing", "view")
    shop.views("ana")
    shop.deletes("viewing")
    shop.waits_until("3d 12:00")
    who = shop.customers["ana"]
    shop.forgets("ana")
    assert shop.receipts() == ["viewing of 12:00 purged at 3d 12:00 by elapsed with 1 tags"]
    assert not any(who in str(value) for row in shop.service.rows("SELECT * FROM purge_receipts") for value in row)


class Prepared:
    """A shop with a deleted segment, of which the purge has been prepared."""

    def __init__(self, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(preparing, "TAGS_MIN", 1)
        monkeypatch.setattr(preparing, "AGAIN_AFTER_SECONDS", 0.0)
        self.shop = shop
        shop.live("viewing", "view")
        shop.views("ana")
        shop.views("ben", at="12:01")
        shop.deletes("viewing")
        self.preparer = shop.octy._preparer
        self.preparer.stop()
        self.preparer._stopping.clear()
        self.preparer.work()

    def purged(self) -> tuple[int, bytes]:
        """How many tags the receipt tells of, and their checksum; and what they should be."""
        rows = self.shop.service.rows("SELECT profile_id, tags.created_us FROM tags JOIN profiles USING (profile_key)")
        self.shop.waits_until("3d 12:01")
        ((receipt,), _) = self.shop.octy.reading.receipts(self.shop.account, [], 0, 10)
        assert receipt.tags_removed == len(rows)
        assert receipt.tags_sha256 == tags_sha256([(row[0], row[1]) for row in rows])
        return receipt.tags_removed, receipt.tags_sha256


@pytest.fixture
def prepared(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Prepared:
    return Prepared(shop, monkeypatch)


def test_what_a_purge_is_known_to_remove_need_not_be_worked_out_while_writes_wait(
    prepared: Prepared, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(tags, "borne_since")
    assert prepared.purged()[0] == 2
    assert prepared.shop.history("ana")[-1] == "viewing removed at 3d 12:01 by deletion"


@pytest.mark.parametrize("is_prepared_again", [True, False])
def test_where_a_profile_was_deleted_meanwhile_what_was_known_is_not_taken(
    prepared: Prepared, *, is_prepared_again: bool
) -> None:  # X3
    prepared.shop.forgets("ana")
    if is_prepared_again:
        prepared.preparer.work()
    assert prepared.purged()[0] == 1


def test_what_was_known_of_a_deletion_that_was_cancelled_is_not_taken(prepared: Prepared) -> None:
    """The tags may be others, as many as before."""
    prepared.shop.restores("viewing")
    prepared.shop.waits_until("12:02")
    prepared.shop.views("ana", at="12:02")
    prepared.shop.waits_until("12:03")
    prepared.shop.deletes("viewing")
    prepared.shop.waits_until("3d 12:03")
    ((receipt,), _) = prepared.shop.octy.reading.receipts(prepared.shop.account, [], 0, 10)
    since = {"ana": instant("12:02"), "ben": instant("12:01")}
    wanted = [(prepared.shop.customers[name], at_us) for name, at_us in since.items()]
    assert receipt.tags_sha256 == tags_sha256(wanted)

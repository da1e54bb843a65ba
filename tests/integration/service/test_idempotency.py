"""A request that is repeated is done once and answered alike (E5)."""

import hashlib
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

import pytest

from octy.model.errors import Conflicting
from octy.model.events import EventTypeDraft
from octy.model.idempotency import Answer, Once, Replayed
from octy.model.profiles import ProfileDraft
from tests.integration.service.serving import Service, done
from tests.integration.service.world import Shop

PATH = "/v1/retention/events/create/batch"


def once(key: str = "k1", body: bytes = b"{}", path: str = PATH, answer: bytes = b"stored") -> Once:
    return Once(path, key, hashlib.sha256(body).digest(), lambda _: Answer(201, answer))


def replayed(shop: Shop, request: Once) -> Answer:
    """The answer to a repeat."""
    with pytest.raises(Replayed) as first:
        shop.sends(shop.draft("ana"), once=request)
    return first.value.answer


def test_a_repeat_gets_the_first_answer_and_changes_nothing(shop: Shop) -> None:
    shop.sends(shop.draft("ana"), once=once())
    assert replayed(shop, once(answer=b"another")) == Answer(201, b"stored")
    assert len(shop.log("ana")) == 1


def test_a_repeat_in_the_same_group_gets_the_first_answer(busy_shop: Shop) -> None:
    with busy_shop.service.keeps_the_writer_busy():
        futures = [busy_shop.octy.ingest(busy_shop.account, [busy_shop.draft("ana")], once()) for _ in range(3)]
    assert len(done(futures[0]).done) == 1
    for future in futures[1:]:
        with pytest.raises(Replayed):
            done(future)
    assert len(busy_shop.log("ana")) == 1


def test_another_body_under_the_same_key_is_refused(shop: Shop) -> None:
    shop.sends(shop.draft("ana"), once=once())
    with pytest.raises(Conflicting, match="another body"):
        shop.sends(shop.draft("ana"), once=once(body=b"{ }"))
    assert len(shop.log("ana")) == 1
    assert replayed(shop, once()) == Answer(201, b"stored"), "and the first answer stays"


def test_an_answer_is_remembered_over_a_restart(shop: Shop) -> None:
    shop.sends(shop.draft("ana"), once=once())
    shop.service.restart()
    assert replayed(shop, once()) == Answer(201, b"stored")


def test_an_answer_is_remembered_for_24_hours_and_not_longer(shop: Shop) -> None:
    shop.sends(shop.draft("ana"), once=once())
    shop.waits_until("1d 11:59:59.999999")
    assert replayed(shop, once()) == Answer(201, b"stored")
    shop.waits_until("1d 12:00:00.000001")
    shop.sends(shop.draft("ana"), once=once(body=b"new", answer=b"anew"))
    assert len(shop.log("ana")) == 2
    assert replayed(shop, once(body=b"new")) == Answer(201, b"anew")


def test_forgotten_answers_leave_the_disk(shop: Shop) -> None:
    shop.sends(shop.draft("ana"), once=once())
    shop.waits_until("1d 14:00")
    assert shop.service.rows("SELECT * FROM idempotency_keys") == []


def test_a_key_is_of_one_path_and_of_one_account(shop: Shop, sandbox: Service) -> None:
    other = Shop(sandbox)
    other.has("ana")
    for one in (shop, other):
        one.sends(one.draft("ana"), once=once())
        one.sends(one.draft("ana"), once=once(path="/elsewhere"))
        assert len(one.log("ana")) == 2


def test_a_request_whose_objects_partly_failed_is_answered_again_as_it_was(shop: Shop) -> None:
    """E2: what failed is not tried again either."""
    outcome = shop.sends(shop.draft("ana"), shop.draft("cid"), once=once())
    assert len(outcome.failed) == 1
    shop.has("cid")
    assert replayed(shop, once()) == Answer(201, b"stored")
    assert shop.log("cid") == []


def test_a_request_that_was_refused_whole_is_judged_anew(shop: Shop) -> None:
    """Nothing was done, so there is nothing to repeat."""
    with pytest.raises(Exception, match="1 to 500"):
        shop.sends(once=once())
    assert len(shop.sends(shop.draft("ana"), once=once()).done) == 1


def test_every_kind_of_change_can_be_repeated(shop: Shop) -> None:
    """None of them does it twice."""
    octy, account = shop.octy, shop.account
    requests: list[Callable[[], Future[Any]]] = [
        lambda: octy.create_profiles(account, [ProfileDraft("cid")], once(path="/profiles")),
        lambda: octy.create_event_types(account, [EventTypeDraft("rate")], once(path="/types")),
        lambda: octy.delete_event_types(account, [shop.types["cart"]], once(path="/types/delete")),
        lambda: octy.delete_profiles(account, ["ben"], once(path="/profiles/delete")),
    ]
    for request in requests:
        done(request())
        before = shop.service.everything()
        with pytest.raises(Replayed):
            done(request())
        assert shop.service.everything() == before

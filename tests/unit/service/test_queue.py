"""Requests of many accounts wait, and are taken in turn (C20)."""

from concurrent.futures import Future

import pytest

from octy.model import limits
from octy.service.queue import Job, Queue

ANA, BEN, EVE = 1, 2, 3


def job(account_id: int, objects: int = 1) -> Job:
    return Job(account_id, lambda _: None, None, objects, Future())


def queue(*jobs: Job, is_sandbox: bool = False) -> Queue:
    waiting = Queue(is_sandbox=is_sandbox)
    for one in jobs:
        waiting.put(one)
    return waiting


def whose(jobs: list[Job]) -> list[int]:
    return [one.account_id for one in jobs]


def fills(waiting: Queue, *accounts: int) -> list[int]:
    """Each adds one request after another, in turn, until none has room; how many each has then."""
    counts = dict.fromkeys(accounts, 0)
    while some := [one for one in accounts if waiting.has_room(one, 1)]:
        for one in some:
            if waiting.has_room(one, 1):
                waiting.put(job(one))
                counts[one] += 1
    return list(counts.values())


def test_one_account_is_served_in_its_order() -> None:
    jobs = [job(ANA, 200) for _ in range(10)]
    waiting = queue(*jobs)
    taken = [*waiting.take(700), *waiting.take(700), *waiting.take(700)]
    assert taken == jobs
    assert not waiting


def test_turns_are_worth_the_same_number_of_objects() -> None:
    waiting = queue(*[job(ANA, 500)] * 4, *[job(BEN, 100)] * 20)
    assert whose(waiting.take(2_000)) == [ANA, *[BEN] * 5]
    assert whose(waiting.take(2_000)) == [ANA, *[BEN] * 5]


def test_who_comes_late_to_a_flood_is_served_next_and_need_not_wait_for_more_of_it() -> None:
    waiting = queue(*[job(ANA, 500)] * 20, job(BEN))
    assert whose(waiting.take(4_000)) == [ANA, BEN]
    assert whose(waiting.take(4_000)) == [ANA] * 8, "alone again"


def test_a_group_is_no_larger_for_many_accounts() -> None:
    waiting = queue(*[job(account, 500) for account in range(10)])
    assert whose(waiting.take(2_000)) == [0, 1, 2, 3]
    assert whose(waiting.take(2_000)) == [4, 5, 6, 7]


def test_what_is_left_of_a_turn_is_not_lost() -> None:
    waiting = queue(*[job(ANA, 300)] * 10, *[job(BEN, 500)] * 10)
    taken = waiting.take(4_000)
    assert abs(whose(taken).count(ANA) * 300 - whose(taken).count(BEN) * 500) <= 500


def test_a_request_of_more_than_a_turn_is_served_too() -> None:
    waiting = queue(job(ANA, 1_200), job(BEN))
    assert sorted(whose(waiting.take(10_000))) == [ANA, BEN]


def test_requests_of_nothing_take_a_turn_as_well() -> None:
    waiting = queue(*[job(ANA, 0)] * 600, job(BEN))
    assert whose(waiting.take(501))[-1] == BEN


@pytest.mark.parametrize(("accounts", "share"), [((ANA,), 60), ((ANA, BEN), 40), ((ANA, BEN, EVE), 30)])
def test_some_room_is_always_left_for_the_next(
    accounts: tuple[int, ...], share: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "QUEUED_REQUESTS_MAX", 120)
    waiting = queue()
    assert fills(waiting, *accounts) == [share] * len(accounts)
    assert waiting.has_room(9, 1)


def test_room_is_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "QUEUED_OBJECTS_MAX", 1_000)
    waiting = queue(job(ANA, 500))
    assert not waiting.has_room(ANA, 1)
    waiting.take(1)
    assert waiting.has_room(ANA, 500)


def test_a_sandbox_has_one_line() -> None:
    """What moves the clock is not overtaken, and overtakes nothing."""
    jobs = [job(ANA), job(0, 0), job(ANA), job(BEN), job(0, 0)]
    waiting = queue(*jobs, is_sandbox=True)
    assert [waiting.take(1) for _ in jobs] == [[one] for one in jobs]

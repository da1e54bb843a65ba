"""What errors say to whoever reads them, and what they let him do."""

import pytest

from octy.model.errors import Problem, Refused, TooManyWaiting, Unavailable, Violation


def test_a_problem_and_a_violation_say_where_what_was_expected_and_what_was_found() -> None:
    assert str(Problem("events[3].id", "5", "a string")) == "events[3].id: expected a string; found 5"
    violation = Violation("D7", "exp_timeframe", "3", "5 or more")
    assert str(violation) == "D7 exp_timeframe: expected 5 or more; found 3"
    placed = Violation("D7", "exp_timeframe", "3", "5 or more", place="segments.yml:12:7")
    assert str(placed) == "segments.yml:12:7: D7 exp_timeframe: expected 5 or more; found 3"


def test_a_refusal_has_a_line_for_each_problem_or_its_reason() -> None:
    refused = Refused("Nothing was stored.", [Problem("a", "1", "2"), Problem("b", "3", "4")])
    assert str(refused) == refused.reason == "Nothing was stored."
    assert refused.messages == ["a: expected 2; found 1", "b: expected 4; found 3"]
    assert Refused("Nothing was stored.").messages == ["Nothing was stored."]


def test_who_finds_no_room_reads_that_nothing_was_stored_and_may_come_again_in_a_second() -> None:
    with pytest.raises(Unavailable) as unavailable:
        raise TooManyWaiting
    assert str(unavailable.value) == "Too many requests are waiting. Nothing was stored; send the request again."
    assert unavailable.value.retry_after_seconds == 1
    assert Unavailable("Later.", 7).retry_after_seconds == 7

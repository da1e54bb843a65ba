"""What is asked of a dataset is understood, or refused with every reason, to the microsecond."""

from typing import Any

import pytest

from octy.model.datasets import ChurnLabel, DatasetQuestion, DatasetRequest, colliding_names, question_of
from octy.model.definitions import from_wire
from octy.model.durations import DURATION_FORM
from octy.model.errors import Refused
from octy.model.instants import CREATED_AT_FORM, US_PER_DAY, US_PER_SECOND, parse_instant
from octy.model.leaks import Leak, LeakKind, leaks_of_data, leaks_of_tags
from octy.model.segments import SegmentDefinition
from tests.unit.model.shapes import past_1, past_2, past_3, step

NOW_US = parse_instant("2024-03-01T00:00:00Z")
FEBRUARY_US = parse_instant("2024-02-01T00:00:00Z")
LABEL_FORM = "churn:DURATION or churn:DURATION:EVENT_TYPE, such as churn:30d"


def asked(**fields: Any) -> DatasetQuestion:
    return question_of(DatasetRequest(**fields), NOW_US)


def test_who_says_no_instant_asks_about_now() -> None:
    assert asked() == DatasetQuestion((NOW_US,), None, known_at_each=False, known_us=None, value=None, now_us=NOW_US)


def test_one_instant_may_be_now_and_no_later() -> None:
    assert asked(as_of="2024-03-01").instants_us == (NOW_US,)
    with pytest.raises(Refused) as refused:
        asked(as_of="2024-03-01T00:00:00.000001Z")
    (line,) = refused.value.messages
    assert line == (
        "as_of: expected an instant that has come: at most 2024-03-01T00:00:00.000000Z;"
        " found 2024-03-01T00:00:00.000001Z"
    )


def test_instants_go_from_the_first_to_the_last_where_that_is_one_of_them() -> None:
    weekly = asked(every="7d", from_="2024-02-01", to="2024-02-15").instants_us
    assert weekly == (FEBRUARY_US, FEBRUARY_US + 7 * US_PER_DAY, FEBRUARY_US + 14 * US_PER_DAY)
    assert asked(every="7d", from_="2024-02-01", to="2024-02-14T23:59:59Z").instants_us == weekly[:-1]
    assert asked(every="7d", from_="2024-02-23").instants_us[-1] == NOW_US, "to is now where it is not said"
    assert asked(every="7d", from_="2024-02-01", to="2024-02-01").instants_us == (FEBRUARY_US,)


def test_there_may_be_a_thousand_instants_and_no_more() -> None:
    thousand = asked(every="1s", from_="2024-02-01", to="2024-02-01T00:16:39Z").instants_us
    assert (len(thousand), thousand[-1]) == (1_000, FEBRUARY_US + 999 * US_PER_SECOND)
    with pytest.raises(Refused, match=r"The dataset cannot be made\.") as refused:
        asked(every="1s", from_="2024-02-01", to="2024-02-01T00:16:40Z")
    assert refused.value.messages == ["every: expected at most 1,000 instants; found 1,001 instants"]


@pytest.mark.parametrize(
    ("fields", "lines"),
    [
        ({"as_of": "soon"}, [f'as_of: expected {CREATED_AT_FORM}; found "soon"']),
        (
            {"as_of": "2024-02-01", "every": "7d", "from_": "x", "to": "y"},
            [
                'every: expected nothing beside as_of; found "7d"',
                'from: expected nothing beside as_of; found "x"',
                'to: expected nothing beside as_of; found "y"',
            ],
        ),
        (
            {"to": "soon"},
            [
                f"every: expected {DURATION_FORM}; found nothing",
                f"from: expected {CREATED_AT_FORM}; found nothing",
                f'to: expected {CREATED_AT_FORM}; found "soon"',
            ],
        ),
        (
            {"every": "weekly", "from_": "2024-02-01"},
            [f'every: expected {DURATION_FORM}; found "weekly"'],
        ),
        (
            {"every": "7d", "from_": "2024-02-01T00:00:01Z", "to": "2024-02-01"},
            ["from: expected an instant at or before 2024-02-01T00:00:00.000000Z; found 2024-02-01T00:00:01.000000Z"],
        ),
        ({"label": "rain:30d"}, [f'label: expected {LABEL_FORM}; found "rain:30d"']),
        ({"label": "churn:soon"}, [f'label: expected {LABEL_FORM}; found "churn:soon"']),
        ({"label": "churn:30d:"}, [f'label: expected {LABEL_FORM}; found "churn:30d:"']),
        ({"as_known_at": "then"}, [f'as_known_at: expected {CREATED_AT_FORM} or "as_of"; found "then"']),
        ({"as_known_at": ""}, [f'as_known_at: expected {CREATED_AT_FORM} or "as_of"; found nothing']),
    ],
)
def test_what_is_wrong_is_all_said(fields: dict[str, str], lines: list[str]) -> None:
    with pytest.raises(Refused) as refused:
        asked(**fields)
    assert refused.value.reason == "The dataset cannot be made."
    assert refused.value.messages == lines


def test_a_label_names_what_is_missed_and_for_how_long() -> None:
    assert asked(label="churn:30d").label == ChurnLabel(30 * US_PER_DAY, "charged")
    assert asked(label="churn:36h:viewed:twice").label == ChurnLabel(36 * 3600 * US_PER_SECOND, "viewed:twice")
    assert asked().asked_type == "charged"
    assert asked(label="churn:1d:viewed").asked_type == "viewed"


def test_what_had_been_received_is_asked_of_each_instant_or_of_one_for_all() -> None:
    two = {"every": "1d", "from_": "2024-02-01", "to": "2024-02-02"}
    assert asked(**two).known_at_us is None
    each = asked(**two, as_known_at="as_of", value="price")
    assert each.known_at_us == each.instants_us
    assert (each.known_us, each.value) == (None, "price")
    assert asked(**two, as_known_at="2024-03-01").known_at_us == (NOW_US, NOW_US)


def test_a_segment_named_as_another_ones_column_collides_with_it() -> None:
    assert list(colliding_names(["buyers", "buyers.held", "days.held_days", "buyers entries"])) == []
    found = [str(problem) for problem in colliding_names(["buyers.held_days", "buyers", "buyers.entries"])]
    assert found == [
        f'segments: expected no segment "buyers" beside it: both make the column tag.{name}; found "{name}"'
        for name in ("buyers.held_days", "buyers.entries")
    ]


def definition(raw: dict[str, Any]) -> SegmentDefinition:
    return from_wire(raw)[0]


def leaks(raw: dict[str, Any], **fields: Any) -> list[Leak]:
    return list(leaks_of_tags([definition(raw)], asked(**fields)))


def test_data_of_today_leaks_by_itself_and_through_a_segment_that_asks_for_it() -> None:
    assert leaks(past_1()) == []
    (leak,) = leaks(past_3(), as_of="2024-02-01")
    assert (leak.column, leak.kind, leak.is_of_tag) == ("tag.viewers", LeakKind.PRESENT_DATA, True)
    assert leak.reason == 'it asks for the profile property "plan", which is kept as it is now, not as it was'
    (leak,) = leaks_of_data(["profile.plan"], asked(as_of="2024-02-01"))
    assert (leak.column, leak.kind, leak.is_of_tag) == ("profile.plan", LeakKind.PRESENT_DATA, False)
    assert leak.reason == "the store keeps what is known of a profile as it is now, so every row says that"
    assert (leaks(past_3()), list(leaks_of_data(["profile.plan"], asked()))) == ([], []), "it is asked about today"


def test_a_segment_that_names_the_labels_event_leaks_as_action_and_as_inaction() -> None:
    for raw in (past_1(event_sequence=[step("pay")]), past_2()):
        (leak,) = leaks(raw, as_of="2024-02-01", label="churn:7d:pay")
        assert (leak.column, leak.kind) == ("tag.viewers", LeakKind.LABEL_EVENT)
        assert leak.reason == 'its definition names "pay", the event that the label asks about'
        assert leaks(raw, as_of="2024-02-01", label="churn:7d:wave") == []
        assert leaks(raw, as_of="2024-02-01") == []


def test_every_segment_is_looked_at_whatever_the_one_before_has() -> None:
    both = [definition(past_3()), definition(past_3(segment_name="others"))]
    assert [leak.column for leak in leaks_of_tags(both, asked(as_of="2024-02-01"))] == ["tag.viewers", "tag.others"]


def test_a_window_that_reaches_into_an_earlier_horizon_leaks_and_one_that_touches_it_does_not() -> None:
    apart = {"from_": "2024-01-01", "to": "2024-02-07", "label": "churn:7d:wave"}
    assert leaks(past_1(), every="37d", **apart) == []
    (leak,) = leaks(past_1(), every="36d23h59m59s", **apart)
    assert (leak.column, leak.kind) == ("tag.viewers", LeakKind.WINDOW)
    assert leak.reason == (
        "its window of 30d looks back from 2024-02-06T23:59:59.000000Z into the horizon of the rows of"
        " 2024-01-01T00:00:00.000000Z; keep instants 37d apart, or test only on rows 7d later than all that were"
        " trained on"
    )

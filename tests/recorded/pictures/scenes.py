"""The pictures: which segment, whose stories, and what there is to see."""

from collections.abc import Mapping

from octy.model.definitions import from_wire
from octy.model.instants import US_PER_DAY, US_PER_MINUTE
from octy.model.segments import SegmentDefinition
from tests.recorded.pictures.sliding import Sliding
from tests.recorded.pictures.timeline import Row, Timeline
from tests.unit.model.shapes import live_1, live_2, past_1, past_2, past_3, step


def pictures() -> Mapping[str, str]:
    """Each picture's file name, and its text."""
    return {
        "live-action.svg": _live_action(),
        "live-inaction.svg": _live_inaction(),
        "live-late.svg": _live_late(),
        "past-sequence.svg": _past_sequence(),
        "past-sliding.svg": _past_sliding(),
        "past-inaction.svg": _past_inaction(),
        "past-property.svg": _past_property(),
        "past-late.svg": _past_late(),
    }


def _live_action() -> str:
    failing = live_1(event_sequence=[step("payment", result="failed")])
    timeline = Timeline(
        "A live segment with one action",
        "payment with result “failed”. Each match puts the tag on, or moves its date, and calls the webhook.",
        _definition(failing),
        ("12:00", "13:00"),
        10 * US_PER_MINUTE,
    )
    return timeline.drawn(
        [
            Row(
                "Ana",
                "12:10 payment result=failed; 12:25 payment result=failed; 12:45 payment result=ok; 13:00 .",
                "fails twice, then pays: the payment that does not match takes the tag off",
            ),
            Row(
                "Ben",
                "12:10 payment result=ok; 12:20 visit; 12:35 payment result=failed; 13:00 .",
                "keeps the tag until a payment says otherwise",
            ),
        ]
    )


ABANDONED = live_2(event_sequence=[step("cart", exp_timeframe=30), step("charged", "inaction")])
MINUTES_10 = 10 * US_PER_MINUTE


def _live_inaction() -> str:
    timeline = Timeline(
        "A live segment with an inaction",
        "cart, then no charged within 30 minutes.",
        _definition(ABANDONED),
        ("12:00", "13:10"),
        MINUTES_10,
    )
    return timeline.drawn(
        [
            Row(
                "Ana",
                "12:05 cart; 12:20 cart; 12:50 charged; 13:10 .",
                "does not pay in time; her second cart opens no window of its own",
            ),
            Row(
                "Ben", "12:05 cart; 12:22 charged; 13:10 .", "pays in time: the window closes, and nothing is ever told"
            ),
            Row(
                "Cleo",
                "12:05 cart; 12:20 charged; 12:25 cart; 13:10 .",
                "pays, then fills another cart, and leaves that one",
            ),
        ]
    )


def _live_late() -> str:
    timeline = Timeline(
        "A live segment, and events that come late",
        "cart, then no charged within 30 minutes. What came in is known; what has happened may come in later.",
        _definition(ABANDONED),
        ("12:00", "13:10"),
        MINUTES_10,
    )
    return timeline.drawn(
        [
            Row(
                "Ana",
                "12:05 cart; 12:50 charged (of 12:20); 13:10 .",
                "paid in time, but nobody knew: the match stands until the news is there",
            ),
            Row("Ben", "12:25 cart (of 12:05); 13:10 .", "is late with his cart, but its window has not ended yet"),
            Row(
                "Cleo",
                "12:45 cart (of 12:05); 13:10 .",
                "is too late: the window would have ended already, so none is opened",
            ),
        ]
    )


def _past_sequence() -> str:
    steps = [step("search"), step("product"), step("cart")]
    timeline = Timeline(
        "A past segment with a sequence",
        "search, then product, then cart, within 7 days. Other events may lie between.",
        _definition(past_1(segment_timeframe=7, event_sequence=steps)),
        ("00:00", "14d 00:00"),
        2 * US_PER_DAY,
    )
    return timeline.drawn(
        [
            Row(
                "Ana",
                "1d 00:00 search; 2d 12:00 product; 3d 12:00 visit; 5d 00:00 cart; 14d 00:00 .",
                "is a member from her last step until her first one is 7 days old",
            ),
            Row(
                "Ben",
                "1d 00:00 product; 2d 12:00 search; 4d 00:00 cart; 14d 00:00 .",
                "did all three, but not in this order",
            ),
            Row(
                "Cleo",
                "1d 00:00 search; 2d 12:00 product; 4d 00:00 cart; "
                "5d 00:00 search; 6d 06:00 product; 7d 12:00 cart; 14d 00:00 .",
                "did it twice: the match that starts latest decides how long",
            ),
        ]
    )


def _past_sliding() -> str:
    sliding = Sliding(
        "The window of a past segment slides",
        "visit, then cart, within 7 days: in the window, which ends now and leaves out its start.",
        _definition(past_1(segment_timeframe=7, event_sequence=[step("visit"), step("cart")])),
        ("00:00", "14d 00:00"),
        2 * US_PER_DAY,
    )
    return sliding.drawn(
        "1d 00:00 visit; 4d 00:00 cart; 6d 00:00 visit; 11d 00:00 cart",
        [
            ("3d 00:00", "a visit, and no cart yet"),
            ("5d 00:00", "both, and in order"),
            (
                "8d 00:00",
                "at this instant the first visit is 7 days old, and has left; the second has no cart after it",
            ),
            ("11d 00:00", "now it has one"),
        ],
    )


def _past_inaction() -> str:
    timeline = Timeline(
        "A past segment with an inaction",
        "home, and no charged, within 60 days. A member while a home counts and no charged does.",
        _definition(past_2(segment_timeframe=60, event_sequence=[step("home"), step("charged", "inaction")])),
        ("00:00", "100d 00:00"),
        10 * US_PER_DAY,
    )
    return timeline.drawn(
        [
            Row(
                "Ana",
                "00:00 home; 10d 00:00 charged; 25d 00:00 home; 100d 00:00 .",
                "her purchase takes the tag off, and puts it on again when it is 60 days old",
            ),
            Row(
                "Ben", "5d 00:00 home; 30d 00:00 home; 100d 00:00 .", "comes again, and stays: the latest home decides"
            ),
        ]
    )


def _past_property() -> str:
    raw = past_3(segment_timeframe=20, event_sequence=[step("visit")])
    timeline = Timeline(
        "A past segment with a profile property",
        "visit within 20 days, and plan is “gold”. Both must hold.",
        _definition(raw),
        ("00:00", "40d 00:00"),
        5 * US_PER_DAY,
    )
    return timeline.drawn(
        [
            Row(
                "Ana",
                "00:00 knows plan=silver; 4d 00:00 visit; 9d 00:00 knows plan=gold; "
                "17d 00:00 knows plan=silver; 21d 00:00 knows plan=gold; 40d 00:00 .",
                "becomes gold, leaves, comes back; and the visit grows old",
            ),
        ]
    )


def _past_late() -> str:
    timeline = Timeline(
        "A past segment, and an event that comes late",
        "visit, then order, within 10 days. Afterwards all is as if it had come in order.",
        _definition(past_1(segment_timeframe=10, event_sequence=[step("visit"), step("order")])),
        ("00:00", "16d 00:00"),
        2 * US_PER_DAY,
    )
    return timeline.drawn(
        [
            Row(
                "Ana",
                "2d 00:00 visit; 7d 00:00 order (of 4d 00:00); 16d 00:00 .",
                "ordered on day 4, which is known on day 7: the tag dates from then",
            ),
            Row(
                "Ben", "4d 00:00 order; 7d 00:00 visit (of 2d 00:00); 16d 00:00 .", "here the visit is what was missing"
            ),
        ]
    )


def _definition(raw: object) -> SegmentDefinition:
    return from_wire(raw)[0]

"""E9, T1: the texts in which instants travel."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octy.model.instants import NEVER, UNSET, from_datetime, iso, parse_instant, rfc1123, to_datetime

SECOND_US = 1_000_000
NOON_US = from_datetime(datetime(2024, 2, 29, 12, tzinfo=UTC))
LAST_US = from_datetime(datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC))

instants = st.integers(0, LAST_US)


@pytest.mark.parametrize(
    ("text", "instant_us"),
    [
        ("1970-01-01 00:00:00", 0),
        ("1970-01-01T00:00:00.000001Z", 1),
        ("2024-02-29 12:00:00", NOON_US),
        ("2024-02-29T12:00:00", NOON_US),
        ("2024-02-29T12:00:00Z", NOON_US),
        ("2024-02-29T12:00:00+00:00", NOON_US),
        ("2024-02-29T12:00:00-00:00", NOON_US),
        ("2024-02-29 14:00:00+02:00", NOON_US),
        ("2024-02-29T14:00:00+0200", NOON_US),
        ("2024-02-29T14:00:00+02", NOON_US),
        ("2024-02-29T06:30:00-05:30", NOON_US),
        ("2024-02-29T12:00", NOON_US),
        ("2024-02-29T12:00Z", NOON_US),
        ("2024-02-29", NOON_US - 12 * 3_600 * SECOND_US),
        ("2024-02-29T12:00:00.5Z", NOON_US + 500_000),
        ("2024-02-29T12:00:00,5Z", NOON_US + 500_000),
        ("2024-02-29T12:00:00.123456Z", NOON_US + 123_456),
        ("2024-02-29T12:00:00.123456789Z", NOON_US + 123_456),
        ("2024-03-01T01:59:59+14:00", NOON_US - SECOND_US),
        ("9999-12-31T23:59:59.999999Z", LAST_US),
        ("1969-12-31T23:00:00-01:00", 0),
    ],
)
def test_texts_of_instants(text: str, instant_us: int) -> None:  # E9
    assert parse_instant(text) == instant_us


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "now",
        "0",
        "1709208000",
        "2024",
        "2024-02",
        "20240229",
        "20240229T120000Z",
        "2024-W09-4",
        "2024-060",
        "2023-02-29 12:00:00",
        "2024-02-30 12:00:00",
        "2024-13-01 12:00:00",
        "2024-00-01 12:00:00",
        "2024-02-29 24:00:01",
        "2024-02-29 12:60:00",
        "2024-02-29 12:00:60",
        "2024-02-29 12:00:00 ",
        " 2024-02-29 12:00:00",
        "2024-02-29  12:00:00",
        "2024-02-29 12:00:00\n",
        "2024-02-29 12:00:00 UTC",
        "2024-02-29 12:00:00 +02:00",
        "2024-02-29 12:00:00.",
        "2024-02-29 12:00:00+25:00",
        "2024-02-29t12:00:00z",
        "2024-2-29 12:00:00",
        "24-02-29 12:00:00",
        "29.02.2024 12:00",
        "2024/02/29 12:00:00",
        "12024-02-29 12:00:00",
        "+2024-02-29 12:00:00",
        "٢٠٢٤-02-29 12:00:00",
        "1969-12-31 23:59:59",
        "1970-01-01T00:59:59+01:00",
        "0001-01-01T00:00:00+01:00",
        "9999-12-31T23:59:59-01:00",
        "Thu, 29 Feb 2024 12:00:00 GMT",
        "x" * 100_000,
        "2024-02-29 12:00:00\0",
    ],
)
def test_texts_that_name_no_instant(text: str) -> None:  # E9
    with pytest.raises(ValueError, match=r"^"):
        parse_instant(text)


@given(instants)
def test_an_instant_reads_back_from_its_iso_text(instant_us: int) -> None:  # T1
    assert parse_instant(iso(instant_us)) == instant_us


@given(instants, st.integers(-14 * 60, 14 * 60))
def test_an_offset_changes_the_text_and_not_the_instant(instant_us: int, offset_minutes: int) -> None:  # E9
    zone = timezone(timedelta(minutes=offset_minutes))
    try:
        text = to_datetime(instant_us).astimezone(zone).isoformat()
    except OverflowError:
        return
    assert parse_instant(text) == instant_us


def test_the_iso_text_has_microseconds_and_a_z() -> None:
    assert iso(0) == "1970-01-01T00:00:00.000000Z"
    assert iso(NOON_US + 1) == "2024-02-29T12:00:00.000001Z"
    assert iso(LAST_US) == "9999-12-31T23:59:59.999999Z"


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (datetime(2021, 5, 18, 17, 26, 45, tzinfo=UTC), "Tue, 18 May 2021 17:26:45 GMT"),
        (datetime(2021, 5, 19, 22, 46, 23, tzinfo=UTC), "Wed, 19 May 2021 22:46:23 GMT"),
        (datetime(1970, 1, 1, tzinfo=UTC), "Thu, 01 Jan 1970 00:00:00 GMT"),
        (datetime(2024, 2, 29, 23, 59, 59, 999_999, tzinfo=UTC), "Thu, 29 Feb 2024 23:59:59 GMT"),
        (datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC), "Fri, 31 Dec 9999 23:59:59 GMT"),
    ],
)
def test_the_date_of_rfc_1123(moment: datetime, text: str) -> None:  # G1
    assert rfc1123(from_datetime(moment)) == text


@given(instants)
def test_an_rfc_1123_date_reads_back_to_the_second(instant_us: int) -> None:  # G1
    moment = datetime.strptime(rfc1123(instant_us), "%a, %d %b %Y %H:%M:%S GMT").replace(tzinfo=UTC)
    assert from_datetime(moment) == instant_us // SECOND_US * SECOND_US


def test_a_datetime_without_a_zone_is_utc() -> None:  # E9
    assert from_datetime(datetime(2024, 2, 29, 12)) == NOON_US


def test_no_instant_is_beyond_never_or_before_unset() -> None:
    assert UNSET < 0 < LAST_US < NEVER
    assert NEVER + 3_650 * 86_400 * SECOND_US < 2**63

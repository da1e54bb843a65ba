"""Two shops that nobody here has made up, replayed in a sandbox, and what a model may know of them at each instant.

`examples/ecom` is a synthetic clickstream, with the seven segments that come with it; CDNOW is a tenth of the customers
of a music shop of 1997 and 1998, as the package lifetimes ships it. Tags are those that the product gave, read from its
history. The other columns are those of a training dataset: they count events and charges, so that a model without tags
knows as much as many do.
"""

import tempfile
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from importlib.util import find_spec
from itertools import groupby
from pathlib import Path
from typing import Any

import pyarrow as pa
from msgspec import Struct

from octy.cli.documents import read_documents
from octy.model.clock import ManualClock
from octy.model.definitions import yaml_to_wire
from octy.model.events import CHARGED, EventDraft, EventTypeDraft
from octy.model.instants import US_PER_DAY, iso, parse_instant
from octy.model.limits import EVENTS_PER_BATCH_MAX, PROFILES_PER_BATCH_MAX
from octy.model.profiles import ProfileDraft, ProfileUpdate
from octy.model.tags import ChangeKind, TagChange
from octy.server.demo.shop import DATA_FIELDS, FOLDER, Shop, event_type
from octy.service.keys import new_keys
from octy.service.octy import Octy
from octy.store.folder import open_store

COUNTED_DAYS = (7, 30, 90)
LARGE_DOLLARS = 40.0
"""About a third of CDNOW's orders are as large."""


class Happening(Struct, frozen=True):
    """An event, and what its customer's data are from then on."""

    at_us: int
    customer: str
    event_type: str
    value: float = 0.0
    data: Mapping[str, str] = {}


class Subject(Struct, frozen=True):
    """A shop, its history in order, and the segments that somebody who wants to keep its customers has."""

    name: str
    happenings: Sequence[Happening]
    segments: Sequence[Mapping[str, Any]]
    has_values: bool
    churn_type: str
    """Churn is that none of these happens within the horizon."""
    horizon_days: int
    instants: Sequence[int]


class Told(Struct, frozen=True):
    """A customer's events and data in order, and what became of the customer's tags."""

    events: Sequence[Happening]
    changes: Sequence[TagChange]


def ecom(churn_type: str) -> Subject:
    """Instants a week apart, from when two months have passed."""
    happenings = [
        Happening(
            parse_instant(row["timestamp"]),
            row["user_id"],
            event_type(row),
            data={name: row[column] for column, name in DATA_FIELDS.items()},
        )
        for row in Shop().rows
    ]
    (document,) = read_documents(FOLDER / "segments.yml")
    assert isinstance(document.root, dict)
    segments: Any = [yaml_to_wire(one) for one in document.root["segmentDefinitions"]]
    instants = _instants("2024-03-01 00:00:00", "2024-05-31 00:00:00", 7)
    return Subject("ecom", happenings, segments, False, churn_type, 30, instants)


def cdnow() -> Subject:
    """Instants a month apart, from when all customers of the cohort have come."""
    spec = find_spec("lifetimes")
    assert spec is not None, "the bench's requirements are installed"
    assert spec.origin is not None, "a package of files"
    happenings: list[Happening] = []
    for line in (Path(spec.origin).parent / "datasets" / "CDNOW_sample.txt").read_text().splitlines():
        _, customer, day, _, dollars = line.split()
        at_us, value = parse_instant(f"{day[:4]}-{day[4:6]}-{day[6:]} 12:00:00"), float(dollars)
        size = "large_order" if value >= LARGE_DOLLARS else "small_order"
        happenings += [Happening(at_us, customer, CHARGED, value), Happening(at_us, customer, size)]
    segments = [
        _past("bought lately", 45, CHARGED),
        _past("large order lately", 120, "large_order"),
        _past("from small to large", 180, "small_order", "large_order"),
        _past("from large to small", 180, "large_order", "small_order"),
        _past("large, then nothing small", 180, "large_order", "-small_order"),
        _past("small, and nothing large", 180, "small_order", "-large_order"),
    ]
    instants = _instants("1997-05-01 00:00:00", "1998-04-30 00:00:00", 30)
    happenings.sort(key=lambda one: one.at_us)
    return Subject("CDNOW", happenings, segments, True, CHARGED, 60, instants)


def dataset(subject: Subject) -> pa.Table:
    """A row for each customer that there was, at each instant: what was known, its tags, and whether it churned."""
    told = _replayed(subject)
    rows = [
        {"profile_id": customer, "as_of": instant} | _row(subject, one, instant)
        for instant in subject.instants
        for customer, one in sorted(told.items())
        if one.events[0].at_us <= instant
    ]
    table = pa.Table.from_pylist(rows)
    return table.set_column(1, "as_of", table["as_of"].cast(pa.timestamp("us", "UTC")))


def _replayed(subject: Subject) -> dict[str, Told]:
    """By customer, after the whole history has gone through a sandbox."""
    mine: dict[str, list[Happening]] = {}
    for one in subject.happenings:
        mine.setdefault(one.customer, []).append(one)
    with tempfile.TemporaryDirectory() as folder:
        octy = Octy(open_store(Path(folder)), ManualClock(subject.happenings[0].at_us - US_PER_DAY))
        octy.start()
        try:
            account_id, ids = _furnished(octy, subject, list(mine))
            _replay(octy, account_id, ids, subject.happenings)
            return {
                customer: Told(events, octy.reading.tag_history(account_id, ids[customer]))
                for customer, events in mine.items()
            }
        finally:
            octy.stop()


def _furnished(octy: Octy, subject: Subject, customers: Sequence[str]) -> tuple[int, dict[str, str]]:
    account_id = octy.create_account(new_keys()).account_id
    names = {one.event_type for one in subject.happenings} - {CHARGED}
    octy.create_event_types(account_id, [EventTypeDraft(name) for name in sorted(names)]).result()
    ids: dict[str, str] = {}
    for some in _chunks(customers, PROFILES_PER_BATCH_MAX):
        created = octy.create_profiles(account_id, [ProfileDraft(one) for one in some]).result()
        ids |= {one.customer_id: one.profile_id for one in created.done}
    for definition in subject.segments:
        octy.create_segment(account_id, definition).result()
    return account_id, ids


def _replay(octy: Octy, account_id: int, ids: Mapping[str, str], happenings: Sequence[Happening]) -> None:
    """Events in their order; before each day's, what the customers' data have become."""
    known: dict[str, Mapping[str, str]] = {}
    for _, day in groupby(happenings, key=lambda one: one.at_us // US_PER_DAY):
        todays = list(day)
        changed = {one.customer: one.data for one in todays if one.data and known.get(one.customer) != one.data}
        known |= changed
        updates = [ProfileUpdate(customer_id=who, profile_data=dict(data)) for who, data in changed.items()]
        for some_updates in _chunks(updates, PROFILES_PER_BATCH_MAX):
            octy.update_profiles(account_id, some_updates).result()
        drafts = [EventDraft(one.event_type, ids[one.customer], None, iso(one.at_us)) for one in todays]
        for some in _chunks(drafts, EVENTS_PER_BATCH_MAX):
            outcome = octy.ingest(account_id, some).result()
            assert not outcome.failed, outcome.failed[0]


def _row(subject: Subject, told: Told, instant: int) -> dict[str, Any]:
    times = [one.at_us for one in told.events]
    past = told.events[: bisect_right(times, instant)]
    charges = [one for one in past if one.event_type == subject.churn_type]
    until = instant + subject.horizon_days * US_PER_DAY
    row: dict[str, Any] = {f"profile.{name}": value for name, value in past[-1].data.items()}
    row |= {
        "recency_days": (instant - past[-1].at_us) / US_PER_DAY,
        "tenure_days": (instant - past[0].at_us) / US_PER_DAY,
        "charged_recency_days": (instant - charges[-1].at_us) / US_PER_DAY if charges else None,
    }
    for name, events in (("frequency", past), ("charged", charges)):
        row[f"{name}_total"] = len(events)
        for days in COUNTED_DAYS:
            row[f"{name}_{days}d"] = sum(one.at_us > instant - days * US_PER_DAY for one in events)
    if subject.has_values:
        row["value_total"] = sum(one.value for one in charges)
        for days in COUNTED_DAYS[1:]:
            row[f"value_{days}d"] = sum(one.value for one in charges if one.at_us > instant - days * US_PER_DAY)
    for definition in subject.segments:
        row |= _tag(definition["segment_name"], told.changes, instant)
    row["label"] = not any(instant < one.at_us <= until and one.event_type == subject.churn_type for one in told.events)
    return row


def _tag(name: str, changes: Sequence[TagChange], instant: int) -> dict[str, Any]:
    """Whether the tag is borne, for how long in all by then, and how often it came."""
    since_us: int | None = None
    held_us, entries = 0, 0
    for change in changes:
        if change.segment_tag != name or change.recorded_us > instant:
            continue
        if change.kind is ChangeKind.REMOVED:
            assert since_us is not None, "a tag that is removed was there"
            held_us += change.effective_us - since_us
            since_us = None
        elif since_us is None:
            since_us = change.effective_us
            entries += 1
    held_us += 0 if since_us is None else instant - since_us
    return {
        f"tag.{name}": since_us is not None,
        f"tag.{name}.held_days": held_us / US_PER_DAY,
        f"tag.{name}.entries": entries,
    }


def _past(name: str, days: int, *steps: str) -> dict[str, Any]:
    """A past segment; a step with a minus is its inaction."""
    sequence = [
        {"event_type": one.lstrip("-"), "exp_timeframe": 0, "action_inaction": _kind(one), "event_properties": None}
        for one in steps
    ]
    return {
        "segment_name": name,
        "segment_type": "past",
        "segment_sub_type": 2 if steps[-1].startswith("-") else 1,
        "segment_timeframe": days,
        "event_sequence": sequence,
    }


def _kind(step: str) -> str:
    return "inaction" if step.startswith("-") else "action"


def _instants(first: str, last: str, every_days: int) -> Sequence[int]:
    return range(parse_instant(first), parse_instant(last) + 1, every_days * US_PER_DAY)


def _chunks(values: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    return (values[first : first + size] for first in range(0, len(values), size))

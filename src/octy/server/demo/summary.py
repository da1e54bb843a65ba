"""What the demo shows of the segments in the end: matches of the live ones, members of the past ones."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from rich.table import Table

Change: TypeAlias = dict[str, Any]
"""One line of a profile's tag history, as the API tells it."""

BARS = " ▁▂▃▄▅▆▇█"


def live_table(
    segments: Sequence[Mapping[str, Any]], histories: Mapping[str, list[Change]], sent: Counter[str]
) -> Table:
    """Matches, webhooks received and tags still borne, per live segment."""
    matches = Counter(
        change["segment_tag"] for changes in histories.values() for change in changes if change["kind"] != "removed"
    )
    table = Table(title="Live segments", title_justify="left")
    table.add_column("segment")
    for column in ("matches", "webhooks received", "tags at the end"):
        table.add_column(column, justify="right")
    for segment in segments:
        if segment["segment_type"] == "live":
            name = segment["segment_name"]
            table.add_row(name, f"{matches[name]:,}", f"{sent[name]:,}", f"{segment['profile_count']:,}")
    return table


def past_table(
    segments: Sequence[Mapping[str, Any]], histories: Mapping[str, list[Change]], weeks: Sequence[datetime]
) -> Table:
    """Members week by week, as a curve, per past segment."""
    changes = sorted(
        (change for profile in histories.values() for change in profile), key=lambda change: change["recorded_at"]
    )
    table = Table(title="Past segments: members week by week", title_justify="left")
    table.add_column("segment")
    table.add_column(f"{weeks[0]:%d %b} to {weeks[-1]:%d %b %Y}", no_wrap=True)
    for column in ("put on", "taken off", "by time alone", "most", "at the end"):
        table.add_column(column, justify="right")
    for segment in segments:
        if segment["segment_type"] != "past":
            continue
        own = [change for change in changes if change["segment_tag"] == segment["segment_name"]]
        kinds = Counter(change["kind"] for change in own)
        alone = sum(change["cause"] == "elapsed time" for change in own)
        curve = members_at(own, weeks)
        table.add_row(
            segment["segment_name"],
            bars(curve),
            *(f"{number:,}" for number in (kinds["created"], kinds["removed"], alone, max(curve))),
            f"{segment['profile_count']:,}",
        )
    return table


def members_at(changes: Iterable[Change], instants: Sequence[datetime]) -> list[int]:
    """How many bore the tag at each instant; `changes` are in the order of their recording."""
    counts: list[int] = []
    members = 0
    waiting = list(changes)
    for instant in instants:
        text = instant.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        while waiting and waiting[0]["recorded_at"] <= text:
            members += 1 if waiting.pop(0)["kind"] == "created" else -1
        counts.append(members)
    return counts


def bars(numbers: Sequence[int]) -> str:
    """A curve in one line."""
    highest = max(*numbers, 1)
    return "".join(BARS[-(-number * (len(BARS) - 1) // highest)] for number in numbers)


def weeks_between(first: datetime, last: datetime) -> list[datetime]:
    """Instants a week apart, and the last."""
    count = (last - first) // timedelta(weeks=1)
    return [*(first + timedelta(weeks=week) for week in range(1, count + 1)), last]

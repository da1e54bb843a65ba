"""One customer's story: visits, and what they and time did to the tags."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from rich.table import Table
from rich.text import Text

from octy.server.demo.summary import Change

LINES_MAX = 40
SIGNS = {"created": ("+", "green"), "updated": ("~", "yellow"), "removed": ("-", "red")}


def hero(histories: Mapping[str, list[Change]]) -> str:
    """The customer with the most to tell in a screenful: segments first, then causes, then changes."""

    def interest(customer: str) -> tuple[bool, int, int, int, str]:
        changes = histories[customer]
        tags, causes = ({change[field] for change in changes} for field in ("segment_tag", "cause"))
        return len(changes) <= LINES_MAX // 2, len(tags), len(causes), len(changes), customer

    return max(histories, key=interest)


def story_table(events: Sequence[Mapping[str, Any]], changes: Sequence[Change]) -> Table:
    """A line for each day with a visit and for each tag change, in the order of time; the last of them."""
    lines = [*_visits(events), *_changes(changes, events)]
    table = Table(show_header=False, box=None, padding=(0, 1))
    table.add_column(no_wrap=True, style="cyan")
    table.add_column()
    for at, _, what in sorted(lines, key=lambda line: line[:2])[-LINES_MAX:]:
        table.add_row(at[:16].replace("T", " "), what)
    return table


def _visits(events: Sequence[Mapping[str, Any]]) -> list[tuple[str, int, Text]]:
    in_order = sorted(events, key=lambda event: event["occurred_at"])
    days = [list(day) for _, day in groupby(in_order, key=lambda event: event["occurred_at"][:10])]
    return [(day[0]["occurred_at"], 0, Text(_brief(day))) for day in days]


def _brief(day: Sequence[Mapping[str, Any]]) -> str:
    """`home, catalog, product_view 3x, …`"""
    runs = [(name, len(list(run))) for name, run in groupby(event["event_type"] for event in day)]
    return ", ".join(name if times == 1 else f"{name} {times}x" for name, times in runs)


def _changes(changes: Sequence[Change], events: Sequence[Mapping[str, Any]]) -> list[tuple[str, int, Text]]:
    names = {event["event_id"]: event["event_type"] for event in events}
    lines = []
    for change in changes:
        sign, style = SIGNS[change["kind"]]
        event = names.get(change["event_id"] or "")
        why = change["cause"] if event is None else f"{change['cause']}: {event}"
        what = Text.assemble((f"  {sign} {change['segment_tag']}", style), (f"  {why}", "dim"))
        lines.append((change["effective_at"], 1, what))
    return lines

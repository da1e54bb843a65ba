"""The demo's shop: its events and customers from `examples/ecom`, in the files that `octy-cli upload` takes.

`user_id` is the customer id, `purchase` the system event type `charged`. Lifecycle and platform change over the months;
`updates_by` says what the shop's customer database would have told at a month's end.
"""

import csv
import gzip
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from pathlib import Path
from typing import TypeAlias

from octy.model.errors import OctyError
from octy.model.events import CHARGED

Row: TypeAlias = dict[str, str]

FOLDER = Path(__file__).parents[4] / "examples" / "ecom"
DATA_FIELDS = {
    "platform": "platform",
    "acquisition_channel": "channel",
    "user_cohort": "cohort",
    "user_lifecycle": "lifecycle",
}
"""Columns of the data set, and the profile data that they become."""


class Shop:
    """The data set in memory, in time order."""

    def __init__(self, folder: Path = FOLDER) -> None:
        source = folder / "ecom.csv.gz"
        if not source.exists():
            raise OctyError(f"the demo needs {source.name} in examples/ecom: run it from a checkout of the project")
        with gzip.open(source, "rt", encoding="utf-8", newline="") as file:
            rows = sorted(csv.DictReader(file), key=lambda row: (row["timestamp"], row["user_id"]))
        self.rows = rows
        self.first_of: dict[str, Row] = {}
        for row in rows:
            self.first_of.setdefault(row["user_id"], row)

    def months(self) -> Iterator[tuple[str, list[Row]]]:
        """`2024-01` and its events, month by month."""
        for month, rows in groupby(self.rows, key=lambda row: row["timestamp"][:7]):
            yield month, list(rows)

    def write_profiles(self, path: Path) -> int:
        """The customers as they were first seen; how many there are."""
        header = ["customer_id", "has_charged", *(f"profile_data>>{name}" for name in DATA_FIELDS.values())]
        rows = [
            [user, "false", *(first[column] for column in DATA_FIELDS), first["platform"]]
            for user, first in sorted(self.first_of.items())
        ]
        _write(path, [*header, "platform_info>>platform"], rows)
        return len(rows)


def write_events(path: Path, rows: Iterable[Row], profile_ids: Mapping[str, str]) -> None:
    """Events as the upload takes them, in their order."""
    lines = (
        [event_type(row), profile_ids[row["user_id"]], row["timestamp"], row["session_id"] if not charges(row) else ""]
        for row in rows
    )
    _write(path, ["event_type", "profile_id", "created_at", "event_properties>>session_id"], lines)


def updates_by(rows: Iterable[Row], known: dict[str, Row]) -> list[dict[str, object]]:
    """Profile updates for the customers whose data differ from `known`, which is brought up to date."""
    latest = {row["user_id"]: row for row in rows}
    updates: list[dict[str, object]] = []
    for user, row in sorted(latest.items()):
        changed = {DATA_FIELDS[c]: row[c] for c in DATA_FIELDS if row[c] != known[user][c]}
        known[user] = row
        if changed:
            info = {"platform": row["platform"]} if "platform" in changed else {}
            updates.append({"customer_id": user, "profile_data": changed, "platform_info": info})
    return updates


def event_type(row: Row) -> str:
    """The event type's name."""
    return CHARGED if charges(row) else row["event"]


def charges(row: Row) -> bool:
    """Whether somebody paid."""
    return row["event"] == "purchase"


def _write(path: Path, header: list[str], rows: Iterable[list[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)

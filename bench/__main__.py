"""`python -m bench [SECTION…] [--quick]`: every figure that this project claims, with its peers, in one run."""

import argparse
from collections.abc import Callable, Iterator

from rich.console import Console
from rich.table import Table

from bench import (
    backfill,
    churn_tags,
    client,
    continuous,
    datasets,
    front_door,
    hostile,
    keeping_up,
    late,
    overload,
    start,
    timers,
    training,
    upload,
    webhooks,
)

Section = Callable[..., Iterator[Table]]

SECTIONS: dict[str, Section] = {
    "backfill": backfill.tables,
    "keeping-up": keeping_up.tables,
    "late": late.tables,
    "front-door": front_door.tables,
    "overload": overload.tables,
    "continuous-backup": continuous.tables,
    "hostile": hostile.tables,
    "webhooks": webhooks.tables,
    "timers": timers.tables,
    "upload": upload.tables,
    "client": client.tables,
    "start": start.tables,
    "datasets": datasets.tables,
    "training": training.tables,
    "churn-tags": churn_tags.tables,
}


def main() -> None:
    parser = argparse.ArgumentParser(description="Speed and memory, beside the peers and the limits of the machine.")
    parser.add_argument("sections", nargs="*", metavar="SECTION", help=f"of {', '.join(SECTIONS)}; all unless told")
    parser.add_argument("--quick", action="store_true", help="a minute in all: smaller, and so less true")
    wanted = parser.parse_args()
    unknown = set(wanted.sections) - SECTIONS.keys()
    if unknown:
        parser.error(f"no such section: {', '.join(sorted(unknown))}; there are {', '.join(SECTIONS)}")
    console = Console(width=140)
    for name in wanted.sections or SECTIONS:
        for table in SECTIONS[name](quick=wanted.quick):
            console.print(table)


if __name__ == "__main__":
    main()

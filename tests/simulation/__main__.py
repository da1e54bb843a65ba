"""`make simulate`: seed after seed until the time is over, and what they came to.

`SEED=n` lives through one seed alone, which is how a failure is seen again, and `DAYS=n` through so many days. The exit
code says whether any failed.
"""

import os
import random
import sys
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path

from tests.simulation.simulation import DAYS, Report, simulate

IN_MEMORY = Path("/dev/shm")
SECONDS = 600


class Sum:
    """Of all seeds."""

    def __init__(self) -> None:
        self.seeds = self.events = self.webhooks = 0
        self.days = 0.0
        self.trace = ""
        """Of the last seed."""
        self.faults: Counter[str] = Counter()
        self.failed: list[int] = []

    def adds(self, report: Report) -> None:
        """One seed more."""
        self.seeds += 1
        self.events += report.events
        self.webhooks += report.webhooks
        self.days += report.days
        self.trace = report.trace
        self.faults += report.faults

    def tells(self) -> None:
        """All figures."""
        print(
            f"seeds {self.seeds:,}, simulated days {self.days:,.0f}, events {self.events:,}, webhooks {self.webhooks:,}"
        )
        if self.seeds == 1:
            print(f"trace {self.trace}")
        print(f"faults {self.faults.total():,}:")
        for kind, count in self.faults.most_common():
            print(f"  {count:>9,}  {kind}")
        again = "".join(f"\n  make simulate SEED={seed}" for seed in self.failed)
        print(f"failures {len(self.failed)}{again}", flush=True)


def folder() -> Path | None:
    """In memory where there is such a place: what is safe there is the simulation's to say."""
    return IN_MEMORY if IN_MEMORY.is_dir() else None


def one(seed: int, total: Sum) -> None:
    """Lives through a seed; tells of it where it fails."""
    with tempfile.TemporaryDirectory(dir=folder(), prefix="octy-simulation-") as root:
        try:
            total.adds(simulate(seed, Path(root), int(os.environ.get("DAYS", DAYS))))
        except Exception:  # noqa: BLE001 - any of them is a failure, and the next seed is worth its time
            total.failed.append(seed)
            print(f"seed {seed} failed:\n{traceback.format_exc()}", flush=True)


def main() -> int:
    """The whole run."""
    total = Sum()
    if "SEED" in os.environ:
        one(int(os.environ["SEED"]), total)
    else:
        ends = time.monotonic() + float(os.environ.get("SECONDS", SECONDS))
        seed = random.randrange(10**9)
        print(f"from seed {seed} on", flush=True)
        while time.monotonic() < ends:
            one(seed, total)
            seed += 1
    total.tells()
    return 1 if total.failed else 0


if __name__ == "__main__":
    sys.exit(main())

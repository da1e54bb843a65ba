"""What has become of the rows of an upload? Totals, and the first failures with their lines in the file."""

from octy.cli.failures import FAULTS_SHOWN_MAX
from octy.cli.objects import Objects
from octy.cli.output import complain, complain_all, counted, say
from octy.cli.resuming import Settled


class Tally:
    """Counts, batch by batch."""

    def __init__(self, noun: str, objects: Objects) -> None:
        self.objects = objects
        self.settled = 0
        """How many rows the server has answered for."""
        self.failed: dict[int, str] = {}
        """The rows that were refused, and why."""
        self.noun = noun
        self._created = self._duplicates = 0
        self._untold: list[Settled] = []

    @property
    def is_all_created(self) -> bool:
        """Whether no row failed so far."""
        return not self.failed and not self._untold

    def add(self, settled: Settled) -> None:
        """What came of one more batch."""
        self._created += settled.created
        self._duplicates += settled.duplicates
        self.failed |= dict(settled.failed)
        self._untold += [settled] if settled.untold else []
        self.settled += settled.created + len(settled.failed) + settled.untold

    def report(self) -> None:
        """The created ones on stdout, the failed ones on stderr."""
        again = f" ({self._duplicates:,} of them had been stored before)" if self._duplicates else ""
        say(f"Created a total of {counted(self._created, self.noun)}{again}")
        if not self.is_all_created:
            count = len(self.failed) + sum(one.untold for one in self._untold)
            lines = [f"{self.objects.place(row)}: {why}" for row, why in sorted(self.failed.items())]
            lines += map(self._told_of_untold, self._untold)
            complain(f"Failed to create {counted(count, self.noun)}")
            complain_all(lines[:FAULTS_SHOWN_MAX])
            if len(lines) > FAULTS_SHOWN_MAX:
                complain(f"… the first {FAULTS_SHOWN_MAX} failures are shown")

    def _told_of_untold(self, settled: Settled) -> str:
        first, last = settled.between
        rows = counted(settled.untold, "row")
        place = f"{self.objects.place(first)}-{self.objects.lines[last]}"
        return f"{place}: the server does not say what became of {rows}"

"""What has become of the rows of an upload? Totals, and the first failures with their lines in the file."""

from octy.cli.answers import UploadAnswer
from octy.cli.csv_objects import Objects
from octy.cli.failures import FAULTS_SHOWN_MAX
from octy.cli.output import complain, complain_all, counted, say
from octy.client.envelope import FailedObject


class Tally:
    """Counts, batch by batch."""

    def __init__(self, noun: str, objects: Objects) -> None:
        self.objects = objects
        self.settled = 0
        """How many rows, from the first on, the server has answered for."""
        self.failed_count = 0
        self._noun = noun
        self._created_count = self._duplicate_count = 0
        self._shown: list[str] = []

    def add(self, start: int, end: int, answer: UploadAnswer) -> None:
        """The answer to the rows from `start` to before `end`."""
        self.settled = end
        self._created_count += len(answer.created)
        self._duplicate_count += sum(one.duplicate for one in answer.created)
        for failed in answer.failed_to_create:
            self._fail(1, f"{self._place(start, end, failed)}: {failed.error_message}")
        untold = end - start - len(answer.created) - len(answer.failed_to_create)
        if untold > 0:
            rows = counted(untold, "row")
            self._fail(untold, f"{self._range(start, end)}: the server does not say what became of {rows}")

    def report(self) -> None:
        """The created ones on stdout, the failed ones on stderr."""
        again = f" ({self._duplicate_count:,} of them had been stored before)" if self._duplicate_count else ""
        say(f"Created a total of {counted(self._created_count, self._noun)}{again}")
        if self.failed_count:
            complain(f"Failed to create {counted(self.failed_count, self._noun)}")
            complain_all(self._shown)
            if self.failed_count > FAULTS_SHOWN_MAX:
                complain(f"… the first {FAULTS_SHOWN_MAX} failures are shown")

    def _fail(self, count: int, line: str) -> None:
        self.failed_count += count
        if len(self._shown) < FAULTS_SHOWN_MAX:
            self._shown.append(line)

    def _place(self, start: int, end: int, failed: FailedObject) -> str:
        if failed.index is None or not 0 <= failed.index < end - start:
            return self._range(start, end)
        return self.objects.place(start + failed.index)

    def _range(self, start: int, end: int) -> str:
        return f"{self.objects.place(start)}-{self.objects.lines[end - 1]}"

"""How does the client fail? Beside the kinds of `octy.model.errors`, the few that only a command line knows.

Each has the exit code that a script can trust: 1 something failed, 2 wrong usage, 130 interrupted.
"""

from collections.abc import Sequence

from octy.model.errors import OctyError, Refused

FAULTS_SHOWN_MAX = 10
"""How many faults of one file are printed; the rest are counted."""


class WrongUsage(OctyError):
    """The command line or the environment cannot be meant as it is."""


class Interrupted(OctyError):
    """The user pressed Ctrl-C. The text tells what had been done by then."""


class Stopped(OctyError):
    """A command of several steps could not go on. The text tells why, and what had been done by then."""


class LinesRefused(Refused):
    """An input is wrong in ways that are lines of text already, such as `segments.yml:12:7: …`."""

    def __init__(self, lines: Sequence[str]) -> None:
        super().__init__("; ".join(lines))
        self._lines = list(lines)

    @property
    def messages(self) -> list[str]:
        """The lines."""
        return self._lines


class Faults:
    """Collects what is wrong with a file, so that all of it is told at once and nothing is sent."""

    def __init__(self, shown_max: int = FAULTS_SHOWN_MAX) -> None:
        self._shown_max = shown_max
        self._lines: list[str] = []
        self._count = 0

    def add(self, place: str, text: str) -> None:
        """One fault; `place` is `file.csv:12`, or with a column."""
        self._count += 1
        if self._count <= self._shown_max:
            self._lines.append(f"{place}: {text}")

    def check(self) -> None:
        """LinesRefused if there was any fault."""
        if not self._count:
            return
        more = self._count - len(self._lines)
        raise LinesRefused([*self._lines, f"… and {more:,} more"] if more else self._lines)


def exit_code(error: OctyError) -> int:
    """What the process ends with."""
    match error:
        case WrongUsage():
            return 2
        case Interrupted():
            return 130
        case _:
            return 1


def messages(error: OctyError) -> list[str]:
    """A line for each problem."""
    return error.messages if isinstance(error, Refused) else [str(error)]

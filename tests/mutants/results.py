"""What became of each mutant, kept in a file of one JSON line for each, so that a run goes on where it stopped.

A mutant is known by its function's source: one whose function is as it was need not be tried again. One that survived
may be, for tests are added.
"""

from collections.abc import Iterable
from pathlib import Path

from msgspec import Struct, json

from tests.mutants.judging import Fate, Verdict
from tests.mutants.making import Mutant


class _Line(Struct, frozen=True):
    key: str
    mutant: str
    """For who reads it."""
    fate: Fate
    test: str


class Results:
    """The file, and what it says of those that were tried; of several lines the last."""

    def __init__(self, path: Path) -> None:
        self._path = path
        told = path.read_text().splitlines() if path.exists() else []
        self._fates = {line.key: line.fate for line in (json.decode(text, type=_Line) for text in told)}

    def untried(self, mutants: Iterable[Mutant], *, again: bool) -> list[Mutant]:
        """Those to be tried: with `again` those that survived too."""
        done = {key for key, fate in self._fates.items() if fate.is_killed or fate is Fate.NO_CHANGE or not again}
        return [mutant for mutant in mutants if mutant.key not in done]

    def add(self, mutant: Mutant, verdict: Verdict) -> None:
        """Keeps what became of one."""
        self._fates[mutant.key] = verdict.fate
        with self._path.open("ab") as file:
            file.write(json.encode(_Line(mutant.key, str(mutant), verdict.fate, verdict.test)) + b"\n")

    def of(self, mutants: Iterable[Mutant]) -> list[tuple[Mutant, Fate]]:
        """Those of them that were tried, and are changes."""
        known = [(mutant, self._fates.get(mutant.key, Fate.NO_CHANGE)) for mutant in mutants]
        return [(mutant, fate) for mutant, fate in known if fate is not Fate.NO_CHANGE]

"""What a check has found: how much it has looked at, and each difference between what must be and what is."""

from collections import Counter

from msgspec import Struct

from octy.model.instants import LATEST_US, iso
from octy.service.checking.remedies import Remedy

TOLD_OF_A_KIND_MAX = 1_000
"""How many differences of one kind are kept to be told; all are counted, and every remedy is kept."""


class Difference(Struct, frozen=True):
    """One thing that is not as it must be."""

    what: str
    where: str
    expected: str
    found: str

    def __str__(self) -> str:
        return f"{self.what}: {self.where}: expected {self.expected}; found {self.found}"


class Findings:
    """Filled as the check goes along."""

    def __init__(self) -> None:
        self.checked: Counter[str] = Counter()
        """How many of each kind were looked at, in the order in which they were."""
        self.by_kind: Counter[str] = Counter()
        """How many differences there are of each kind."""
        self.differences: list[Difference] = []
        self.remedies: list[Remedy] = []
        self.beyond_repair = 0
        """How many differences nothing that is stored can mend."""

    def differ(self, what: str, where: str, expected: object, found: object, remedy: Remedy | None = None) -> None:
        """Notes a difference, with what would make it go."""
        self.by_kind[what] += 1
        if self.by_kind[what] <= TOLD_OF_A_KIND_MAX:
            self.differences.append(Difference(what, where, str(expected), str(found)))
        if remedy is None:
            self.beyond_repair += 1
        else:
            self.remedies.append(remedy)

    @property
    def is_clean(self) -> bool:
        """Whether everything is as it must be."""
        return not self.by_kind


def since(instant_us: int | None) -> str:
    """A tag's instant as a difference tells it."""
    if instant_us is None:
        return "none"
    return f"since {iso(instant_us)}" if 0 <= instant_us <= LATEST_US else f"since the instant {instant_us}"

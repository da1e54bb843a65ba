"""`make mistakes`: a table of all mistakes, each with what caught it. The exit code says whether any got away.

Without a mistake the simulation must be content, or it would catch nothing by catching everything.
"""

import sys

from tests.mistakes.catalogue import MISTAKES, by_simulation, caught_by


def main() -> int:
    """The table; of some mistakes alone where their names are given."""
    names = sys.argv[1:] or list(MISTAKES)
    missed = 0
    if (found := by_simulation(lambda _: None)) is not None:
        print(f"Without any mistake the simulation says: {found}")
        return 1
    print("| mistake | caught by |\n| --- | --- |", flush=True)
    for name in names:
        found = caught_by(name)
        missed += found is None
        print(f"| {name} | {found or 'nothing'} |", flush=True)
    print(f"{len(names) - missed} of {len(names)} caught")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())

"""`make mistakes`: a table of all mistakes, each with what caught it. The exit code says whether any got away."""

import sys

from tests.mistakes.catalogue import MISTAKES, caught_by


def main() -> int:
    """The table; of some mistakes alone where their names are given."""
    names = sys.argv[1:] or list(MISTAKES)
    missed = 0
    print("| mistake | caught by |\n| --- | --- |")
    for name in names:
        found = caught_by(name)
        missed += found is None
        print(f"| {name} | {found or 'nothing'} |", flush=True)
    print(f"{len(names) - missed} of {len(names)} caught")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())

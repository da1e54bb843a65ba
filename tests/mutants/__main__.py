"""`make mutants`: how many small changes of the code do the tests notice, and which do they not?

Without a number all mutants are tried, which takes hours; with one, so many of them, by a seed. The exit code says
whether at least 85 in 100 were noticed.
"""

import argparse
import math
import random
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

import pytest

from tests.mutants.judging import Fate, Judge
from tests.mutants.making import LEFT_ALONE, Mutant, Source

WANTED = 0.85
NORMAL_95 = 1.96
PLACES = ["src/octy/model", "src/octy/engine"]
TESTS = [
    f"tests/{place}"
    for place in ("unit/model", "unit/engine", "unit/cli", "unit/http", "property", "recorded/test_rules.py")
]


def main() -> int:
    """All of it."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("places", nargs="*", default=PLACES, help="folders and files to change")
    parser.add_argument("--sample", type=int, help="how many mutants to try")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", nargs="+", type=int, help="some of them again, by the numbers that they had")
    parser.add_argument("--tests", nargs="+", default=TESTS, help="tests that may notice")
    asked = parser.parse_args()
    paths = sources(asked.places)
    fates: Counter[tuple[Path, Fate]] = Counter()

    def try_them(judge: Judge) -> None:
        drawn = islice(mutants(paths, None if asked.sample is None else asked.seed), asked.sample)
        for number, mutant in enumerate(drawn, 1):
            if asked.only and number not in asked.only:
                continue
            fate = judge.fate_of(mutant)
            fates[mutant.path, fate] += 1
            if not fate.is_killed:
                print(f"{number}. {fate.value}: {mutant}", flush=True)

    options = ["-p", "tests.plain", "-p", "no:xdist", "-q", "--no-header", "--no-summary"]
    if (code := pytest.main([*options, *asked.tests], plugins=[Judge(paths, try_them)])) != 0:
        return code
    return report(fates)


def sources(places: Sequence[str]) -> list[Path]:
    """The files that can be changed."""
    found = [path for place in map(Path, places) for path in ([place] if place.is_file() else place.rglob("*.py"))]
    return sorted(path for path in found if str(path) not in LEFT_ALONE)


def mutants(paths: Sequence[Path], seed: int | None) -> Iterator[Mutant]:
    """All, or all in the order of a seed."""
    files = [Source(path) for path in paths]
    places = [(file, number) for file in files for number in range(len(file))]
    if seed is not None:
        random.Random(seed).shuffle(places)
    return (mutant for file, number in places if (mutant := file.mutant(number)) is not None)


def report(fates: Counter[tuple[Path, Fate]]) -> int:
    """Prints the figures: of each file, and of all with the bounds of what a sample says."""
    print("\n| file | mutants | noticed | ran for ever | not noticed | no test goes there |")
    print("| --- | --- | --- | --- | --- | --- |")
    for path in sorted({path for path, _ in fates}):
        killed, endless, survived, untested = counts = [fates[path, fate] for fate in Fate]
        print(f"| {path} | {sum(counts)} | {killed + endless} | {endless} | {survived} | {untested} |")
    tried, noticed = fates.total(), sum(count for (_, fate), count in fates.items() if fate.is_killed)
    low, high = bounds(noticed, tried)
    print(f"{noticed} of {tried} noticed: {noticed / tried:.1%} (95 times in 100 between {low:.1%} and {high:.1%})")
    return 0 if noticed >= WANTED * tried else 1


def bounds(found: int, tried: int) -> tuple[float, float]:
    """Between which shares the true one lies, by Wilson's interval (1927)."""
    share, square = found / tried, NORMAL_95**2 / tried
    middle = share + square / 2
    reach = NORMAL_95 * math.sqrt(share * (1 - share) / tried + square / tried / 4)
    return (middle - reach) / (1 + square), (middle + reach) / (1 + square)


if __name__ == "__main__":
    sys.exit(main())

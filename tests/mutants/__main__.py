"""`make mutants`: how many small changes of the code do the tests notice, and which do they not?

What became of each is kept in a file, and a run goes on where the last one stopped. They are tried in the order of a
seed, so that those tried by then are a sample of all. The exit code says whether at least 85 in 100 were noticed.
"""

import argparse
import math
import random
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.mutants.judging import Fate, Judge
from tests.mutants.making import LEFT_ALONE, Mutant, mutants
from tests.mutants.results import Results

WANTED = 0.85
NORMAL_95 = 1.96
PARTS = {
    "rules": (
        ["src/octy/model", "src/octy/engine"],
        ["unit/model", "unit/engine", "unit/cli", "unit/http", "property", "recorded/test_rules.py"],
    ),
    "rim": (
        ["src/octy/webhooks", "src/octy/store/outbox.py", "src/octy/http/auth.py", "src/octy/model/keys.py"],
        ["unit/webhooks", "integration/webhooks", "integration/store/test_outbox.py", "integration/http/test_keys.py"],
    ),
}
"""What is changed, and the tests that may notice: what segments mean, and what meets the network."""


def main() -> int:
    """All of it."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("places", nargs="*", help="folders and files to change, where it is not all of the part")
    parser.add_argument("--part", choices=PARTS, default="rules")
    parser.add_argument("--sample", type=int, help="how many mutants to try")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", nargs="+", help="some of them again, by the keys that they had")
    parser.add_argument("--tests", nargs="+", help="tests that may notice, where it is not all of the part")
    parser.add_argument("--again", action="store_true", help="try those again that survived")
    parser.add_argument(
        "--results", type=Path, default=Path(".mutants"), help="the file that keeps what became of each"
    )
    parser.add_argument("--processes", type=int, default=2, help="how many mutants are tried at a time")
    parser.add_argument("--seconds", type=float, default=6, help="after how long no other test of a mutant is begun")
    asked = parser.parse_args()
    places, tests = PARTS[asked.part]
    paths = sources(asked.places or places)
    tests = asked.tests or [f"tests/{test}" for test in tests]
    drawn = [mutant for path in paths for mutant in mutants(path)]
    random.Random(asked.seed).shuffle(drawn)
    drawn = [mutant for mutant in drawn[: asked.sample] if not asked.only or mutant.key in asked.only]
    results = Results(asked.results)
    untried = results.untried(drawn, again=asked.again or bool(asked.only))

    def try_them(judge: Judge) -> None:
        for mutant, verdict in judge.judge(untried):
            results.add(mutant, verdict)
            if not verdict.fate.is_killed and verdict.fate is not Fate.NO_CHANGE:
                print(f"{mutant.key} {verdict.fate.value}: {mutant}", flush=True)

    options = ["-p", "tests.plain", "-p", "no:xdist", "-q", "--no-header", "--no-summary"]
    judge = Judge(paths, asked.processes, asked.seconds, try_them)
    if untried and (code := pytest.main([*options, *tests], plugins=[judge])) != 0:
        return code
    return report(results.of(drawn), len(drawn))


def sources(places: Sequence[str]) -> list[Path]:
    """The files that can be changed."""
    found = [path for place in map(Path, places) for path in ([place] if place.is_file() else place.rglob("*.py"))]
    return sorted(path for path in found if str(path) not in LEFT_ALONE)


def report(tried: Sequence[tuple[Mutant, Fate]], of: int) -> int:
    """Prints the figures: of each file, and of all with the bounds of what a sample says."""
    fates = Counter((mutant.path, fate) for mutant, fate in tried)
    print("\n| file | mutants | noticed | ran for ever | not noticed | no test goes there |")
    print("| --- | --- | --- | --- | --- | --- |")
    for path in sorted({path for path, _ in fates}):
        killed, endless, survived, untested, _ = counts = [fates[path, fate] for fate in Fate]
        print(f"| {path} | {sum(counts)} | {killed + endless} | {endless} | {survived} | {untested} |")
    noticed = sum(fate.is_killed for _, fate in tried)
    low, high = bounds(noticed, len(tried))
    print(f"{noticed} of {len(tried)} noticed: {noticed / len(tried):.1%}", end=" ")
    print(f"(95 times in 100 between {low:.1%} and {high:.1%}); {of} could be changed")
    return 0 if noticed >= WANTED * len(tried) else 1


def bounds(found: int, tried: int) -> tuple[float, float]:
    """Between which shares the true one lies, by Wilson's interval (1927)."""
    share, square = found / tried, NORMAL_95**2 / tried
    middle = share + square / 2
    reach = NORMAL_95 * math.sqrt(share * (1 - share) / tried + square / tried / 4)
    return (middle - reach) / (1 + square), (middle + reach) / (1 + square)


if __name__ == "__main__":
    sys.exit(main())

"""All mistakes, and whether whoever is to notice one does."""

import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from tests.mistakes import deciding, delivering, guarding, storing
from tests.mistakes.making import Make, Mistake, Patch
from tests.simulation.__main__ import folder
from tests.simulation.simulation import simulate

MISTAKES: Mapping[str, Mistake] = {
    name: mistake for module in (storing, deciding, delivering, guarding) for name, mistake in module.MISTAKES.items()
}
SEEDS = (300, *range(12))
DAYS = 15


def caught_by(name: str) -> str | None:
    """What noticed the mistake: a test, or the first words of the simulation's check with the seed; None: nothing."""
    mistake = MISTAKES[name]
    return by_simulation(mistake.make) if mistake.tests is None else _by_tests(name, mistake.tests)


def by_simulation(make: Make) -> str | None:
    """What the simulation says; None where it is content with all seeds."""
    for seed in SEEDS:
        with tempfile.TemporaryDirectory(dir=folder(), prefix="octy-mistake-") as root, Patch.context() as patch:
            make(patch)
            try:
                simulate(seed, Path(root), DAYS)
            except Exception as error:  # noqa: BLE001 - a server that breaks has noticed too
                said = ": ".join(str(error).splitlines()[0].split(": ")[:2])
                return f"{type(error).__name__}: {said[:100]} (seed {seed})"
    return None


def _by_tests(name: str, tests: str) -> str | None:
    """In a process of their own, which makes the mistake before it reads them."""
    command = [sys.executable, "-m", "pytest", "-x", "-rf", "-p", "tests.mistakes.plugin", "--mistake", name, tests]
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    failed = [line.split(" - ")[0].split("::")[-1] for line in told.stdout.splitlines() if line.startswith("FAILED ")]
    assert told.returncode in (0, 1), told.stdout + told.stderr
    return failed[0] if failed else None

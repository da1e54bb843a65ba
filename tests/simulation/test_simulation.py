"""C04: whatever happens to a server, what it acknowledged is there, once, and its tags and webhooks are the model's."""

import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.service.failing import FAILURES
from tests.simulation import receiver, simulation
from tests.simulation.__main__ import folder
from tests.simulation.receiver import FAILING_MOODS, GONE
from tests.simulation.simulation import DAYS, simulate

SEEDS = range(2)
"""In the first, accounts choose what they are told of; in the second, what is due at once takes several groups."""
KINDS = {
    "crash",
    "crash in a group",
    "crash in a commit",
    "crash at a sync",
    "an I/O error at a sync",
    "a full disk under the archive",
    "slow disk",
    *(kind for kind in FAILURES if kind not in ("a full disk", "a locked database")),
    *(f"receiver {mood}" for mood in (*FAILING_MOODS, GONE)),
    "message repeated",
    "batch shuffled",
    "event late",
    "clock set forward",
    "clock set back",
    *(f"{who} paused" for who in ("writer", "dispatcher", "archiver", "backfills")),
}
"""What must have struck in a few seeds."""


@pytest.fixture
def root() -> Iterator[Path]:
    """In memory where that can be."""
    with tempfile.TemporaryDirectory(dir=folder(), prefix="octy-simulation-") as made:
        yield Path(made)


@pytest.mark.parametrize("seed", SEEDS, ids=lambda seed: f"seed-{seed}")
def test_a_month_of_faults_leaves_everything_as_it_must_be(seed: int, root: Path) -> None:
    report = simulate(seed, root)
    assert report.days >= DAYS
    assert report.events >= 100
    assert report.faults.total() >= 100


def test_the_same_seed_is_the_same_life_and_another_is_another(root: Path) -> None:
    first, again, other = (simulate(seed, root, days=2) for seed in (101, 101, 102))
    assert first.trace == again.trace
    assert first == again
    assert other.trace != first.trace


def test_the_same_seed_is_the_same_life_in_another_process(root: Path) -> None:
    """Whatever that process has in its memory, and in whichever order."""
    command = [sys.executable, "-m", "tests.simulation"]
    surroundings = os.environ | {"SEED": "101", "DAYS": "2", "PYTHONHASHSEED": "1"}
    told = subprocess.run(command, env=surroundings, capture_output=True, text=True, check=True).stdout
    assert f"trace {simulate(101, root, days=2).trace}\n" in told


def test_every_kind_of_fault_strikes(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Counted, so that none is forgotten: fewer days, and more of what fails."""
    monkeypatch.setattr(simulation, "GROUP_FAILS_SHARE", 0.5)
    monkeypatch.setattr(simulation, "SYNC_FAILS_SHARE", 0.2)
    monkeypatch.setattr(simulation, "RARE", 4)
    monkeypatch.setattr(simulation, "RECEIVER_FAILS_SHARE", 0.9)
    monkeypatch.setattr(receiver, "GONE_SHARE", 0.2)
    struck: Counter[str] = Counter()
    for seed in range(202, 212):
        struck += simulate(seed, root, days=8).faults
        if not KINDS - struck.keys():
            return
    assert not KINDS - struck.keys()

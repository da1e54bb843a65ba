"""How many random histories does a property test live through, and how does each get its seed?

By default as many as a test asks for, in shards of 25 that pytest-xdist spreads, and always the same ones.
`SOAK_HISTORIES` sets another number, `SOAK_SEED` the first seed. A shard's name shows its seed: `pytest -k seed-7`.
"""

import os

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.internal.conjecture.providers import AVAILABLE_PROVIDERS
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

STEPS = 50
HISTORIES_PER_SHARD = 25

# Hypothesis's own generator under another name: it then draws every history anew, where by default it makes five of
# six by varying an earlier one, too little for these to count as histories of their own.
AVAILABLE_PROVIDERS["independent"] = "hypothesis.internal.conjecture.providers.HypothesisProvider"

SETTINGS = settings(
    backend="independent",
    max_examples=HISTORIES_PER_SHARD,
    stateful_step_count=STEPS,
    deadline=None,
    database=None,
    phases=(Phase.generate, Phase.shrink),
    suppress_health_check=list(HealthCheck),
)


def shards(histories: int) -> pytest.MarkDecorator:
    """Parametrises a test with `shard_seed`, once for every 25 histories."""
    histories = int(os.environ.get("SOAK_HISTORIES", histories))
    first = int(os.environ.get("SOAK_SEED", "0"))
    seeds = range(first, first - (-histories // HISTORIES_PER_SHARD))
    return pytest.mark.parametrize("shard_seed", seeds, ids=lambda number: f"seed-{number}")


def live_through(machine: type[RuleBasedStateMachine], shard_seed: int, steps: int = STEPS) -> None:
    """25 histories of so many steps; a failing one is shrunk and printed."""
    seeded = seed(shard_seed)(type(f"{machine.__name__}OfSeed{shard_seed}", (machine,), {}))
    run_state_machine_as_test(seeded, settings=settings(SETTINGS, stateful_step_count=steps))

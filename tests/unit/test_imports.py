"""What a start loads: nothing that only a training, or a plot, needs."""

import subprocess
import sys

import pytest

HEAVY = ("sklearn", "scipy.sparse", "scipy.stats", "skops", "matplotlib", "joblib", "octy.learning")
"""Numba looks at SciPy's version where there is one: that takes 5 ms, and loads none of its parts."""


@pytest.mark.parametrize(
    "module",
    ["octy.server.main", "octy.server.serve", "octy.http.app", "octy.cli.main", "octy.cli.churn_report", "octy.client"],
)
def test_it_loads_nothing_that_trains_or_draws(module: str) -> None:
    code = f"import sys, {module}; print([name for name in {HEAVY} if name in sys.modules])"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ended.stdout == "[]\n"

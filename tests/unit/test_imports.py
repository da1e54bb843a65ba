"""What a start loads: nothing that only a training, or a plot, needs, nor what is needed later or by others."""

import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import takewhile
from pathlib import Path

import pytest

HEAVY = ("sklearn", "scipy.sparse", "scipy.stats", "skops", "matplotlib", "joblib", "octy.learning")
"""Numba looks at SciPy's version where there is one: that takes 5 ms, and loads none of its parts."""


LATER = {"aiohttp", "alembic", "octy.engine.kernels.chronicle", "opentelemetry.sdk", "pyarrow.compute"}
"""What a server that is ready may not have loaded yet."""
OTHERS = {"httpx", "pydantic.v1", "pyarrow.dataset", "ruamel"}
LEFT_OUT = {"cffi.api", "coverage.control", "pandas._libs", "rich.console", "scipy._lib"}
"""What it never loads; the latter as parts of what is looked for in vain (`octy.unused`)."""
NOT_TO_ASK = {"alembic", "cryptography", "litestar", "numba", "numpy", "pyarrow", "rich.console", "sqlalchemy"}
"""What `octy-cli get` may not load."""


@pytest.mark.parametrize(
    "module",
    ["octy.server.main", "octy.server.serve", "octy.http.app", "octy.cli.main", "octy.cli.churn_report", "octy.client"],
)
def test_it_loads_nothing_that_trains_or_draws(module: str) -> None:
    code = f"import sys, {module}; print([name for name in {HEAVY} if name in sys.modules])"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ended.stdout == "[]\n"


def test_a_server_is_ready_before_it_loads_what_it_needs_later(tmp_path: Path) -> None:
    with _started("octy", "serve", "--port", "0", "--data", str(tmp_path / "data")) as server:
        loaded = _loaded(takewhile(lambda line: "Ctrl-C ends it." not in line, server))
    assert "octy.engine.kernels.run" in loaded
    assert loaded & {*LATER, *OTHERS, *LEFT_OUT} == set()


def test_to_ask_a_server_something_loads_no_more_than_that_takes() -> None:
    with _started("octy-cli", "--url", "http://127.0.0.1:9", "get", "segments") as command:
        loaded = _loaded(command)
    assert "httpx" in loaded
    assert loaded & NOT_TO_ASK == set()


@contextmanager
def _started(command: str, *arguments: str) -> Iterator[Iterable[str]]:
    """The lines of a command that tells what it loads, until it is killed."""
    environment = os.environ | {"PYTHONPROFILEIMPORTTIME": "1", "OCTY_PUBLIC_KEY": "pk", "OCTY_SECRET_KEY": "sk"}
    words = [str(Path(sys.executable).with_name(command)), *arguments]
    process = subprocess.Popen(words, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    with process:
        assert process.stdout is not None
        try:
            yield process.stdout
        finally:
            process.kill()


def _loaded(lines: Iterable[str]) -> set[str]:
    """The modules that `import time:` lines name, with those that were looked for in vain."""
    return {line.rpartition("|")[2].strip() for line in lines if line.startswith("import time:")}

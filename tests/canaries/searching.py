"""The search at the end: in the process that was started first, once, in all that was kept by any."""

import json
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from tests.canaries.hearing import SECRET_CHARS_MIN

ON_PURPOSE = (".error", ".octy-cli.log")
"""What names to the asker what the asker has said."""


class Searching:
    """The plugin that searches."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._outcome: list[str] = []

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """A leak fails the run. After the processes have written what they heard, before the folder goes."""
        leaks = sorted(set(found(self._folder)))
        if leaks and session.exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
        secrets, personal = (len(_heard(self._folder, name)) for name in ("secrets", "personal"))
        kinds = sorted({path.suffix[1:] for path in (self._folder / "said").iterdir()})
        said = f"{secrets} secrets and {personal} personal texts sought in {', '.join(kinds) or 'nothing'}"
        self._outcome = [*(f"LEAK: {leak}" for leak in leaks), f"canaries: {said}: {len(leaks) or 'none'} found"]

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        for line in self._outcome:
            terminalreporter.write_line(line)


def found(folder: Path) -> Iterator[str]:
    """Each leak: the test, the canary, and where it was."""
    secrets, personal = _heard(folder, "secrets"), _heard(folder, "personal")
    said = sorted((folder / "said").iterdir())
    yield from _grep(folder, secrets, said)
    yield from _grep(folder, personal - secrets, [one for one in said if not one.name.endswith(ON_PURPOSE)])
    yield from _heard(folder, "stores")


def _grep(folder: Path, canaries: Iterable[str], files: list[Path]) -> Iterator[str]:
    patterns = {form for one in canaries for form in (json.dumps(one)[1:-1], *one.splitlines())}
    list_of_them, list_of_files = folder / "patterns", b"\0".join(str(one).encode() for one in files)
    list_of_them.write_text("\n".join(one for one in patterns if len(one) >= SECRET_CHARS_MIN), errors="ignore")
    if not (list_of_them.stat().st_size and files):
        return
    command = ["xargs", "-0", "grep", "-F", "-o", "-a", "-H", "-Z", "-f", str(list_of_them)]
    ended = subprocess.run(
        command, check=False, input=list_of_files, capture_output=True, env={"LC_ALL": "C", "PATH": "/usr/bin:/bin"}
    )
    assert not ended.stderr, ended.stderr
    for line in ended.stdout.splitlines():
        file, _, canary = line.partition(b"\0")
        name = Path(file.decode()).name
        worker, _, number = name.partition(".")[0].rpartition("-")
        tests = folder / f"{worker}.tests"  # none, where a worker has crashed
        test = json.loads(tests.read_text())[int(number)] if tests.exists() else f"test {number} of {worker}"
        yield f"{test}: {canary.decode(errors='replace')} in {name.partition('.')[2]}"


def _heard(folder: Path, name: str) -> set[str]:
    return {one for path in folder.glob(f"*.{name}") for one in json.loads(path.read_text())}

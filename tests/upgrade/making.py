"""Makes a store as a version of Octy left it, for `test_upgrades`: by that version's own code.

    python -m tests.upgrade.making              # of the last schema, by the code at hand
    python -m tests.upgrade.making 0001 0002    # of earlier ones, by the last commit that had each

A server of that version lives through the first half of the story, with an archive of small files, and is killed. What
is left of its data folder becomes `stores/REVISION.tar.xz`. An old server runs on the libraries that are installed now.
"""

import base64
import io
import os
import re
import signal
import subprocess
import sys
import tarfile
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx

from octy.store.migrate import HEAD
from tests.upgrade.story import KEYS, START, Story

STORES = Path(__file__).with_name("stores")
ROOT = Path(__file__).parents[2]
LAST_COMMITS = {
    "0001": "bb07fb5",
    "0002": "e1caab1",
    "0003": "1212279",
    "0004": "4c3f84c",
    "0005": "a357c0e",
    "0006": "d42dd27",
    "0007": "eb9cc90",
    "0008": "8120e0e",
    "0009": "24e94af",
}
"""Of each schema but the last one: the last commit that had it. A new migration adds the schema before it."""
SERVER = """
import sys
try:
    from octy.service import archiver
    archiver.ROWS_PER_RUN = 16
except ImportError:
    pass
from octy.server.main import main
sys.argv = ["octy", *sys.argv[1:]]
main()
"""
PATIENCE_SECONDS = 600
"""A first start compiles the kernels."""


class Process:
    """A served story's server, asked over HTTP."""

    def __init__(self, sources: Path, data: Path) -> None:
        environment = os.environ | {
            "PYTHONPATH": str(sources),
            "OCTY_PUBLIC_KEY": KEYS["public_key"],
            "OCTY_SECRET_KEY": KEYS["secret_key"],
        }
        command = [sys.executable, "-c", SERVER, "serve", "--sandbox", "--clock", START, "--port", "0", "--data"]
        self._process = subprocess.Popen([*command, str(data)], env=environment, stdout=subprocess.PIPE, text=True)
        keys = base64.b64encode(f"{KEYS['public_key']}:{KEYS['secret_key']}".encode()).decode()
        self._client = httpx.Client(base_url=self._address(), headers={"Authorization": keys}, timeout=60)

    def get(self, path: str) -> Any:
        """The answer's JSON."""
        return self._client.get(path).raise_for_status().json()

    def post(self, path: str, content: object) -> Any:
        """The same."""
        return self._client.post(path, json=content).raise_for_status().json()

    def kill(self) -> None:
        """As a crash would."""
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def _address(self) -> str:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if found := re.search(r"on (http://[\d.:]+)", line):
                return found[1].rstrip(".")
        raise RuntimeError("the server has ended")


def make(revision: str) -> Path:
    """The file."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as place:
        sources, data = Path(place) / "sources", Path(place) / "data"
        if revision == HEAD:
            sources = ROOT / "src"
        else:
            commit = LAST_COMMITS[revision]
            packed = subprocess.run(["git", "archive", commit, "src"], cwd=ROOT, check=True, capture_output=True).stdout
            with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
                archive.extractall(sources, filter="data")
            sources /= "src"
        server = Process(sources, data)
        Story(server).begins()
        _wait_for_files(data)
        server.kill()
        made = STORES / f"{revision}.tar.xz"
        with tarfile.open(made, "w:xz") as archive:
            archive.add(data, "data", filter=_anybodys)
    return made


def _wait_for_files(data: Path) -> None:
    """Until the archiver has nothing to do, where there is one."""
    before = -1
    while (count := len(list((data / "archive").glob("*")))) != before:
        before = count
        time.sleep(3)


def _anybodys(entry: tarfile.TarInfo) -> tarfile.TarInfo | None:
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    return None if entry.name.endswith(("-shm", ".lock")) else entry


if __name__ == "__main__":
    for asked in sys.argv[1:] or [HEAD]:
        print(make(asked))

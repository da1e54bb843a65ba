"""A server, and a user at a shell who has its keys."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import keyring
import pytest
from typer.testing import CliRunner, Result

from octy.cli.main import app
from tests.integration.cli.octy_server import PUBLIC_KEY, SECRET_KEY, OctyServer


@pytest.fixture
def server() -> Iterator[OctyServer]:
    server = OctyServer()
    yield server
    server.close()


class Shell:
    """Runs octy-cli as a user would, in a folder and a home of its own."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder = folder
        self.environment: dict[str, str | None] = {
            "OCTY_URL": url,
            "OCTY_PUBLIC_KEY": PUBLIC_KEY,
            "OCTY_SECRET_KEY": SECRET_KEY,
            "HOME": str(folder / "home"),
            "XDG_CONFIG_HOME": str(folder / "home" / ".config"),
            "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
            "PATH": os.environ["PATH"],
        }

    def file(self, name: str, content: str | bytes) -> Path:
        """Writes a file into the current folder."""
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def run(self, *arguments: str, stdin: str | None = None) -> Result:
        """Runs octy-cli in this process, from the folder."""
        before = Path.cwd()
        os.chdir(self.folder)
        try:
            return CliRunner(env=self.environment).invoke(app, arguments, input=stdin, catch_exceptions=False)
        finally:
            os.chdir(before)


def instead_of_pauses(monkeypatch: pytest.MonkeyPatch, act: Callable[[float], object]) -> None:
    """What commands of this thread do where they would pause for so many seconds.

    Other threads, which earlier tests have left at work in this process, pause as ever.
    """
    mine, sleep = threading.get_ident(), time.sleep

    def pause(seconds: float) -> None:
        act(seconds) if threading.get_ident() == mine else sleep(seconds)

    monkeypatch.setattr("time.sleep", pause)


@pytest.fixture
def shell(tmp_path: Path, server: OctyServer) -> Iterator[Shell]:
    before = keyring.get_keyring()
    keyring.set_keyring(
        keyring.core.load_keyring("keyring.backends.null.Keyring")
    )  # within one process the environment is read once
    yield Shell(tmp_path, server.url)
    keyring.set_keyring(before)

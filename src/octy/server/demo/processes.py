"""The demo's two commands as a user runs them: `octy serve` in the background, `octy-cli` in the foreground."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any, cast

import httpx

from octy.model.errors import OctyError
from octy.server.settings import ENVIRONMENT_PREFIX

PUBLIC_KEY, SECRET_KEY = "pk_demo", "sk_demo"


class Server:
    """A sandbox server in a process of its own, and a client for what the CLI has no command for."""

    def __init__(self, data: Path, port: int, clock: str) -> None:
        options = ["--sandbox", "--clock", clock, "--port", str(port), "--data", str(data)]
        self._command = [_beside("octy"), "serve", *options]
        self._log = (data.parent / "server.log").open("w+", encoding="utf-8")
        self._process: subprocess.Popen[str] | None = None
        self.url = ""
        self.client = httpx.Client(auth=(PUBLIC_KEY, SECRET_KEY), timeout=60)

    def start(self) -> None:
        """Starts the server, and waits until it serves."""
        self._process = subprocess.Popen(
            self._command,
            env=_environment(),
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            start_new_session=True,
        )
        self.url = self._announced_url(self._process)
        self.client.base_url = httpx.URL(self.url)

    def get(self, path: str, **query: str | int) -> dict[str, Any]:
        """A decoded answer."""
        return self._decoded(self.client.get(path, params=query))

    def post(self, path: str, body: object) -> dict[str, Any]:
        """A decoded answer."""
        return self._decoded(self.client.post(path, json=body))

    def wait(self) -> None:
        """Until the server ends."""
        assert self._process is not None, "not started"
        self._process.wait()

    def stop(self) -> None:
        """Ends the server and waits for it."""
        self.client.close()
        if self._process is not None:
            self._process.terminate()
            self._process.wait()
        self._log.close()

    def _announced_url(self, process: "subprocess.Popen[str]") -> str:
        assert process.stdout is not None
        for line in process.stdout:
            if "http://" in line:
                return "http://" + line.split("http://")[1].split(",")[0].rstrip(".\n ")
        self._log.seek(0)
        raise OctyError(f"the demo's server did not start: {self._log.read().strip()}")

    def _decoded(self, answer: httpx.Response) -> dict[str, Any]:
        if answer.status_code > 201:
            raise OctyError(f"the demo's server answered {answer.status_code}: {answer.text}")
        return cast("dict[str, Any]", answer.json())


def octy_cli(url: str, *arguments: str) -> list[str]:
    """Runs the client; the lines that it printed. OctyError, with what it said, where it failed."""
    environment = _environment() | {"OCTY_URL": url}
    done = subprocess.run(
        [_beside("octy-cli"), *arguments], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise OctyError(f"octy-cli {' '.join(arguments)} failed:\n{done.stdout}{done.stderr}")
    return [line for line in done.stdout.splitlines() if line.strip()]


def _beside(command: str) -> str:
    return str(Path(sys.executable).with_name(command))


def _environment() -> dict[str, str]:
    """As it is, but for what would set the demo's server otherwise than its options do."""
    others = {name: value for name, value in os.environ.items() if not name.startswith(f"{ENVIRONMENT_PREFIX}_")}
    return others | {"OCTY_PUBLIC_KEY": PUBLIC_KEY, "OCTY_SECRET_KEY": SECRET_KEY}

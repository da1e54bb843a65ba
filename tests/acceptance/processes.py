"""Octy's two commands as real processes, on a machine of their own: a folder, a HOME, a TMPDIR, free ports.

Whatever a test starts bears a mark in its environment, which its children inherit: so the end of a test finds every
process that is left, whoever started it, and ends it.
"""

import os
import re
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple, Protocol, TypeVar

import httpx

from tests import canaries

PUBLIC_KEY, SECRET_KEY = "pk_ours", "sk_ours"
KEYS = {"OCTY_PUBLIC_KEY": PUBLIC_KEY, "OCTY_SECRET_KEY": SECRET_KEY}

SETTLED = {"PATH": os.environ["PATH"], "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring", "LANG": "C.UTF-8"}
"""The same in every command's environment, on whichever machine."""

SHUTDOWN_SECONDS_MAX = 15
"""The product promises 5 s; the rest is for a machine that others use too."""
PATIENCE_SECONDS = 60
"""How long to wait for what happens at once on an idle machine."""
LOOK_EVERY_SECONDS = 0.02

MARK = "ACCEPTANCE_MACHINE"
"""Bears the mark of the machine that a process is of."""
_ADDRESS = re.compile(r"on (https?://\S+?)[,.]? ?(?:a sandbox|Ctrl-C)")

T = TypeVar("T")


class Running(Protocol):
    """A process that was started: what `subprocess.Popen` knows of it."""

    pid: int

    def poll(self) -> int | None: ...
    def wait(self, timeout: float | None = None) -> int: ...
    def kill(self) -> None: ...
    def send_signal(self, sig: int) -> None: ...


Spawn = Callable[..., Running]
"""Starts a process as `subprocess.Popen` does."""


def wait_for(what: str, look: Callable[[], T | None], seconds: float = PATIENCE_SECONDS) -> T:
    """The first answer of `look` that is true. Patience is counted in looks: a machine that stood still took none."""
    for _ in range(round(seconds / LOOK_EVERY_SECONDS)):
        if found := look():
            return found
        time.sleep(LOOK_EVERY_SECONDS)
    raise AssertionError(f"waited {seconds} s for {what}")


class Ended(NamedTuple):
    """How a process ended."""

    code: int
    stdout: str
    stderr: str


class Process:
    """A running command, whose output goes into two files."""

    def __init__(
        self, command: Sequence[str], cwd: Path, environment: Mapping[str, str], spawn: Spawn = subprocess.Popen
    ) -> None:
        logs = cwd / "logs"
        logs.mkdir(exist_ok=True)
        name = uuid.uuid4().hex
        self._out, self._err = logs / f"{name}.out", logs / f"{name}.err"
        with self._out.open("w") as out, self._err.open("w") as err:
            canaries.keep_log_of(Path(command[0]).name, self._err)
            self.popen = spawn(
                command,
                cwd=cwd,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                start_new_session=True,  # its group is what a terminal would send Ctrl-C to
            )

    @property
    def stdout(self) -> str:
        """What it has said so far."""
        return self._out.read_text(encoding="utf-8")

    @property
    def stderr(self) -> str:
        """What it has complained of so far."""
        return self._err.read_text(encoding="utf-8")

    @property
    def runs(self) -> bool:
        """Whether it has not ended yet."""
        return self.popen.poll() is None

    def ctrl_c(self) -> None:
        """As a terminal does: to the whole foreground group."""
        os.killpg(self.popen.pid, signal.SIGINT)

    def kill(self) -> None:
        """`kill -9`: it has no time for anything."""
        self.popen.kill()
        self.popen.wait(PATIENCE_SECONDS)

    def end(self, seconds: float = PATIENCE_SECONDS) -> Ended:
        """Waits for its end."""
        code = self.popen.wait(seconds)
        return Ended(code, self.stdout, self.stderr)

    def wait_until_it_says(self, text: str) -> None:
        """Waits for a text on its standard output. Long, for its end is noticed at once."""
        with suppress(AssertionError):
            wait_for(text, lambda: text in self.stdout or not self.runs, 10 * PATIENCE_SECONDS)
        assert text in self.stdout, (
            f"it {'runs' if self.runs else 'ended'} without {text!r}:\n{self.stdout}\n{self.stderr}"
        )


class Server(Process):
    """`octy serve`, ready to be used."""

    def __init__(
        self, command: Sequence[str], cwd: Path, environment: Mapping[str, str], data: Path, spawn: Spawn
    ) -> None:
        began = time.monotonic()
        super().__init__(command, cwd, environment, spawn)
        self.data = data
        self.wait_until_it_says("Ctrl-C ends it.")
        address = _ADDRESS.search(self.stdout)
        assert address is not None, self.stdout
        self.url = address[1]
        with self.client() as client:
            wait_for("readiness", lambda: client.get("/readyz").status_code == 200)
        self.ready_after_seconds = time.monotonic() - began

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.url.rpartition(":")[2])

    def client(self, keys: tuple[str, str] = (PUBLIC_KEY, SECRET_KEY)) -> httpx.Client:
        """A client with an account's keys. Nothing is encrypted, and to make ready for that would take a while."""
        return httpx.Client(base_url=self.url, auth=keys, timeout=PATIENCE_SECONDS, trust_env=False, verify=False)

    @property
    def kept_pid(self) -> int:
        """The process that serves, where what was started keeps it (`octy serve --restart-after-crash`)."""
        children = Path(f"/proc/{self.popen.pid}/task/{self.popen.pid}/children")
        (kept,) = wait_for("a server", children.read_text().split)
        return int(kept)

    def dies(self, number: signal.Signals = signal.SIGKILL) -> float:
        """That process, of a signal; the seconds until the next is ready. Nobody is refused meanwhile."""
        os.kill(self.kept_pid, number)
        began = time.monotonic()
        with self.client() as client:
            wait_for("readiness", lambda: self._is_ready(client))
        return time.monotonic() - began

    def _is_ready(self, client: httpx.Client) -> bool:
        with suppress(
            httpx.RemoteProtocolError, httpx.ReadError
        ):  # what it had accepted, or was about to, dies with it
            return client.get("/readyz").status_code == 200
        return False

    def stop(self, number: signal.Signals = signal.SIGTERM, *, had_trouble: bool = False) -> Ended:
        """Asks it to end, and insists on a proper end: 0, in time, and no error ever logged unless it had trouble."""
        self.popen.send_signal(number)
        ended = self.end(SHUTDOWN_SECONDS_MAX)
        assert ended.code == 0, ended
        assert "Traceback" not in ended.stderr, ended.stderr
        assert had_trouble or '"level": "error"' not in ended.stderr, ended.stderr
        return ended


class Machine:
    """A place where commands run; `close` ends all that still do. `spawn` is how they are started."""

    def __init__(self, folder: Path, spawn: Spawn = subprocess.Popen) -> None:
        self.folder = folder
        self._spawn = spawn
        self._started: list[Running] = []
        self._mark = f"{MARK}={uuid.uuid4().hex}"
        for name in ("home", "tmp"):
            (folder / name).mkdir()
        mark_name, _, mark = self._mark.partition("=")
        self.environment = SETTLED | {
            "HOME": str(folder / "home"),
            "TMPDIR": str(folder / "tmp"),
            "OCTY_LOG_LEVEL": "debug",  # whatever it may say is searched (`tests.canaries`)
            "OCTY_DRAIN_SECONDS": "0",  # clients of most tests hold their connections open, and send nothing
            mark_name: mark,
        }

    def start(self, *command: str, environment: Mapping[str, str] | None = None, via: Sequence[str] = ()) -> Process:
        """Starts `octy …` or `octy-cli …`; `via` is what it is started through."""
        told = self.environment | dict(environment or {})
        return Process([*via, *_resolved(command)], self.folder, told, self._starting)

    def run(self, *command: str, environment: Mapping[str, str] | None = None, via: Sequence[str] = ()) -> Ended:
        """Starts a command and waits for its end."""
        return self.start(*command, environment=environment, via=via).end()

    def run_in_shell(self, line: str, environment: Mapping[str, str] | None = None) -> Ended:
        """Runs a line as a person would type it."""
        return Process(["sh", "-c", line], self.folder, self.environment | dict(environment or {})).end()

    def serve(self, *options: str, data: str = "data", keys: bool = True, via: Sequence[str] = ()) -> Server:
        """`octy serve` with a data folder and a free port."""
        command = [*via, *_resolved(["octy", "serve", "--port", "0", "--data", data, *options])]
        environment = self.environment | (KEYS if keys else {})
        return Server(command, self.folder, environment, self.folder / data, self._starting)

    def sandbox(self, clock: str = "2024-01-01T00:00:00Z", *options: str, data: str = "data") -> Server:
        """`octy serve --sandbox`."""
        return self.serve("--sandbox", "--clock", clock, *options, data=data)

    def cli(self, server: Server, *arguments: str, keys: Mapping[str, str] = KEYS) -> Ended:
        """`octy-cli` with the address and an account's keys in its environment."""
        return self.run("octy-cli", *arguments, environment={**keys, "OCTY_URL": server.url})

    def file(self, name: str, content: str | bytes) -> Path:
        """Writes a file into the folder."""
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def left_running(self) -> list[int]:
        """The processes of this machine that have not ended."""
        marked = {pid for pid in _pids() if self._mark.encode() in _environ(pid).split(b"\0")}
        return sorted(marked | {one.pid for one in self._started if one.poll() is None})

    def _starting(self, *what: Any, **how: Any) -> Running:
        self._started.append(self._spawn(*what, **how))
        return self._started[-1]

    def close(self) -> None:
        """Ends all of them."""
        while pids := self.left_running():
            for pid in pids:
                _kill(pid)
            time.sleep(0.02)


def _resolved(command: Sequence[str]) -> list[str]:
    return [str(Path(sys.executable).with_name(command[0])), *command[1:]]


def _pids() -> list[int]:
    return [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]


def _environ(pid: int) -> bytes:
    """Empty where it is gone, a zombie, or somebody else's."""
    try:
        return Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:
        return b""


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return

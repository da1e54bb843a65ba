"""Octy's two commands as forks of a process that has loaded all they need: they start in a tenth of the time.

Each is a process of its own, in a session of its own, that ends as the interpreter ends. What is forked is what a new
interpreter would be after its imports; with kernels loaded, which `octy serve` does as well before it is ready. Where
more than Octy's settings is given to a command, in its environment or by what it is started through, a new interpreter
takes it, as it does for tests marked `new_interpreters`.
"""

import gc
import json
import os
import pkgutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import IO, Any

import octy.cli
import octy.cli.main
import octy.client
import octy.server
import octy.server.main
from octy.engine.warm import warm
from tests.acceptance.processes import MARK, SETTLED, Running

MESSAGE_BYTES_MAX = 100_000
LOOK_EVERY_SECONDS = 0.005
OWN = {"HOME", "TMPDIR", MARK}
"""What each command may have otherwise, besides settings of Octy; the rest is asked once, when a module is imported."""
COMMANDS: Mapping[str, Callable[[], None]] = {"octy": octy.server.main.main, "octy-cli": octy.cli.main.main}

Command = tuple[Sequence[str], str, Mapping[str, str]]
"""Its words, its folder, its environment."""


def spawn(
    command: Sequence[str], *, cwd: Path, env: Mapping[str, str], stdout: IO[Any], stderr: IO[Any], **how: Any
) -> Running:
    """As `subprocess.Popen`."""
    settled = {name: value for name, value in env.items() if name not in OWN and not name.startswith("OCTY_")}
    if Path(command[0]).name in COMMANDS and settled == SETTLED:
        return Born(nursery(), (command, str(cwd), env), stdout, stderr)
    return subprocess.Popen(command, cwd=cwd, env=env, stdout=stdout, stderr=stderr, **how)


class Nursery:
    """The process that forks, which ends with this one."""

    def __init__(self) -> None:
        self._connection, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._turn = threading.Lock()
        with theirs:
            number = theirs.fileno()
            subprocess.Popen(
                [sys.executable, "-c", f"from {__name__} import live; live({number})"],
                cwd=Path(__file__).parents[2],
                env=SETTLED,
                pass_fds=[number],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                start_new_session=True,
            )

    def bears(self, command: Command, *outputs: int) -> int:
        """The process id of a new command with such standard output and error."""
        return int(self._answer(command, *outputs))

    def code_of(self, pid: int) -> int | None:
        """The exit code of a command that has ended; to be asked for once. A signal's number has a minus."""
        code: int | None = self._answer(pid)
        return code

    def _answer(self, question: Command | int, *descriptors: int) -> Any:
        with self._turn:
            socket.send_fds(self._connection, [json.dumps(question).encode()], descriptors)
            answer = self._connection.recv(MESSAGE_BYTES_MAX)
        assert answer, "the nursery has ended"
        return json.loads(answer)


@cache
def nursery() -> Nursery:
    """The one of this process."""
    return Nursery()


class Born:
    """A forked command (`Running`)."""

    def __init__(self, nursery: Nursery, command: Command, stdout: IO[Any], stderr: IO[Any]) -> None:
        self._nursery = nursery
        self._code: int | None = None
        self.pid = nursery.bears(command, stdout.fileno(), stderr.fileno())

    def poll(self) -> int | None:
        if self._code is None:
            self._code = self._nursery.code_of(self.pid)
        return self._code

    def wait(self, timeout: float | None = None) -> int:
        latest = None if timeout is None else time.monotonic() + timeout
        while (code := self.poll()) is None:
            if latest is not None and time.monotonic() > latest:
                raise subprocess.TimeoutExpired("octy", timeout or 0)
            time.sleep(LOOK_EVERY_SECONDS)
        return code

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def send_signal(self, sig: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, sig)


def live(connection: int) -> None:
    """The life of the nursery, and of each command that it bears, which ends as an interpreter does."""
    _load()
    if (run := _next(socket.socket(fileno=connection))) is not None:
        run()


def _load() -> None:
    """All that the commands import at some time, and the kernels."""
    for package in (octy.server, octy.cli, octy.client):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            import_module(module.name)
    warm()
    gc.collect()
    gc.freeze()


def _next(connection: socket.socket) -> Callable[[], None] | None:
    """Forks and buries for the tests' process: the command to run where this process is a fork; None at the end."""
    while True:
        message, descriptors, _, _ = socket.recv_fds(connection, MESSAGE_BYTES_MAX, 2)
        if not message:
            return None
        question = json.loads(message)
        if isinstance(question, int):
            pid, status = os.waitpid(question, os.WNOHANG)
            answer = os.waitstatus_to_exitcode(status) if pid else None
        elif not (answer := os.fork()):
            connection.close()
            return _become(*question, *descriptors)
        for descriptor in descriptors:
            os.close(descriptor)
        connection.send(json.dumps(answer).encode())


def _become(command: Sequence[str], folder: str, environment: Mapping[str, str], *outputs: int) -> Callable[[], None]:
    os.setsid()
    os.chdir(folder)
    for number, descriptor in enumerate(outputs, 1):
        os.dup2(descriptor, number)
        os.close(descriptor)
    os.environ.clear()
    os.environ.update(environment)
    tempfile.tempdir = None
    sys.argv = list(command)
    sys.path[0] = str(Path(command[0]).parent)
    return COMMANDS[Path(command[0]).name]

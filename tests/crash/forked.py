"""Servers that are forked from a process which has loaded all that they need: they start in a tenth of the time."""

import ctypes
import os
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any, NoReturn

from octy.engine.warm import warm
from octy.server.main import main
from tests.crash.serving import bend

LOOK_EVERY_SECONDS = 0.005


def prepare() -> None:
    """To be called once, before any other thread runs."""
    warm()


class Forked:
    """What `subprocess.Popen` is for a command that starts with `octy`, whose process is a fork of this one."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        cwd: Path,
        env: Mapping[str, str],
        stdout: IO[Any],
        stderr: IO[Any],
        **_: object,
    ) -> None:
        self.returncode: int | None = None
        self.pid = os.fork()
        if not self.pid:
            _become(command, cwd, env, stdout.fileno(), stderr.fileno())

    def poll(self) -> int | None:
        """Its exit code once it has ended; a signal's number with a minus."""
        if self.returncode is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.returncode = os.waitstatus_to_exitcode(status)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Its exit code."""
        latest = None if timeout is None else time.monotonic() + timeout
        while (code := self.poll()) is None:
            if latest is not None and time.monotonic() > latest:
                raise subprocess.TimeoutExpired("octy", timeout or 0)
            time.sleep(LOOK_EVERY_SECONDS)
        return code

    def kill(self) -> None:
        """`kill -9`."""
        self.send_signal(signal.SIGKILL)

    def send_signal(self, sig: int) -> None:
        """Unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, sig)


def _become(command: Sequence[str], cwd: Path, env: Mapping[str, str], stdout: int, stderr: int) -> NoReturn:
    """`env NAME=VALUE… octy …`: the rest of this process's life."""
    given = [one.partition("=") for one in command[1:] if "=" in one] if command[0] == "env" else []
    code = 1
    try:
        os.setsid()
        os.chdir(cwd)
        os.dup2(stdout, 1)
        os.dup2(stderr, 2)
        os.environ.clear()
        os.environ.update({**env, **{name: value for name, _, value in given}})
        ctypes.CDLL(None).disk_begins()
        sys.argv = ["octy", *command[command.index("serve") :]]
        bend()
        main()
    except SystemExit as end:
        code = _exit_code(end)
    except BaseException:  # noqa: BLE001
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _exit_code(end: SystemExit) -> int:
    """As the interpreter does, which prints what is not a number."""
    if end.code is None or isinstance(end.code, int):
        return end.code or 0
    print(end.code, file=sys.stderr)
    return 1

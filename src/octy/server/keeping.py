"""`octy serve --restart-after-crash`: a process that waits beside the server, and puts another in its place if it dies.

Whoever kills a server, be it the system for want of memory or a fault in a library, kills the process that serves. The
one that keeps it has loaded what a server loads, so that the next is there in a fraction of the time, and it holds the
listening socket, so that who connects meanwhile waits instead of being refused. It opens no store, and answers nobody.

A server that ends by itself has said why, and is not followed by another.
"""

import ctypes
import os
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from threading import Event
from types import FrameType
from typing import NamedTuple

import structlog

log = structlog.get_logger()

PAUSES_SECONDS = (1, 2, 4, 8, 16, 30)
"""Before another is tried where one died before it was ready, as the next may well do, or could not even be forked:
after the first of a row, the second, and so on; the last for all others. One that was ready is followed at once."""

PASSED_ON = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)
PR_SET_PDEATHSIG = 1
"""Linux's name for: the process gets this signal when its parent dies."""


class Life(NamedTuple):
    """What a server knows of being kept."""

    deaths: int
    """Of those before it."""
    tell_ready: Callable[[], None]
    """To be called once it is ready."""


Serve = Callable[[Life], None]
"""Serves until told to end."""


def keep(serve: Serve, pauses_seconds: Sequence[float] = PAUSES_SECONDS) -> None:
    """Serves, in one process after the other. To be called where Python has one thread, for it forks.

    In a server's process it returns, or raises, as `serve` does. In the keeper's it raises SystemExit with the code of
    the last server, or 0 where none was there when the end was asked for.
    """
    keeper = _Keeper()
    deaths = failures = 0
    while True:
        try:
            tell_ready = keeper.bear()
        except OSError as error:
            failures += 1
            said: dict[str, object] = {"event": "serve.not_forked", "reason": error.strerror}
        else:
            if tell_ready is not None:
                serve(Life(deaths, tell_ready))
                return
            last = keeper.bury()
            if last.code >= 0 or keeper.is_told_to_end or -last.code in PASSED_ON:
                sys.exit(last.code if last.code >= 0 else 128 - last.code)
            deaths += 1
            failures = 0 if last.was_ready else failures + 1
            said = {"event": "serve.died", "signal": signal.Signals(-last.code).name}
        pause_seconds = pauses_seconds[min(failures, len(pauses_seconds)) - 1] if failures else 0
        log.error(**said, next_after_seconds=pause_seconds)
        if keeper.is_told_to_end_within(pause_seconds):
            sys.exit(0)


class _Death(NamedTuple):
    code: int
    """As `subprocess.Popen.returncode`: a signal's number has a minus."""
    was_ready: bool


class _Keeper:
    """At most one server at a time, to which signals are passed on.

    Each is the leader of a group of its own: Ctrl-C, which a terminal sends to the keeper's, reaches it once.
    """

    def __init__(self) -> None:
        self._pid = 0
        self._readiness = -1
        """Where the server says that it is ready."""
        self._end = Event()
        for number in PASSED_ON:
            signal.signal(number, self._pass_on)

    @property
    def is_told_to_end(self) -> bool:
        """Whether SIGINT or SIGTERM has come."""
        return self._end.is_set()

    def is_told_to_end_within(self, seconds: float) -> bool:
        """The same, once it has come or the time is up."""
        return self._end.wait(seconds)

    def bear(self) -> Callable[[], None] | None:
        """Forks a server: in its process, what tells that it is ready; None in the keeper's. OSError if it cannot."""
        keeper = os.getpid()
        theirs, ours = os.pipe()
        signal.pthread_sigmask(signal.SIG_BLOCK, PASSED_ON)  # whatever comes now comes to one who knows what to do
        try:
            self._pid = os.fork()
            if not self._pid:
                os.setpgid(0, 0)
                _end_with(keeper)
                for number in PASSED_ON:
                    signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
        except OSError:
            os.close(theirs)
            os.close(ours)
            raise
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, PASSED_ON)
        if not self._pid:
            os.close(theirs)
            return lambda: _tell(ours)
        os.close(ours)
        os.set_blocking(theirs, False)
        self._readiness = theirs
        return None

    def bury(self) -> _Death:
        """Waits until the server has died."""
        os.waitid(os.P_PID, self._pid, os.WEXITED | os.WNOWAIT)  # its number is nobody else's yet
        pid, self._pid = self._pid, 0
        _, status = os.waitpid(pid, 0)
        was_ready = b""
        with suppress(BlockingIOError):
            was_ready = os.read(self._readiness, 1)
        os.close(self._readiness)
        return _Death(os.waitstatus_to_exitcode(status), bool(was_ready))

    def _pass_on(self, number: int, _frame: FrameType | None) -> None:
        if number != signal.SIGHUP:
            self._end.set()
        if self._pid:
            os.kill(self._pid, number)


def _tell(readiness: int) -> None:
    os.write(readiness, b"1")
    os.close(readiness)


def _end_with(keeper: int) -> None:
    """From now on this process is told to end when its keeper dies, of whatever it be, where the system can do so."""
    prctl = getattr(ctypes.CDLL(None), "prctl", None)
    if prctl is not None:
        prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != keeper:
        os.kill(os.getpid(), signal.SIGTERM)

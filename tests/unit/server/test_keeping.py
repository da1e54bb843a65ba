"""A keeper and its servers, as processes of their own: small ones, which do what each test asks of them."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from textwrap import indent

import pytest

from tests.acceptance.processes import PATIENCE_SECONDS, wait_for

SCRIPT = """
import os, signal, sys, time
from pathlib import Path
from octy.server.keeping import keep

lives = Path(sys.argv[1]) / "lives"

def say_that_it_lives():
    with lives.open("a") as file:
        print(os.getpid(), file=file)
    return len(lives.read_text().splitlines())

def serve(life):
    tell_ready, deaths = life.tell_ready, life.deaths
{body}

{before}
keep(serve, pauses_seconds=({pauses},))
print("a server has ended", flush=True)
"""

STAYS = "tell_ready()\nsay_that_it_lives()\ntime.sleep(600)"
DIES = "os.kill(os.getpid(), signal.SIGSEGV)"

Start = Callable[..., "Kept"]


class Kept:
    """A keeper, and whom it has borne so far."""

    def __init__(self, folder: Path, body: str, pauses: str = "600", before: str = "") -> None:
        self._folder = folder
        script = SCRIPT.format(body=indent(body, "    "), pauses=pauses, before=before)
        self.popen = subprocess.Popen(
            [sys.executable, "-c", script, str(folder)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def lives(self) -> list[int]:
        """The process ids of all servers, in order."""
        with suppress(FileNotFoundError):
            return [int(line) for line in (self._folder / "lives").read_text().splitlines()]
        return []

    def life(self, number: int) -> int:
        """Waits for it."""
        (pid,) = wait_for(f"server number {number}", lambda: self.lives()[number - 1 : number])
        return pid

    def end(self) -> tuple[int, str, str]:
        """Its exit code, and what all of them have said."""
        stdout, stderr = self.popen.communicate(timeout=PATIENCE_SECONDS)
        return self.popen.returncode, stdout, stderr

    def close(self) -> None:
        for pid in (self.popen.pid, *self.lives()[-1:]):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.popen.communicate()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    started: list[Kept] = []

    def start(*how: str, **more: str) -> Kept:
        started.append(Kept(tmp_path, *how, **more))
        return started[-1]

    yield start
    for one in started:
        one.close()


def is_gone(pid: int) -> bool:
    """Waits until it is."""
    return wait_for("the end", lambda: not Path(f"/proc/{pid}").exists())


def heeds(number: str, what: str) -> str:
    """Stays, and does that upon a signal."""
    return f"signal.signal(signal.{number}, lambda *_: {what})\n{STAYS}"


def test_one_that_is_killed_is_followed_by_another_at_once(start: Start) -> None:
    kept = start(heeds("SIGTERM", "sys.exit(7)"), "600")  # for so long, the test would not wait
    for number in (1, 2, 3):
        os.kill(kept.life(number), signal.SIGKILL)
    kept.life(4)
    kept.popen.terminate()
    code, said, _ = kept.end()
    assert code == 7
    assert said.count("serve.died") == said.count("signal=SIGKILL") == said.count("next_after_seconds=0") == 3


def test_each_knows_how_many_died_before_it(start: Start) -> None:
    assert start(f"if deaths < 3:\n    tell_ready()\n    {DIES}\nsys.exit(deaths)").end()[0] == 3


def test_one_that_ends_by_itself_is_not_followed(start: Start) -> None:
    assert start("tell_ready()").end() == (0, "a server has ended\n", "")


@pytest.mark.parametrize("before", ["", "tell_ready()\n"])
def test_one_that_fails_is_not_followed(start: Start, before: str) -> None:
    assert start(f"{before}sys.exit('octy: the port is taken')").end() == (1, "", "octy: the port is taken\n")


def test_after_one_that_dies_before_it_is_ready_there_is_a_pause(start: Start) -> None:
    """Here it is none twice. The third, which is long, is left when the end is asked for."""
    kept = start(f"say_that_it_lives()\n{DIES}", "0, 0, 600")
    assert is_gone(kept.life(3))
    kept.popen.terminate()
    code, said, _ = kept.end()
    assert code == 0
    assert len(kept.lives()) == 3
    pauses = [line.split("next_after_seconds=")[1].split()[0] for line in said.splitlines()]
    assert pauses == ["0", "0", "600"]


def test_one_that_cannot_be_forked_is_tried_again_after_a_pause(start: Start) -> None:
    """As where the system has no memory, or no number, for another process."""
    kept = start(
        STAYS,
        "0, 0",
        before="""
forks, fork = iter([OSError(12, "Cannot allocate memory")] * 2), os.fork
def scarcely():
    for error in forks: raise error
    return fork()
os.fork = scarcely
""",
    )
    os.kill(kept.life(1), signal.SIGKILL)
    kept.life(2)
    kept.popen.terminate()
    code, said, _ = kept.end()
    assert code == 128 + signal.SIGTERM
    assert said.count("serve.not_forked") == said.count("reason='Cannot allocate memory'") == 2
    assert said.count("serve.died") == 1


def test_one_that_was_ready_ends_a_row_of_such_that_were_not(start: Start) -> None:
    kept = start(f"if say_that_it_lives() % 3 == 0: tell_ready()\n{DIES}", "0, 0, 600")
    kept.life(9)


@pytest.mark.parametrize(
    ("number", "body"),
    [
        (signal.SIGTERM, heeds("SIGTERM", "sys.exit(7)")),
        (signal.SIGHUP, heeds("SIGHUP", "sys.exit(7)")),
        (signal.SIGINT, f"try:\n{indent(STAYS, '    ')}\nexcept KeyboardInterrupt: sys.exit(7)"),
    ],
)
def test_signals_are_passed_on_and_the_code_handed_back(start: Start, number: signal.Signals, body: str) -> None:
    kept = start(body)
    server = kept.life(1)
    kept.popen.send_signal(number)
    assert kept.end()[0] == 7
    assert is_gone(server)
    assert len(kept.lives()) == 1


def test_ctrl_c_in_a_terminal_reaches_a_server_once(start: Start) -> None:
    """A second one would mean: do not wait for those whose requests are under way."""
    kept = start(
        "heard = []\nsignal.signal(signal.SIGINT, lambda *_: heard.append(1))\ntell_ready()\nsay_that_it_lives()\n"
        "while not heard: time.sleep(0.01)\ntime.sleep(0.5)\nsys.exit(len(heard))"
    )
    kept.life(1)
    os.killpg(kept.popen.pid, signal.SIGINT)
    assert kept.end()[0] == 1


def test_one_that_dies_of_what_was_passed_on_is_not_followed(start: Start) -> None:
    """A terminal that is closed says so to all that run in it."""
    kept = start(STAYS)
    kept.life(1)
    kept.popen.send_signal(signal.SIGHUP)
    assert kept.end()[0] == 128 + signal.SIGHUP


def test_a_server_is_told_to_end_when_its_keeper_is_killed(start: Start) -> None:
    kept = start(heeds("SIGTERM", "sys.exit(print('told', flush=True))"))
    server = kept.life(1)
    kept.popen.kill()
    assert kept.end()[1] == "told\n"
    assert is_gone(server)

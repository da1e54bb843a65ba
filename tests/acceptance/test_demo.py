"""`octy demo` shows the same to everybody, and leaves nothing behind: no process, no folder, whatever ends it."""

import re
from pathlib import Path

import pytest

from tests.acceptance.processes import SHUTDOWN_SECONDS_MAX, Ended, Machine, wait_for

pytestmark = pytest.mark.new_interpreters

GOLDEN = Path(__file__).parent / "golden" / "demo.txt"
_SPEED = re.compile(r"31,106 events in .*?\n\n", re.DOTALL)
"""The one paragraph whose numbers, and so its line breaks, depend on the machine."""


def masked(shown: str) -> str:
    """Without what differs from run to run: ports and speeds."""
    shown = re.sub(r"http://127\.0\.0\.1:\d+", "http://127.0.0.1:PORT", shown)
    shown = _SPEED.sub(lambda found: " ".join(found[0].split()) + "\n\n", shown)
    shown = re.sub(r"events in [\d.]+ s", "events in SECONDS s", shown)
    shown = re.sub(r"[\d,]+ events per second", "SPEED events per second", shown)
    return "".join(f"{line.rstrip()}\n" for line in shown.splitlines())


def assert_nothing_is_left(machine: Machine) -> None:
    """No process that the demo started, no folder that it made."""
    wait_for("the end of the demo's processes", lambda: not machine.left_running(), SHUTDOWN_SECONDS_MAX)
    assert list((machine.folder / "tmp").iterdir()) == []


def assert_ended_by_ctrl_c(ended: Ended) -> None:
    """As the demo promises it: nothing raised, and a word."""
    assert ended.code == 0, ended
    assert ended.stderr == ""
    assert ended.stdout.endswith("The demo ends; nothing of it is kept.\n")


def test_the_demo_shows_the_same_every_time(machine: Machine) -> None:
    ended = machine.run("octy", "demo")
    assert ended.code == 0, ended
    assert ended.stderr == ""
    assert masked(ended.stdout) == GOLDEN.read_text(encoding="utf-8")
    assert_nothing_is_left(machine)


def test_ctrl_c_in_the_middle_ends_everything(machine: Machine) -> None:
    demo = machine.start("octy", "demo")
    demo.wait_until_it_says("events-2024-01.csv")
    demo.ctrl_c()
    assert_ended_by_ctrl_c(demo.end(SHUTDOWN_SECONDS_MAX))
    assert_nothing_is_left(machine)


def test_ctrl_c_while_the_demo_s_server_starts_ends_everything(machine: Machine) -> None:
    demo = machine.start("octy", "demo")
    demo.wait_until_it_says("$ octy serve")
    wait_for("the server's process", lambda: len(machine.left_running()) == 2)
    demo.ctrl_c()
    assert "Traceback" not in demo.end(SHUTDOWN_SECONDS_MAX).stderr
    assert_nothing_is_left(machine)


def test_the_kept_demo_says_how_to_use_it_and_ends_by_ctrl_c(machine: Machine) -> None:
    demo = machine.start("octy", "demo", "--keep")
    demo.wait_until_it_says("and the API's documentation")
    shown = demo.stdout
    keys = dict(re.findall(r"(OCTY_\w+)=(\S+)", shown))
    assert set(keys) == {"OCTY_URL", "OCTY_PUBLIC_KEY", "OCTY_SECRET_KEY"}
    segments = machine.run("octy-cli", "get", "segments", environment=keys)
    assert segments.code == 0
    assert segments.stdout.endswith("Found a total of 7 segments\n")
    for command in re.findall(r"^  (curl .*)$", shown, re.MULTILINE):
        answer = machine.run_in_shell(f"{command} --silent --fail")
        assert answer.code == 0, answer
        assert answer.stdout.startswith('{"')
    summary, _, _ = masked(shown).partition("\nThe server stays on")
    assert GOLDEN.read_text(encoding="utf-8").startswith(summary)
    assert demo.runs
    demo.ctrl_c()
    assert_ended_by_ctrl_c(demo.end(SHUTDOWN_SECONDS_MAX))
    assert_nothing_is_left(machine)

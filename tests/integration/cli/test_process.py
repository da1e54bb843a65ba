"""octy-cli as a process: its start, its exit codes, Ctrl-C, terminals and pipes."""

import os
import pty
import signal
import subprocess
import sys
from pathlib import Path
from threading import Event

import pytest

from tests.integration.cli.conftest import Shell
from tests.integration.cli.octy_server import OctyServer, Sent
from tests.integration.cli.test_upload import EVENTS, events_csv

PROGRAM = str(Path(sys.executable).with_name("octy-cli"))


def environment(shell: Shell) -> dict[str, str]:
    return {name: value for name, value in shell.environment.items() if value is not None}


def process(shell: Shell, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [PROGRAM, *arguments],
        cwd=shell.folder,
        env=environment(shell),
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
        timeout=60,
    )


@pytest.mark.parametrize(
    "arguments", [("--help",), ("upload", "--help"), ("get", "segments", "--help"), ("--version",)]
)
def test_help_needs_no_server_and_none_of_the_heavy_modules(shell: Shell, arguments: tuple[str, ...]) -> None:
    code = (
        "import sys\n"
        "from octy.cli.main import main\n"
        "try:\n    main()\n"
        "except SystemExit as end:\n"
        "    heavy = {'httpx', 'rich', 'ruamel', 'keyring', 'numpy', 'numba', 'litestar', 'sqlalchemy'}\n"
        "    sys.exit(f'{sorted(heavy & set(sys.modules))} {end.code}')\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code, *arguments], env=environment(shell), capture_output=True, text=True, check=False
    )
    assert ended.stderr == "[] 0\n"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("get", "segments"), 0),
        (("get", "segments", "unknown"), 1),
        (("apply", "-f", "missing.yml"), 1),
        (("upload", "events", "-f", "."), 1),
        ((), 2),
        (("nonsense",), 2),
        (("get", "templates"), 2),
        (("upload", "templates", "-f", "a.csv"), 2),
        (("upload", "events"), 2),
        (("delete", "segments"), 2),
        (("get", "segments", "--nonsense"), 2),
        (("--url", "ftp://nowhere", "get", "segments"), 2),
    ],
)
def test_exit_codes_can_be_trusted(shell: Shell, arguments: tuple[str, ...], code: int) -> None:
    ended = process(shell, *arguments)
    assert ended.returncode == code
    assert "Traceback" not in ended.stderr
    if code:
        assert ended.stderr or not arguments


def test_a_missing_file_and_a_folder_are_told_of(shell: Shell) -> None:
    assert process(shell, "apply", "-f", "missing.yml").stderr == "missing.yml: No such file or directory\n"
    assert process(shell, "upload", "items", "-f", ".").stderr == ".: Is a directory\n"


def test_a_server_that_is_down_is_told_of(shell: Shell, server: OctyServer) -> None:
    server.close()
    shell.file("events.csv", events_csv(2))
    ended = process(shell, "upload", "events", "-f", "events.csv")
    assert ended.returncode == 1
    assert f"No server answers at {server.url}" in ended.stderr
    assert ended.stderr.count("\n") == 1


def test_after_ctrl_c_the_same_command_goes_on_and_sends_no_row_twice(shell: Shell, server: OctyServer) -> None:
    arrived, go_on = Event(), Event()

    def stall(_: Sent) -> None:
        if len(server.sent_to(EVENTS)) == 4:
            arrived.set()
            go_on.wait(30)

    server.before_answer = stall
    shell.file("events.csv", events_csv(5000))
    with subprocess.Popen(
        [PROGRAM, "upload", "events", "-f", "events.csv"],
        cwd=shell.folder,
        env=environment(shell),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as running:
        assert arrived.wait(30)
        running.send_signal(signal.SIGINT)
        go_on.set()
        output, errors = running.communicate(timeout=30)
    assert running.returncode == 130
    assert output.startswith("Created a total of ")
    assert errors.startswith("Interrupted. ")
    assert errors.endswith("; the same command goes on from there, and stores nothing twice.\n")
    before = {one["message_id"] for request in server.sent_to(EVENTS) for one in request.body["events"]}
    assert 0 < len(before) < 5000
    server.before_answer = lambda _: None
    ended = process(shell, "upload", "events", "-f", "events.csv")
    assert (ended.returncode, ended.stdout) == (0, "Created a total of 5,000 events\n")
    assert ended.stderr.startswith("Going on after ")
    sent = [one["message_id"] for request in server.sent_to(EVENTS) for one in request.body["events"]]
    assert len(set(sent)) == 5000
    assert len(sent) == 5000, "what was answered before the end is not sent again"


def test_a_terminal_shows_a_bar_and_a_pipe_does_not(shell: Shell) -> None:
    shell.file("events.csv", events_csv(600))
    assert process(shell, "upload", "events", "-f", "events.csv").stderr == ""
    mine, theirs = pty.openpty()
    with subprocess.Popen(
        [PROGRAM, "upload", "events", "-f", "events.csv"],
        cwd=shell.folder,
        env=environment(shell) | {"TERM": "xterm", "COLUMNS": "100"},
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=theirs,
        text=True,
    ) as running:
        os.close(theirs)
        shown = b""
        while True:
            try:
                part = os.read(mine, 65_536)
            except OSError:  # Linux says so when the other side is closed
                break
            if not part:
                break
            shown += part
        assert running.stdout is not None
        assert running.stdout.read() == "Created a total of 600 events\n"
    os.close(mine)
    assert running.returncode == 0
    assert b"Uploading events" in shown
    assert b"600/600" in shown


def test_a_reader_that_leaves_early_is_no_traceback(shell: Shell, server: OctyServer) -> None:
    server.event_types = [
        {"event_type_id": f"t{n}", "event_type": "view", "event_properties": ["x" * 200]} for n in range(5000)
    ]
    with subprocess.Popen(
        [PROGRAM, "get", "eventtypes"],
        env=environment(shell),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as running:
        assert running.stdout is not None
        running.stdout.readline()
        running.stdout.close()
        assert running.stderr is not None
        assert running.stderr.read() == ""
    assert running.returncode == 1


def test_a_terminal_without_utf_8_is_no_traceback(shell: Shell, server: OctyServer) -> None:
    server.event_types = [{"event_type_id": "t", "event_type": "naïve ☃"}]
    shell.environment |= {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": "ascii"}
    ended = process(shell, "get", "eventtypes")
    assert ended.returncode == 0
    assert r"na\xefve \u2603" in ended.stdout

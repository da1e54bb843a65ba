"""When `octy serve` cannot serve it says so in one sentence, with another exit code than 0, and changes nothing."""

import os
import shutil
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import pytest

from octy.store.migrate import HEAD
from tests.acceptance.processes import KEYS, Ended, Machine, wait_for

SERVE = ("octy", "serve", "--port", "0")


def one_sentence(ended: Ended, code: int = 1) -> str:
    """What a refusal says: nothing but one line, and no traceback."""
    assert ended.code == code, ended
    assert ended.stdout == ""
    assert ended.stderr.count("\n") == 1, ended.stderr
    return ended.stderr.rstrip("\n")


def usage_sentence(ended: Ended) -> str:
    """What is said of wrong usage: the usage, and one line."""
    assert ended.code == 2, ended
    assert ended.stdout == ""
    assert "Traceback" not in ended.stderr
    *usage, sentence = ended.stderr.splitlines()
    assert usage[0].startswith("Usage: octy serve")
    return sentence


def contents(folder: Path) -> Mapping[str, bytes]:
    """Every file of a folder, byte for byte."""
    return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_taken_port_and_a_folder_that_another_server_uses(machine: Machine) -> None:
    server = machine.serve()
    taken = f"octy: cannot listen on 127.0.0.1:{server.port}: Address already in use. Choose another with --port."
    assert one_sentence(machine.run("octy", "serve", "--data", "other", "--port", str(server.port))) == taken
    assert not (machine.folder / "other").exists()
    demo = machine.run("octy", "demo", "--port", str(server.port))
    assert demo.code == 1
    assert demo.stderr == taken.replace("octy: ", "octy: the demo's server did not start: octy: ") + "\n"
    locked = machine.run(*SERVE, "--data", "data", environment=KEYS)
    assert one_sentence(locked) == "octy: The data folder data cannot be used: another server is using it."
    assert server.client().get("/readyz").status_code == 200
    server.kill()
    machine.serve().stop()  # a lock ends with its process


def test_a_continuous_backup_where_something_else_is(machine: Machine) -> None:
    (machine.folder / "photos").mkdir()
    (machine.folder / "photos" / "photo.jpg").touch()
    for target, said in {
        "photos": "The folder photos is not for a continuous backup alone: it holds photo.jpg.",
        "data/backup": "The continuous backup of data cannot be in that folder itself.",
    }.items():
        ended = machine.run(*SERVE, "--data", "data", "--continuous-backup", target, environment=KEYS)
        assert one_sentence(ended) == f"octy: {said}"


def test_an_address_of_another_machine(machine: Machine) -> None:
    ended = machine.run(*SERVE, "--host", "192.0.2.1")
    assert "cannot listen on 192.0.2.1:0: Cannot assign requested address" in one_sentence(ended)


@pytest.mark.parametrize(
    ("host", "reason"), [("é..example", "no name of a machine"), ("a b", "Name or service not known")]
)
def test_an_address_that_is_none(machine: Machine, host: str, reason: str) -> None:
    ended = machine.run(*SERVE, "--host", host)
    assert one_sentence(ended) == f"octy: cannot listen on {host}:0: {reason}. Choose another with --host."


def test_a_folder_of_a_newer_version_is_untouched(machine: Machine) -> None:
    server = machine.serve()
    server.stop()
    with closing(sqlite3.connect(server.data / "octy.db")) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
    before = contents(server.data)
    said = one_sentence(machine.run(*SERVE, "--data", "data", environment=KEYS))
    assert said == (
        "octy: The data folder data cannot be used: "
        f"it was written by a newer version of Octy (schema 9999; this one knows up to {HEAD})."
    )
    assert contents(server.data) == before


@pytest.mark.parametrize(
    ("content", "reason"), [(b"no database, really\n" * 100, "octy.db is not a database")], ids=["text"]
)
def test_a_file_in_the_database_s_place(machine: Machine, content: bytes, reason: str) -> None:
    (machine.folder / "data").mkdir()
    machine.file("data/octy.db", content)
    said = one_sentence(machine.run(*SERVE, "--data", "data", environment=KEYS))
    assert said == f"octy: The data folder data cannot be used: {reason}."
    assert contents(machine.folder / "data")["octy.db"] == content


def test_a_database_of_another_program(machine: Machine) -> None:
    (machine.folder / "data").mkdir()
    with closing(sqlite3.connect(machine.folder / "data/octy.db")) as connection:
        connection.execute("CREATE TABLE recipes (name TEXT)")
    before = contents(machine.folder / "data")["octy.db"]
    said = one_sentence(machine.run(*SERVE, "--data", "data", environment=KEYS))
    assert said == "octy: The data folder data cannot be used: it holds a database that Octy did not make."
    assert contents(machine.folder / "data")["octy.db"] == before


def test_a_file_where_the_folder_should_be(machine: Machine) -> None:
    machine.file("data", "mine")
    assert one_sentence(machine.run(*SERVE, "--data", "data")) == (
        "octy: The data folder data cannot be used: it is a file."
    )
    assert "Not a directory" in one_sentence(machine.run(*SERVE, "--data", "data/below"))


@pytest.mark.parametrize("data", ["closed", "closed/below"])
def test_a_folder_that_cannot_be_written(machine: Machine, data: str) -> None:
    (machine.folder / "closed").mkdir(mode=0o555)
    ended = machine.run(*SERVE, "--data", data, via=_without_root_s_privilege())
    assert one_sentence(ended) == f"octy: The data folder {data} cannot be used: Permission denied."


def _without_root_s_privilege() -> tuple[str, ...]:
    """Root may write everywhere, unless it is started without that capability."""
    if os.geteuid() != 0:
        return ()
    if shutil.which("setpriv") is None:
        pytest.skip("root can write everywhere, and there is no setpriv to give that up")
    return ("setpriv", "--bounding-set=-dac_override,-dac_read_search")


def test_a_folder_in_which_there_is_no_place_for_the_socket(machine: Machine) -> None:
    (machine.folder / "data" / "octy.sock").mkdir(parents=True)
    ended = machine.run(*SERVE, "--data", "data")
    assert one_sentence(ended) == "octy: The data folder data cannot be used: Is a directory."
    (machine.folder / "data" / "octy.sock").rmdir()
    assert "A new account." in machine.serve(keys=False).stdout, "nobody has been given its keys before"


@pytest.mark.parametrize("clock", ["yesterday", "2024-13-01T00:00:00Z", "1969-12-31T23:59:59Z"])
def test_a_clock_that_is_no_instant(machine: Machine, clock: str) -> None:
    said = usage_sentence(machine.run(*SERVE, "--sandbox", "--clock", clock))
    assert said == (
        f"Error: Invalid value for --clock: {clock!r} is no instant; expected ISO 8601, such as 2024-01-01T00:00:00Z"
    )
    assert not (machine.folder / "octy-data").exists()


def test_an_empty_clock_is_no_instant(machine: Machine) -> None:
    _refuses_at_once(machine, "--sandbox", "--clock", "", environment={})


def test_a_key_without_characters(machine: Machine) -> None:
    _refuses_at_once(machine, environment=KEYS | {"OCTY_PUBLIC_KEY": ""})


def _refuses_at_once(machine: Machine, *options: str, environment: Mapping[str, str]) -> None:
    started = machine.start(*SERVE, *options, environment=environment)
    wait_for("a word", lambda: "Ctrl-C ends it" in started.stdout or not started.runs)
    assert not started.runs, started.stdout
    assert started.end().code != 0


def test_a_clock_outside_a_sandbox(machine: Machine) -> None:
    said = usage_sentence(machine.run(*SERVE, "--clock", "2024-01-01T00:00:00Z"))
    assert said == "Error: Invalid value for --clock: a clock can be set in a sandbox only; add --sandbox"


@pytest.mark.parametrize("port", ["-1", "65536", "http"])
def test_a_port_that_is_none(machine: Machine, port: str) -> None:
    assert "--port" in usage_sentence(machine.run("octy", "serve", "--port", port))


@pytest.mark.parametrize("missing", KEYS)
def test_one_key_without_the_other(machine: Machine, missing: str) -> None:
    half = {name: key for name, key in KEYS.items() if name != missing}
    said = one_sentence(machine.run(*SERVE, environment=half))
    assert said == "octy: set both OCTY_PUBLIC_KEY and OCTY_SECRET_KEY, or neither"

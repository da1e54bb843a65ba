"""Files that are not what `octy-cli` expects: exit code 1, the place and the reason, no traceback, nothing sent.

A file is judged before a server is asked, so no server runs here but one that would notice.
"""

import pytest

from tests.acceptance.account import stored_rows
from tests.acceptance.processes import Ended, Machine, Server

HEADER = "customer_id,has_charged,profile_data>>plan,platform_info>>os\n"
BOMB = "kind: segments\na: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{new}: &{new} [{', '.join([f'*{old}'] * 9)}]\n" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.fixture(scope="module")
def served(shared_machine: Machine) -> Server:
    return shared_machine.serve()


def refused(machine: Machine, server: Server, *arguments: str) -> str:
    """What is said of a file that is refused; one line for each fault."""
    before = stored_rows(server.data)
    ended: Ended = machine.cli(server, *arguments)
    assert ended.code == 1, ended
    assert ended.stdout == ""
    assert "Traceback" not in ended.stderr
    assert stored_rows(server.data) == before
    return ended.stderr


@pytest.mark.parametrize(
    ("content", "place", "said"),
    [
        (BOMB, "bad.yml:2:4", "anchor"),
        ("kind: segments\nsegmentDefinitions: [1\n", "bad.yml:", ""),
        ("kind: segments\n\tx: 1\n", "bad.yml:2:1", "tab"),
        ("", "bad.yml:1:1", "the key 'kind' is missing"),
        ("- 1\n", "bad.yml:1:1", "the key 'kind' is missing"),
        ("kind: gizmos\n", "bad.yml:1:1", 'found "gizmos"'),
        ("kind: segments\nkind: segments\n", "bad.yml:2:1", "was given before, at line 1"),
        ("kind: !!python/object/apply:os.system [ls]\n", "bad.yml:1:7", "tag"),
        ("kind: segments\nsegmentDefinitions: []\n", "bad.yml:2:1", "a list of at least one element"),
        (b"kind: segments\nx: \xff\n", "bad.yml:2", "UTF-8"),
        (b"\x7fELF\x02\x01\x01\x00" + bytes(range(256)) * 40, "bad.yml:3: ", "UTF-8"),
        ("a: " + "[" * 20_000 + "\n", "bad.yml:1:", "levels of nesting"),
        ("a: " + "x" * 600_000 + "\n", "bad.yml", "bytes"),
    ],
    ids=["bomb", "open", "tab", "empty", "list", "kind", "twice", "code", "nothing", "text", "binary", "deep", "long"],
)
def test_yaml_that_cannot_be_applied(
    machine: Machine, served: Server, content: str | bytes, place: str, said: str
) -> None:
    machine.file("bad.yml", content)
    told = refused(machine, served, "apply", "-f", "bad.yml")
    assert told.startswith(place)
    assert said in told
    assert told.count("\n") == 1


def test_a_segment_that_breaks_rules_is_told_by_line_and_column(machine: Machine, served: Server) -> None:
    step = "{eventType: cart, actionInaction: action, expTimeframe: 3}"
    name = "kind: segments\nsegmentDefinitions:\n- segmentName: s\n  segmentType: live\n  segmentSubtype: 2\n"
    last = "{eventType: charged, actionInaction: inaction, expTimeframe: 1}"
    machine.file("bad.yml", f"{name}  segmentTimeframe: 7\n  eventSequence:\n  - {step}\n  - {last}\n")
    lines = refused(machine, served, "apply", "-f", "bad.yml").splitlines()
    assert len(lines) == 3
    assert [line.split(":")[1] for line in lines] == ["6", "8", "9"]
    assert lines[0] == (
        "bad.yml:6:3: D2 segmentDefinitions[0].segmentTimeframe: expected 0 for a live segment; found 7"
    )


@pytest.mark.parametrize(
    ("content", "line", "said"),
    [
        (HEADER + "ana,false,gold,ios\nbob,false,gold\n", 3, "expected 4 cells, as in the header; found 3 cells"),
        (HEADER + "ana,false,gold,ios,more\n", 2, "expected 4 cells, as in the header; found 5 cells"),
        ("", 1, "the file is empty"),
        ("\n\n", 1, "the file is empty"),
        (HEADER, 1, "there is no row below the header"),
        (HEADER + "ana,maybe,gold,ios\n", 2, "has_charged: expected "),
        (HEADER + "ana,false,a,b\nana,false,a,b\n", 3, '"ana" was given before, at line 2'),
        (HEADER + 'ana,false,"gold,ios\n', 2, "expected comma-separated values"),
        (HEADER + "ana,false,gold,ios\nb\0b,false,gold,ios\n", 3, "customer_id: expected "),
        (b"customer_id,has_charged\nana,\xff\n", 2, "UTF-8"),
        (b"PK\x03\x04\x14\x00" + bytes(range(256)) * 40, 1, ""),
        ("customer_id;has_charged\nana;false\n", 1, "cells are separated by commas"),
        ("customer,charged\nana,false\n", 1, 'unknown column "customer"'),
    ],
    ids=[
        "few",
        "many",
        "empty",
        "blank",
        "no row",
        "boolean",
        "twice",
        "quote",
        "NUL",
        "text",
        "binary",
        "semicolons",
        "columns",
    ],
)
def test_csv_that_cannot_be_uploaded(
    machine: Machine, served: Server, content: str | bytes, line: int, said: str
) -> None:
    machine.file("bad.csv", content)
    told = refused(machine, served, "upload", "profiles", "-f", "bad.csv")
    assert told.startswith(f"bad.csv:{line}: ")
    assert said in told


@pytest.mark.parametrize("command", [("apply",), ("upload", "profiles"), ("upload", "events")])
def test_files_that_cannot_be_read(machine: Machine, served: Server, command: tuple[str, ...]) -> None:
    assert refused(machine, served, *command, "-f", "none") == "none: No such file or directory\n"
    no_file = "there is no file in it that ends in .yml or .yaml" if command == ("apply",) else "Is a directory"
    assert refused(machine, served, *command, "-f", "/") == f"/: {no_file}\n"
    assert "/dev/zero" in refused(machine, served, *command, "-f", "/dev/zero")


def test_a_csv_with_a_byte_order_mark_is_as_good_as_any(machine: Machine, served: Server) -> None:
    machine.file("good.csv", b"\xef\xbb\xbf" + f"{HEADER}eve,false,gold,ios\r\n".encode())
    ended = machine.cli(served, "upload", "profiles", "-f", "good.csv")
    assert (ended.code, ended.stdout, ended.stderr) == (0, "Created a total of 1 profile\n", "")

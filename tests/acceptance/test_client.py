"""`octy-cli` against a real server, as a person or a script uses it: from `auth` to `delete`, by its exit codes."""

import gzip
import json
import stat
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.acceptance.account import Account, stored_rows
from tests.acceptance.processes import KEYS, PUBLIC_KEY, SECRET_KEY, Ended, Machine, Server, wait_for

EXAMPLES = Path(__file__).parents[2] / "examples" / "ecom"
ACCOUNT = """\
kind: accountConfigurations
configurations:
  contactName: Dana
  contactSurname: Doe
  contactEmail: dana@shop.example
  webhookURL: https://shop.example/octy
"""
PROFILES = """\
customer_id,has_charged,profile_data>>plan,profile_data>>age,platform_info>>os
ana,false,gold,31,ios
bob,true,free,,android
"""
ITEMS = 'item_id,item_category,item_name,item_description,item_price\ni1,shoes,Boot,"warm, red",1999\n'


@pytest.fixture(scope="module")
def server(shared_machine: Machine) -> Server:
    """One that has the example shop's account, event types and segments; each test adds what nobody else touches."""
    server = shared_machine.serve()
    account = shared_machine.file("account.yml", ACCOUNT)
    for path in (account, EXAMPLES / "event-types.yml", EXAMPLES / "segments.yml"):
        assert_done(shared_machine.cli(server, "apply", "-f", str(path), "--yes"))
    return server


def yesterday() -> datetime:
    """Within every window of the example's segments."""
    return datetime.now(UTC) - timedelta(days=1)


def assert_done(ended: Ended) -> str:
    """All done: nothing to complain of. What it said."""
    assert ended.code == 0, ended
    assert ended.stderr == "", ended
    return ended.stdout


def test_auth_without_a_keychain_stores_the_keys_in_a_file_of_the_user_s_own(machine: Machine, server: Server) -> None:
    options = ("auth", "-p", PUBLIC_KEY, "-s", SECRET_KEY, "--url", server.url)
    said = assert_done(machine.run("octy-cli", *options))
    (stored,) = [path for path in (machine.folder / "home").rglob("*") if path.is_file()]
    assert stored.name in said
    assert stat.S_IMODE(stored.stat().st_mode) == 0o600
    assert json.loads(stored.read_text()) == {"public_key": PUBLIC_KEY, "secret_key": SECRET_KEY, "url": server.url}
    assert assert_done(machine.run("octy-cli", "get", "segments")).endswith(" segments\n")


def test_auth_with_wrong_keys_stores_nothing(machine: Machine, server: Server) -> None:
    ended = machine.run("octy-cli", "auth", "-p", PUBLIC_KEY, "-s", "sk_theirs", "--url", server.url)
    assert ended.code == 1
    assert ended.stderr.count("\n") == 1
    assert server.url in ended.stderr
    assert not [path for path in (machine.folder / "home").rglob("*") if path.is_file()]
    assert "No credentials: run `octy-cli auth" in machine.run("octy-cli", "get", "segments").stderr


def test_what_is_applied_can_be_got(machine: Machine, server: Server) -> None:
    assert "https://shop.example/octy" in assert_done(machine.cli(server, "get", "accountconfig"))
    types = assert_done(machine.cli(server, "get", "eventtypes"))
    assert types.endswith(f"Found a total of {len(types.splitlines()) - 2} event types\n")
    assert "\nwishlist_add      session_id  " in types
    segments = assert_done(machine.cli(server, "get", "segments"))
    ids = assert_done(machine.cli(server, "get", "segments", "--ids")).splitlines()
    assert len(ids) >= 7
    assert segments.endswith(f"Found a total of {len(ids)} segments\n")
    assert all(f"  {one}\n" in segments for one in ids)
    one = assert_done(machine.cli(server, "describe", "segment", ids[1]))
    assert "Segment name: abandoned checkout\n" in one
    assert "Event 1: action payment_details, within 30 minutes\n" in one


def test_what_can_be_deleted_is_and_the_rest_is_told(machine: Machine, server: Server) -> None:
    machine.file("types.yml", "kind: eventTypes\neventTypeDefinitions: [{eventType: used, eventProperties: [p]}]\n")
    step = "{eventType: used, actionInaction: action, expTimeframe: 0}"
    segment = f"{{segmentName: users, segmentType: live, segmentSubtype: 1, eventSequence: [{step}]}}"
    machine.file("segment.yml", f"kind: segments\nsegmentDefinitions: [{segment}]\n")
    type_id = assert_done(machine.cli(server, "apply", "-f", "types.yml", "--yes")).split("with ID: ")[1].split()[0]
    segment_id = (
        assert_done(machine.cli(server, "apply", "-f", "segment.yml", "--yes")).split("with ID: ")[1].split()[0]
    )
    in_use = machine.cli(server, "delete", "eventtypes", type_id)
    assert in_use.code == 1
    assert "users" in in_use.stderr  # E7: the segments are named
    partly = machine.cli(server, "delete", "segments", segment_id, "nothing")
    assert partly.code == 1
    assert segment_id in partly.stdout
    assert "nothing" in partly.stderr
    pending = assert_done(machine.cli(server, "describe", "segment", segment_id))
    assert "Segment status: pending deletion\n" in pending  # X1
    assert type_id in assert_done(machine.cli(server, "delete", "eventtypes", type_id))


def test_applying_twice_changes_nothing_and_says_so(machine: Machine, server: Server) -> None:
    before = stored_rows(server.data)
    machine.file("account.yml", ACCOUNT)
    again = assert_done(machine.cli(server, "apply", "-f", "account.yml", "-f", str(EXAMPLES)))  # nobody is asked
    same = "1 account configuration, 18 event types, 7 segments"
    assert again == f"Nothing to change: {same} as the files say.\n"
    assert stored_rows(server.data) == before


def test_uploads_arrive_and_are_evaluated(machine: Machine, server: Server) -> None:
    machine.file("profiles.csv", PROFILES)
    machine.file("items.csv", ITEMS)
    done = assert_done(machine.cli(server, "upload", "profiles", "-f", "profiles.csv"))
    assert "Created a total of 2 profiles\n" in done
    assert "Created a total of 1 item\n" in assert_done(machine.cli(server, "upload", "items", "-f", "items.csv"))
    account = Account(server)
    (ana,) = assert_done(machine.cli(server, "get", "profiles", "ana", "--ids")).split()
    (bob,) = assert_done(machine.cli(server, "get", "profiles", "bob", "--ids")).split()
    rows = [f"home,{ana},2020-01-01 00:00:00,s{number},m{number}" for number in range(1200)]
    rows += [f"home,{bob},{yesterday():%Y-%m-%d %H:%M:%S},s,n"]
    header = "event_type,profile_id,created_at,event_properties>>session_id,message_id"
    machine.file("events.csv", "\n".join([header, *rows, ""]))
    done = assert_done(machine.cli(server, "upload", "events", "-f", "events.csv"))
    assert done == "Created a total of 1,201 events\n"
    assert list(account.tags_of(bob)) == ["visitors without a purchase"]
    assert account.tags_of(ana) == {}  # long ago
    assert account.get("/v1/retention/profiles", id="ana")["profiles"][0]["profile_data"] == {"plan": "gold", "age": 31}
    assert account.get("/v1/retention/profiles", id="bob")["profiles"][0]["profile_data"] == {"plan": "free"}
    tagged = machine.cli(server, "get", "profiles", "--tag", "visitors without a purchase", "--ids")
    assert assert_done(tagged).split() == [bob]
    again = machine.cli(server, "upload", "events", "-f", "events.csv")  # E8: the message ids are known
    assert assert_done(again) == "Created a total of 1,201 events (1,201 of them had been stored before)\n"
    assert stored_rows(server.data)["events"] == 1201


def test_rows_that_the_server_refuses_are_told_by_their_lines_and_can_be_mended(
    machine: Machine, server: Server
) -> None:
    Account(server).profiles("dan")
    machine.file("more.csv", PROFILES.replace("ana", "eve").replace("bob", "dan"))
    ended = machine.cli(server, "upload", "profiles", "-f", "more.csv")
    assert ended.code == 1
    assert "Created a total of 1 profile\n" in ended.stdout
    assert "more.csv:3: " in ended.stderr
    failed = machine.folder / "more.failed.csv"
    header, row = failed.read_text().splitlines()
    assert header == PROFILES.splitlines()[0] + ",upload_error"
    assert row.startswith('dan,true,free,,android,"customer_id: expected ')
    machine.file("more.failed.csv", failed.read_text().replace("dan,", "dora,"))
    done = assert_done(machine.cli(server, "upload", "profiles", "-f", "more.failed.csv"))
    assert done == "Created a total of 1 profile\n"


def test_the_same_events_are_stored_once_however_their_upload_ends(machine: Machine, server: Server) -> None:
    """Killed in the middle and begun again, and in the end uploaded a third time: E5, E8."""
    profiles = Account(server).profiles(*(f"kim {number}" for number in range(20)))
    rows = [
        {"event_type": "home", "profile_id": profiles[n % 20], "created_at": "2020-01-01", "event_properties": {"n": n}}
        for n in range(20_000)
    ]
    content = "".join(f"{json.dumps(row)}\n" for row in rows).encode()
    machine.file("kim.ndjson.gz", gzip.compress(content))
    before = stored_rows(server.data)["events"]
    upload = ("octy-cli", "upload", "events", "-f", "kim.ndjson.gz")
    killed = machine.start(*upload, environment=KEYS | {"OCTY_URL": server.url})
    wait_for("the first events", lambda: stored_rows(server.data)["events"] > before or not killed.runs)
    killed.kill()
    ended = machine.cli(server, *upload[1:])
    assert ended.code == 0, ended
    assert ended.stdout.startswith("Created a total of 20,000 events")
    assert stored_rows(server.data)["events"] == before + 20_000
    again = assert_done(machine.cli(server, *upload[1:]))
    assert again == "Created a total of 20,000 events (20,000 of them had been stored before)\n"
    assert stored_rows(server.data)["events"] == before + 20_000
    assert [one["event_properties"]["n"] for one in Account(server).events_of(profiles[3])] == list(
        range(19_983, 0, -20)
    )


def test_wrong_usage_ends_with_2_and_a_server_that_is_not_there_with_1(machine: Machine, server: Server) -> None:
    assert machine.cli(server, "get", "nonsense").code == 2
    assert machine.cli(server, "upload", "profiles").code == 2
    assert machine.run("octy-cli", "get", "segments", environment=KEYS | {"OCTY_URL": "no address"}).code == 2
    nowhere = "http://127.0.0.1:1"
    ended = machine.run("octy-cli", "get", "segments", environment=KEYS | {"OCTY_URL": nowhere})
    assert ended.code == 1
    assert f"No server answers at {nowhere}" in ended.stderr


@pytest.mark.parametrize("arguments", [("--help",), ("get", "segments", "--help"), ("--version",)])
def test_help_imports_nothing_heavy(machine: Machine, arguments: tuple[str, ...]) -> None:
    program = str(Path(sys.executable).with_name("octy-cli"))
    ended = machine.run("python3", "-X", "importtime", program, *arguments)
    assert ended.code == 0
    imported = {line.rpartition("|")[2].strip() for line in ended.stderr.splitlines() if line.startswith("import time")}
    assert "octy.cli.main" in imported
    heavy = {"numpy", "numba", "octy.engine", "octy.service", "octy.store", "octy.http", "litestar", "sqlalchemy"}
    assert imported & heavy == set()

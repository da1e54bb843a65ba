"""`octy check`, `repair`, `backup`, `restore` as an operator runs them: beside servers that write, and are killed."""

import json
import os
import sqlite3
import sys
import time
from contextlib import closing
from functools import partial
from pathlib import Path
from random import Random

import pytest

from octy.model.instants import NEVER, iso
from octy.store.backup.chain import chains
from octy.store.backup.changes import changes_in
from tests.acceptance.account import Account, Json, step
from tests.acceptance.ledger import Batch, Ledger
from tests.acceptance.processes import Ended, Machine, Server, wait_for
from tests.acceptance.receiver import Receiver
from tests.acceptance.test_killed import CLIENTS, EVENTS_PER_ROUND, Crowd
from tests.logs import opened

ROUNDS = 2
BACKUPS_PER_ROUND = 2
BREATH_SECONDS = 0.1
"""How long each client waits before a batch: the traffic goes on for as long as backups are taken."""
INTERRUPTED_WITHIN_SECONDS = 0.3
SMALL_FILES = (
    sys.executable,
    "-c",
    "import sys; sys.argv.pop(0); import octy.service.archiver as archiver; "
    "archiver.ROWS_PER_RUN = 100; archiver.RUNS_PER_MERGE = 2; archiver.LOOK_EVERY_SECONDS = 0.02; "
    "archiver.DROP_AFTER_SECONDS = 1.0; from octy.server.main import main; main()",
)
"""Through this, a server's archive is as busy with hundreds of events as otherwise with millions."""


@pytest.fixture
def account(machine: Machine) -> Account:
    """On a sandbox's server, with two customers and a segment."""
    account = Account(machine.sandbox())
    account.event_type("view")
    account.segment("viewers", "past", 1, step("view"), days=30)
    ana, ben = account.profiles("ana", "ben")
    account.happens("view", ana)
    account.happens("view", ben)
    return account


def stop_servers(machine: Machine) -> None:
    """As an operator does."""
    for pid in machine.left_running():
        os.kill(pid, 15)
    wait_for("the end", lambda: not machine.left_running())


def spoiled(machine: Machine, statement: str, data: str = "data") -> None:
    with closing(sqlite3.connect(machine.folder / data / "octy.db")) as connection:
        assert connection.execute(statement).rowcount > 0
        connection.commit()


@pytest.mark.usefixtures("account")
def test_a_sound_folder(machine: Machine) -> None:
    busy = machine.run("octy", "check", "--data", "data")
    assert (busy.code, busy.stderr.count("\n")) == (1, 1)
    assert "another server is using it" in busy.stderr
    stop_servers(machine)
    ended = machine.run("octy", "check", "--data", "data")
    assert (ended.code, ended.stderr) == (0, "")
    assert ended.stdout.endswith("Everything is as it must be.\n")
    assert machine.run("octy", "check", environment={"OCTY_DATA": "data"}).code == 0
    report = json.loads(machine.run("octy", "check", "--data", "data", "--json").stdout)
    assert (report["is_clean"], report["differences"], report["differences_total"]) == (True, [], 0)
    assert (report["checked"]["events"], report["checked"]["profiles"], report["checked"]["tags"]) == (2, 2, 2)
    assert "no octy.db in it" in machine.run("octy", "check", "--data", "nowhere").stderr


@pytest.mark.usefixtures("account")
def test_what_is_wrong_is_told_asked_and_repaired(machine: Machine) -> None:
    stop_servers(machine)
    spoiled(machine, "DELETE FROM tags WHERE profile_key = 0")
    found = machine.run("octy", "check", "--data", "data")
    assert found.code == 1
    (line,) = [line for line in found.stdout.splitlines() if line.startswith("tag:")]
    assert 'segment "viewers": expected since 2024-01-01T00:00:00.000000Z; found none' in line
    report = json.loads(machine.run("octy", "check", "--data", "data", "--json").stdout)
    assert [one["what"] for one in report["differences"]] == ["tag"]
    for options in (["--dry-run"], []):  # nobody is there to be asked
        unchanged = machine.run("octy", "repair", "--data", "data", *options)
        assert unchanged.code == 1
        assert "tags and ends of their histories  1" in unchanged.stdout
        assert unchanged.stdout.endswith("Nothing was changed.\n")
        assert machine.run("octy", "check", "--data", "data").code == 1
    done = machine.run("octy", "repair", "--data", "data", "--yes")
    assert (done.code, done.stderr) == (0, "")
    assert done.stdout.endswith("Checked again: everything is as it must be.\n")
    assert machine.run("octy", "repair", "--data", "data").code == 0
    again = Account(machine.sandbox())
    assert {one["customer_id"] for one in again.get("/v1/retention/profiles", segment_tag="viewers")["profiles"]} == {
        "ana",
        "ben",
    }


@pytest.mark.usefixtures("account")
def test_what_no_log_can_tell_is_left(machine: Machine) -> None:
    stop_servers(machine)
    spoiled(machine, "DELETE FROM event_blocks WHERE first_seq = 1")
    ended = machine.run("octy", "repair", "--data", "data", "--yes")
    assert ended.code == 1
    assert "count: events: expected 0 that are gone, deleted or removed for their age; found 1 gone" in ended.stdout
    assert "cannot be repaired from the log" in ended.stdout


def test_a_folder_comes_back(machine: Machine, account: Account) -> None:
    first = machine.run("octy", "backup", "backup", "--data", "data")
    assert (first.code, first.stderr) == (0, "")
    (ben,) = account.get("/v1/retention/profiles", ids="ben")["profiles"]
    account.post("/v1/retention/profiles/delete", {"profiles": ["ben"]})
    stop_servers(machine)
    done = machine.run("octy", "restore", "backup", "--data", "new")
    assert (done.code, done.stderr) == (0, "")
    assert "Erased again: 1 profile, by" in done.stdout
    assert machine.run("octy", "check", "--data", "new").code == 0
    refused = machine.run("octy", "restore", "backup", "--data", "new")
    assert refused.code == 1
    assert refused.stderr == "octy: The folder new is not empty; a backup is restored into an empty one.\n"
    again = Account(machine.sandbox(data="new"))
    (ana,) = again.get("/v1/retention/profiles")["profiles"]
    assert (ana["customer_id"], [tag["segment_tag"] for tag in ana["segment_tags"]]) == ("ana", ["viewers"])
    assert ben["profile_id"] not in str(again.get("/v1/retention/profiles"))


def test_a_mistake_is_undone(machine: Machine) -> None:
    """The folder comes back as it was before it, beside a server that goes on. Who was erased stays erased (X3)."""
    server = machine.serve("--continuous-backup", "continuous")
    account = Account(server)
    account.profiles("ana", "ben")
    before_us = time.time_ns() // 1_000
    account.event_type("view")
    wait_for("it to be written down", lambda: _written_through_us(machine.folder / "continuous") >= before_us)
    before = iso(time.time_ns() // 1_000)
    account.profiles("a mistake")
    account.post("/v1/retention/profiles/delete", {"profiles": ["ben"]})
    wrong = machine.run("octy", "restore", "continuous", "--data", "new", "--at", "yesterday")
    assert wrong.code == 2
    assert "such as 2026-11-28T02:13:00Z; found 'yesterday'" in wrong.stderr
    undone = machine.run("octy", "restore", "continuous", "--data", "new", "--at", before)
    assert (undone.code, undone.stderr) == (0, "")
    assert "Erased again: 1 profile, by" in undone.stdout
    assert machine.run("octy", "check", "--data", "new").code == 0
    with opened(machine.folder / "new") as connection:
        assert connection.execute("SELECT customer_id FROM store.profiles").fetchall() == [("ana",)]


def _written_through_us(backup: Path) -> int:
    return max((change.until_us for chain in chains(backup) for change in changes_in(chain.folder, NEVER)), default=0)


def test_webhooks_that_were_delivered_are_not_sent_again(machine: Machine, receiver: Receiver) -> None:
    """C33: what was confirmed after the backup keeps its id."""
    server = machine.serve("--allow-private-webhooks")
    account = Account(server)
    account.send_webhooks_to(receiver.url)
    account.event_type("payment_error", "bank")
    account.segment("payment trouble", "live", 1, step("payment_error"))
    ana, ben = account.profiles("ana", "ben")
    account.happens("payment_error", ana)
    receiver.wait_for(1)
    wait_for("the record", lambda: states(server) == ["delivered"])
    receiver.answers.clear()
    account.happens("payment_error", ben)
    receiver.wait_for(2)
    assert machine.run("octy", "backup", "backup", "--data", "data").code == 0
    receiver.answers.set()
    wait_for("the record", lambda: states(server) == ["delivered", "delivered"])
    server.kill()
    assert machine.run("octy", "restore", "backup", "--data", "new").code == 0
    machine.serve("--allow-private-webhooks", data="new")
    third = receiver.wait_for(3)[2]
    assert third.webhook_id == receiver.deliveries[1].webhook_id
    assert third.body == receiver.deliveries[1].body
    assert [one.webhook_id for one in receiver.deliveries].count(receiver.deliveries[0].webhook_id) == 1


def states(server: Server) -> list[str]:
    with opened(server.data) as connection:
        return [state for (state,) in connection.execute("SELECT state FROM outbox ORDER BY delivery_id")]


def test_backups_beside_clients_kills_and_an_archive_that_moves(machine: Machine) -> None:
    """C33: each whole backup is the store at one moment of its taking, whoever is killed meanwhile."""
    seed = int.from_bytes(os.urandom(4))
    print(f"seed {seed}")
    chance = Random(seed)
    crowd, ledger = Crowd(Random(seed)), Ledger()

    def batch() -> Batch:
        time.sleep(BREATH_SECONDS)
        return crowd.batch()

    server = machine.serve(via=SMALL_FILES)
    crowd.settle(Account(server))
    for round_number in range(ROUNDS):
        enough = len(ledger.acknowledged) + EVENTS_PER_ROUND
        clients = [ledger.send_until_gone(server, batch) for _ in range(CLIENTS)]
        wait_for("traffic", partial(ledger.has, enough))
        for number in range(BACKUPS_PER_ROUND):
            interrupted = machine.start("octy", "backup", "backup", "--data", "data")
            time.sleep(chance.uniform(0, INTERRUPTED_WITHIN_SECONDS))
            interrupted.kill()
            before = set(ledger.acknowledged)
            taken = machine.run("octy", "backup", "backup", "--data", "data")
            assert (taken.code, taken.stderr) == (0, ""), taken
            _check_backup(machine, f"restored-{round_number}-{number}", before, set(ledger.events))
        server.kill()
        for client in clients:
            client.join()
        killed = machine.run("octy", "backup", "backup", "--data", "data")
        assert killed.code == 0, killed
        _check_backup(machine, f"restored-{round_number}-killed", set(ledger.acknowledged), set(ledger.events))
        server = machine.serve(via=SMALL_FILES)
        ledger.resend_unanswered(server)
    assert list((server.data / "archive").glob("events-*"))
    server.stop()
    _sound(machine.run("octy", "check", "--data", "data"))


def _check_backup(machine: Machine, name: str, at_least: set[str], at_most: set[str]) -> None:
    restored = machine.run("octy", "restore", "backup", "--data", name)
    assert (restored.code, restored.stderr) == (0, ""), restored
    _sound(machine.run("octy", "check", "--data", name))
    with opened(machine.folder / name) as connection:
        rows = connection.execute("SELECT properties ->> 'number' FROM events").fetchall()
    numbers = [number for (number,) in rows]
    assert len(set(numbers)) == len(numbers)
    assert at_least <= set(numbers) <= at_most


def _sound(ended: Ended) -> None:
    assert ended.code == 0, ended.stdout + ended.stderr


def test_an_export_through_the_client(machine: Machine, account: Account) -> None:
    url = str(account.http.base_url)
    keys = {"OCTY_PUBLIC_KEY": "pk_ours", "OCTY_SECRET_KEY": "sk_ours", "OCTY_URL": url}
    ended = machine.run("octy-cli", "export", "profile", "ana", "-o", "ana.json", environment=keys)
    assert ended.code == 0, ended
    known: Json = json.loads((machine.folder / "ana.json").read_text())
    assert known["profile"]["customer_id"] == "ana"
    assert [event["event_type"] for event in known["events"]] == ["view"]
    assert [tag["segment_tag"] for tag in known["profile"]["segment_tags"]] == ["viewers"]

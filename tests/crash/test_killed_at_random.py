"""C01, C09: `kill -9` again and again while several accounts' clients send, and a receiver takes webhooks.

Nothing waits for anything: the moments are random. What must hold is looked for in the files, once all have their
answers and all webhooks have arrived.
"""

import statistics
import time
from collections.abc import Iterator
from functools import partial
from random import Random

import pytest

from tests.acceptance.account import Account
from tests.acceptance.processes import Machine, Server, wait_for
from tests.crash.clients import Client, Customers, Marketer
from tests.crash.conftest import Sink
from tests.crash.diary import told
from tests.crash.extent import extent, seed
from tests.crash.invariants import check_effects, check_events, check_folder_is_clean, check_webhooks
from tests.crash.model import check_tags
from tests.crash.shop import open_accounts, settle
from tests.logs import opened

KILLS = extent(200, 4)
LIVES_SECONDS = extent((0.3, 2.0), (0.3, 0.6))
ACCOUNTS = extent(5, 2)
PROFILES = extent(4_000, 100)
"""Of each account."""
CAMPAIGNS = extent(40, 4)
PROFILES_RELIVED = extent(200, 20)
WEBHOOKS_ARRIVE_SECONDS = 120


@pytest.mark.parametrize("is_kept", [False, True], ids=["started anew", "kept"])
def test_whatever_is_killed_when_all_that_was_acknowledged_is_there_with_its_effects(
    machine: Machine, sink: Sink, is_kept: bool
) -> None:
    """A server that is started anew each time, and one that `--restart-after-crash` keeps."""
    chance = Random(seed())
    keys = open_accounts(machine.folder / "data", ACCOUNTS)
    options = ["--allow-private-webhooks", *(["--restart-after-crash"] if is_kept else [])]
    server = machine.serve(*options)
    serve = partial(machine.serve, *options, "--port", str(server.port))
    profile_ids = [settle(Account(server, mine), sink.url, PROFILES) for mine in keys]
    clients = _clients(machine, server, keys, profile_ids, chance)
    ready_after_seconds = []
    for _ in range(KILLS):
        time.sleep(chance.uniform(*LIVES_SECONDS))
        if is_kept:
            ready_after_seconds.append(server.dies())
        else:
            server.kill()
            server = serve()
            ready_after_seconds.append(server.ready_after_seconds)
    for client in clients:
        client.stop()
    wait_for("all webhooks", lambda: _none_pending(server), WEBHOOKS_ARRIVE_SECONDS)
    server.stop(had_trouble=is_kept)
    checked = check_folder_is_clean(machine)
    with opened(machine.folder / "data") as connection:
        sent, acknowledged = _in_diaries(machine)
        check_events(connection, acknowledged, sent)
        check_effects(connection)
        webhooks = check_webhooks(connection, sink.received)
        _check_campaigns(connection.execute("SELECT account_id, name FROM store.segments"), machine)
        everybody = connection.execute("SELECT account_id, profile_key FROM store.profiles").fetchall()
        tags = sum(check_tags(connection, *one) for one in chance.sample(everybody, PROFILES_RELIVED))
    assert tags
    assert webhooks
    print(
        f"{KILLS} kills, {len(acknowledged)} events, {webhooks} webhooks that arrived {len(sink.received)} times; "
        f"ready after {statistics.median(ready_after_seconds):.2f} s (median), {max(ready_after_seconds):.2f} s (most);"
        f" {dict(checked)}"
    )


def _clients(
    machine: Machine, server: Server, keys: list[tuple[str, str]], profile_ids: list[list[str]], chance: Random
) -> list[Client]:
    clients: list[Client] = []
    for number, (mine, ids) in enumerate(zip(keys, profile_ids, strict=True)):
        diary = machine.folder / f"customers {number}"
        clients.append(Customers(server.client(mine), diary, Random(chance.random()), ids))
    clients.append(Marketer(server.client(keys[0]), machine.folder / "marketer", CAMPAIGNS))
    return clients


def _in_diaries(machine: Machine) -> tuple[set[str], set[str]]:
    """The message ids that were sent, and those that were acknowledged."""
    sent, acknowledged = set[str](), set[str]()
    for path in machine.folder.glob("customers *"):
        found = told(path)
        for key, message_ids in found.sent.items():
            sent.update(message_ids)
            if key in found.answered:
                acknowledged.update(message_ids)
    return sent, acknowledged


def _none_pending(server: Server) -> bool:
    with opened(server.data) as connection:
        return not connection.execute("SELECT 1 FROM store.outbox WHERE state = 'pending'").fetchall()


def _check_campaigns(segments: Iterator[tuple[int, str]], machine: Machine) -> None:
    """E5: each request that was repeated has been carried out once. Names stay until a deletion's end (X1)."""
    stored = sorted(name for _, name in segments if name.startswith("campaign"))
    asked = told(machine.folder / "marketer").sent.values()
    assert stored == sorted(body["segment_name"] for body in asked if "segment_name" in body)

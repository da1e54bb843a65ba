"""Secrets and personal data stay where they belong (C31): of over 30 canaries, none is in logs, metrics, errors or the
process list, and no secret in the store, its log or a backup in clear. Also when requests and commits fail, at the
most verbose level.
"""

import base64
import json
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import httpx
import pytest

from tests.acceptance.account import CONTACT, step
from tests.acceptance.processes import Machine, Server, wait_for
from tests.acceptance.receiver import Receiver

PUBLIC, SECRET = "pk_canary_public", "sk_canary_secret_0b5f1d"
WRONG = "sk_canary_wrong_77a1"
EVIL = '\r\n\x1b[31m{"event": "forged", "level": "critical"}\n'
PERSONAL = {
    name: f"canary-{name}-9d3c"
    for name in (
        *("customer", "mail", "property", "event", "message", "query", "header", "url", "segment", "contact"),
        *("surname", "platform", "key", "updated", "item", "item-name", "category", "description", "batch"),
        *("bad-batch", "agent", "delivery", "dataset", "condition", "erased", "tag-query", "instant"),
    )
}


def test_no_canary_gets_out_and_every_line_of_the_log_is_one_object(machine: Machine, receiver: Receiver) -> None:
    machine.environment |= {"OCTY_PUBLIC_KEY": PUBLIC, "OCTY_SECRET_KEY": SECRET}
    server = machine.serve("--allow-private-webhooks", "--webhook-pauses", "1s", "--log-level", "debug", keys=False)
    receiver.statuses += [500, 410]
    with server.client((PUBLIC, SECRET)) as client:
        secrets = [SECRET, WRONG, *_headers(), *_lives(client, receiver)]
        provoked = [*_refused(client), *_broken(client, server)]
        assert {answer.status_code for answer in provoked} >= {400, 401, 404, 422, 500, 503}
        metrics = client.get("/metrics").text
    wait_for("a webhook's failure to be logged", lambda: "webhooks.postponed" in server.stderr)
    command_line = Path(f"/proc/{server.popen.pid}/cmdline").read_bytes().decode()
    backup = machine.folder / "backup"
    assert machine.run("octy", "backup", str(backup), "--data", str(server.data)).code == 0
    held = _files(server.data, backup)
    stdout, stderr = _stopped(server)
    for where, text in {"the log": stdout + stderr, "the metrics": metrics, "the process list": command_line}.items():
        found = [one for one in [*secrets, *PERSONAL.values()] if one in text]
        assert found == [], f"in {where}"
    for answer in provoked:
        assert [one for one in secrets if one in answer.text] == []
    for name, content in (held | _files(server.data, backup)).items():
        assert [one for one in secrets if one.encode() in content] == [], name
    lines = [json.loads(line) for line in stderr.splitlines()]
    assert {"http.failed", "writer.commit_failed"} <= {line["event"] for line in lines}
    assert "forged" not in {line["event"] for line in lines}
    assert all(
        line.get("trace_id") or line.get("trace_ids")
        for line in lines
        if line["event"] in ("http.failed", "writer.commit_failed")
    )


def test_a_server_that_crashes_leaves_no_image_of_its_memory(machine: Machine) -> None:
    with_cores = ["sh", "-c", 'ulimit -c unlimited; exec "$@"', "sh"]
    crash = "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)"
    machine.run("python", "-c", crash, via=with_cores)
    if not (left := _cores(machine)):
        pytest.skip("this system leaves none in a crashed process's folder")
    left[0].unlink()
    server = machine.serve(via=with_cores)
    server.popen.send_signal(signal.SIGSEGV)
    assert server.end().code == -signal.SIGSEGV
    assert _cores(machine) == []


def _cores(machine: Machine) -> list[Path]:
    return [path for path in machine.folder.rglob("core*") if path.is_file()]


def _lives(client: httpx.Client, receiver: Receiver) -> list[str]:
    """The account does all that it can with canaries; its webhook secret."""
    contact = CONTACT | {
        "contact_name": PERSONAL["contact"],
        "contact_surname": PERSONAL["surname"],
        "contact_email_address": f"{PERSONAL['mail']}@shop.example",
    }
    receiver_url = f"{receiver.url}&token={PERSONAL['url']}"
    _done(
        client.post(
            "/v1/configurations/account/set", json=contact | {"webhook_url": receiver_url, "authenticated_id_key": ""}
        )
    )
    _done(
        client.post(
            "/v1/retention/events/types/create",
            json={"event_types": [{"event_type": "viewed", "event_properties": ["page"]}]},
        )
    )
    definition = {"segment_type": "live", "segment_sub_type": 1, "segment_timeframe": 0}
    definition |= {"segment_name": PERSONAL["segment"], "event_sequence": [step("viewed")]}
    _done(client.post("/v1/retention/segments/create", json=definition))
    profile = {"customer_id": PERSONAL["customer"], "profile_data": {"mail": PERSONAL["mail"]}, "platform_info": {}}
    created = client.post("/v1/retention/profiles/create", json={"profiles": [profile]})
    (ana,) = _done(created)["profiles"]
    event = {"event_type": "viewed", "profile_id": ana["profile_id"], "message_id": PERSONAL["message"]}
    _done(client.post("/v1/retention/events/create", json=event | {"event_properties": {"page": PERSONAL["event"]}}))
    receiver.wait_for(1)
    _lives_on(client, ana["profile_id"])
    (secret,) = _done(client.get("/v1/webhooks/secrets"))["webhook_secrets"]
    key = secret["secret"].removeprefix("whsec_")
    return [key, base64.b64decode(key).hex()]


def _lives_on(client: httpx.Client, profile_id: str) -> None:
    """What else there is to do: updates, items, batches, datasets, questions, an erasure."""
    update = {"profile_id": profile_id, "profile_data": {PERSONAL["key"]: PERSONAL["updated"]}}
    platform = {"platform_info": {"os": PERSONAL["platform"]}}
    _done(client.post("/v1/retention/profiles/update", json={"profiles": [update | platform]}))
    words = {"item_category": PERSONAL["category"], "item_description": PERSONAL["description"]}
    item = {"item_id": PERSONAL["item"], "item_name": PERSONAL["item-name"], "item_price": 5, **words}
    _done(client.post("/v1/retention/items/create", json={"items": [item]}, headers={"User-Agent": PERSONAL["agent"]}))
    good = {"event_type": "viewed", "profile_id": profile_id, "event_properties": {"page": PERSONAL["batch"]}}
    bad = good | {"profile_id": PERSONAL["bad-batch"]}
    _done(client.post("/v1/retention/events/create/batch", json={"events": [good, bad]}))
    condition = step("viewed", page=PERSONAL["condition"])
    past = {"segment_name": "past", "segment_type": "past", "segment_sub_type": 1, "segment_timeframe": 30}
    _done(client.post("/v1/retention/segments/create", json={**past, "event_sequence": [condition]}))
    _done(client.post("/v1/retention/profiles/create", json={"profiles": [{"customer_id": PERSONAL["erased"]}]}))
    client.get("/v1/retention/profiles/export", params={"id": PERSONAL["erased"]})
    _done(client.post("/v1/retention/profiles/delete", json={"profiles": [PERSONAL["erased"]]}))


def _refused(client: httpx.Client) -> Iterator[httpx.Response]:
    yield client.get("/v1/account/authenticate", auth=(PUBLIC, WRONG))
    yield client.get(f"/nowhere/{PERSONAL['query']}", params={"q": PERSONAL["query"]})
    yield client.post("/v1/retention/events/create", content=f'{{"event_type": "{PERSONAL["event"]}'.encode())
    yield client.get("/v1/retention/profiles", params={"segment_tag": PERSONAL["tag-query"]})
    yield client.post(f"/v1/webhooks/deliveries/{PERSONAL['delivery']}/replay")
    yield client.post("/v1/retention/datasets", json={"label": PERSONAL["dataset"]})
    late = {"event_type": "viewed", "profile_id": PERSONAL["customer"], "created_at": PERSONAL["instant"]}
    yield client.post("/v1/retention/events/create", json=late)
    bad = {"event_type": EVIL, "profile_id": PERSONAL["customer"], "event_properties": {"page": PERSONAL["property"]}}
    yield client.post("/v1/retention/events/create", json=bad)
    for body in (bad, bad | {"event_type": "viewed"}):
        yield client.post("/v1/retention/events/create", json=body, headers={"Idempotency-Key": PERSONAL["header"]})


def _broken(client: httpx.Client, server: Server) -> Iterator[httpx.Response]:
    """The store fails under a question, then under a commit; each with canaries among the statement's values."""
    asked = {"customer_id": PERSONAL["customer"]}
    with _changed(server, "ALTER TABLE profiles RENAME TO hidden", "ALTER TABLE hidden RENAME TO profiles"):
        yield client.get("/v1/retention/profiles", params=asked, headers={"X-Evil": PERSONAL["header"]})
    refusing = "CREATE TRIGGER refusing BEFORE INSERT ON profiles BEGIN SELECT RAISE(ABORT, 'no'); END"
    profile = {
        "customer_id": f"{PERSONAL['customer']}2",
        "profile_data": {"mail": PERSONAL["mail"]},
        "platform_info": {},
    }
    with _changed(server, refusing, "DROP TRIGGER refusing"):
        yield client.post("/v1/retention/profiles/create", json={"profiles": [profile]})
    wait_for("the server to have recovered", lambda: client.get("/readyz").status_code == 200)


@contextmanager
def _changed(server: Server, change: str, back: str) -> Iterator[None]:
    with closing(sqlite3.connect(server.data / "octy.db", isolation_level=None, timeout=30)) as connection:
        connection.execute(change)
        yield
        connection.execute(back)


def _headers() -> list[str]:
    """The keys as headers carry them."""
    return [base64.b64encode(f"{PUBLIC}:{secret}".encode()).decode() for secret in (SECRET, WRONG)]


def _files(*folders: Path) -> dict[str, bytes]:
    """All that lies on the disk, but for the key that secrets are encrypted with."""
    paths = [path for folder in folders for path in folder.rglob("*")]
    return {str(path): path.read_bytes() for path in paths if path.is_file() and path.name != "webhook.key"}


def _stopped(server: Server) -> tuple[str, str]:
    server.popen.send_signal(signal.SIGTERM)
    ended = server.end()
    assert ended.code == 0
    return ended.stdout, ended.stderr


def _done(answer: httpx.Response) -> dict[str, list[dict[str, str]]]:
    assert answer.status_code in (200, 201), answer.text
    body: dict[str, list[dict[str, str]]] = answer.json()
    return body

"""`octy accounts …` beside a running server: who may use it, and with which keys (C30)."""

import base64
import stat
from collections.abc import Mapping

import httpx
import pytest

from tests.acceptance.account import orders
from tests.acceptance.processes import KEYS, Machine, Server


def status(server: Server, keys: Mapping[str, str]) -> int:
    """What a request with the keys is answered with."""
    pair = f"{keys['public_key']}:{keys['secret_key']}".encode()
    headers = {"Authorization": base64.b64encode(pair).decode()}
    return httpx.get(f"{server.url}/v1/account/authenticate", headers=headers).status_code


def test_an_account_from_its_beginning_to_its_end(machine: Machine) -> None:
    server = machine.serve()
    created = orders(machine, "create", "the shop")
    first = created["keys"]
    assert created["accounts"][0]["name"] == "the shop"
    assert status(server, first) == 200
    second = orders(machine, "rotate", first["public_key"], "--keep", "1h")["keys"]
    assert [status(server, one) for one in (first, second)] == [200, 200]
    assert orders(machine, "revoke", first["public_key"])["keys"] is None
    assert [status(server, one) for one in (first, second)] == [401, 200]
    reading = orders(machine, "add-keys", "the shop", "--role", "read")["keys"]
    orders(machine, "disable", "the shop")
    assert [status(server, one) for one in (first, second, reading)] == [401, 401, 401]
    orders(machine, "enable", second["public_key"])
    assert [status(server, one) for one in (first, second, reading)] == [401, 200, 200]
    (limited,) = orders(machine, "limit", "the shop", "--requests-per-second", "1")["accounts"]
    assert limited["limits"] == {"requests_per_second": 1, "events_per_second": None}
    assert 429 in [status(server, second) for _ in range(10)], "from the next request on (C32)"
    server.kill()
    server = machine.serve()
    assert [status(server, one) for one in (first, second, reading)] == [401, 200, 200]
    assert 429 in [status(server, second) for _ in range(10)]
    shown = machine.run("octy", "accounts", "list", "--data", "data").stdout
    assert KEYS["OCTY_PUBLIC_KEY"] in shown
    assert {tuple(line.split()[3:5]) for line in shown.splitlines() if line.startswith("the shop")} == {
        ("1", "default")
    }
    for keys in (first, second, reading):
        assert keys["public_key"] in shown
        assert keys["secret_key"] not in shown


def test_orders_that_cannot_be_carried_out_say_why(machine: Machine) -> None:
    nobody = machine.run("octy", "accounts", "list", "--data", "data")
    assert (nobody.code, nobody.stderr) == (
        1,
        "octy: No server serves data; start octy serve --data data, and try again.\n",
    )
    machine.serve()
    for arguments, said in (
        (("revoke", "pk_x"), 'There are no keys with the public key "pk_x".'),
        (("disable", "nobody"), 'There is no account "nobody"; octy accounts list shows those that there are.'),
        (("create", KEYS["OCTY_PUBLIC_KEY"]), "There is an account of this name already."),
        (
            ("limit", KEYS["OCTY_PUBLIC_KEY"], "--events-per-second", "2000000000"),
            "events_per_second: expected 0 for any number, to 1,000,000,000; found 2000000000",
        ),
        (("create", "  "), 'A name has printable characters, and none that are blank at its ends; found "  ".'),
        (
            ("create", "two\nlines"),
            'A name has printable characters, and none that are blank at its ends; found "two\\u000alines".',
        ),
        (("create", "n" * 70_000), "What was said is longer than 65,536 bytes."),
        (("disable", "\udcff"), "What was said is no UTF-8."),
    ):
        ended = machine.run("octy", "accounts", *arguments, "--data", "data")
        assert (ended.code, ended.stderr) == (1, f"octy: {said}\n")
    wrong = machine.run("octy", "accounts", "rotate", KEYS["OCTY_PUBLIC_KEY"], "--keep", "a while", "--data", "data")
    assert wrong.code == 2
    assert "90s, 6m, 1h30m or 2d" in wrong.stderr
    limit = ("limit", KEYS["OCTY_PUBLIC_KEY"], "--events-per-second", "\u0663")
    wrong = machine.run("octy", "accounts", *limit, "--data", "data")
    assert wrong.code == 2
    assert "is neither a number, 0 or more, nor default" in wrong.stderr


@pytest.mark.parametrize("name", ["data", "d" * 120])
def test_the_socket_is_its_owners_alone_and_gone_with_the_server(machine: Machine, name: str) -> None:
    server = machine.serve(data=name)
    socket = machine.folder / name / "octy.sock"
    assert stat.S_IMODE(socket.stat().st_mode) == 0o600
    assert orders(machine, "list", data=name)["accounts"]
    server.stop()
    assert not socket.exists()

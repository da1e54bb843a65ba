"""`octy accounts …`: who has an account on a running server, and with which keys."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from octy.cli.durations import duration
from octy.cli.failures import WrongUsage
from octy.cli.tables import Column, show_table
from octy.model.keys import Role

if TYPE_CHECKING:
    from octy.server.orders import AnyOrder, KeyShown
    from octy.service.keys import Keys

app = typer.Typer(help="See to the accounts and keys of a running server.", no_args_is_help=True, rich_markup_mode=None)

DataFolder = Annotated[
    Path, typer.Option("--data", metavar="DIR", envvar="OCTY_DATA", help="The running server's data folder.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object instead.")]
AccountName = Annotated[str, typer.Argument(metavar="ACCOUNT", help="The account's name, or any of its public keys.")]
PublicKey = Annotated[str, typer.Argument(metavar="PUBLIC_KEY", help="The public one of a pair of keys.")]


@app.command("list")
def list_accounts(data: DataFolder = Path("octy-data"), as_json: AsJson = False) -> None:
    """Show every account, and every pair of keys that it has or had."""
    from octy.server.orders import List

    _ask(data, List(), as_json=as_json)


@app.command("create")
def create(
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="What to call it; its public key, if nothing is said.")
    ] = None,
    data: DataFolder = Path("octy-data"),
    as_json: AsJson = False,
) -> None:
    """Create an account. Its keys are shown this once."""
    from octy.server.orders import Create

    _ask(data, Create(name), as_json=as_json)


@app.command("add-keys")
def add_keys(
    account: AccountName,
    role: Annotated[
        Role, typer.Option("--role", help="full; read: sees, changes nothing; ingest: sends events, profiles, items.")
    ] = Role.FULL,
    data: DataFolder = Path("octy-data"),
    as_json: AsJson = False,
) -> None:
    """Give an account one more pair of keys. They are shown this once."""
    from octy.server.orders import AddKeys

    _ask(data, AddKeys(account, role), as_json=as_json)


@app.command("rotate")
def rotate(
    public_key: PublicKey,
    keep: Annotated[
        str, typer.Option("--keep", metavar="TIME", help="How long the old pair is taken still: 0, 30m, 24h, 7d.")
    ] = "24h",
    data: DataFolder = Path("octy-data"),
    as_json: AsJson = False,
) -> None:
    """Put a new pair of keys in the place of one; both are taken for a while. The new one is shown this once."""
    from octy.server.orders import Rotate

    _ask(data, Rotate(public_key, _seconds(keep)), as_json=as_json)


@app.command("revoke")
def revoke(public_key: PublicKey, data: DataFolder = Path("octy-data"), as_json: AsJson = False) -> None:
    """Refuse a pair of keys from now on."""
    from octy.server.orders import Revoke

    _ask(data, Revoke(public_key), as_json=as_json)


@app.command("disable")
def disable(account: AccountName, data: DataFolder = Path("octy-data"), as_json: AsJson = False) -> None:
    """Refuse all keys of an account. Its tags stay right, and its webhooks go out, all the while."""
    from octy.server.orders import SetShut

    _ask(data, SetShut(account, is_shut=True), as_json=as_json)


@app.command("enable")
def enable(account: AccountName, data: DataFolder = Path("octy-data"), as_json: AsJson = False) -> None:
    """Take the keys of a disabled account again."""
    from octy.server.orders import SetShut

    _ask(data, SetShut(account, is_shut=False), as_json=as_json)


def tell_keys(keys: "Keys") -> None:
    """The only words about a secret key that there ever are."""
    print("Its keys are shown this once; keep the secret one safe:")
    print(f"  OCTY_PUBLIC_KEY={keys.public_key}")
    print(f"  OCTY_SECRET_KEY={keys.secret_key}", flush=True)


def _ask(data: Path, order: "AnyOrder", *, as_json: bool) -> None:
    from octy.server.control import ask

    report = ask(data, order)
    if as_json:
        print(json.dumps(msgspec.to_builtins(report), indent=2))
        return
    if report.keys is not None:
        tell_keys(report.keys)
    rows = [
        (account.name, "disabled" if account.disabled_at else "active", key)
        for account in report.accounts
        for key in account.keys
    ]
    columns: list[Column[tuple[str, str, KeyShown]]] = [
        Column("ACCOUNT", lambda row: row[0]),
        Column("STATUS", lambda row: row[1]),
        Column("PUBLIC KEY", lambda row: row[2].public_key, is_whole=True),
        Column("ROLE", lambda row: row[2].role.value),
        Column("KEYS", lambda row: "valid" if row[2].is_valid else "ended"),
        Column("CREATED AT", lambda row: row[2].created_at),
        Column("UNTIL", lambda row: row[2].ends_at or ""),
    ]
    show_table(columns, rows)


def _seconds(text: str) -> int:
    try:
        return 0 if text == "0" else int(duration(text).total_seconds())
    except WrongUsage as error:
        raise typer.BadParameter(str(error), param_hint="--keep") from None

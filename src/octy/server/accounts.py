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
    from octy.model.keys import Keys
    from octy.server.orders import AccountShown, AnyOrder, KeyShown

app = typer.Typer(help="See to the accounts and keys of a running server.", no_args_is_help=True, rich_markup_mode=None)

DataFolder = Annotated[
    Path, typer.Option("--data", metavar="DIR", envvar="OCTY_DATA", help="The running server's data folder.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object instead.")]
_DEFAULT = "default"
_RATE = "N|default"
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


@app.command("limit")
def limit(
    account: AccountName,
    requests_per_second: Annotated[
        str | None, typer.Option("--requests-per-second", metavar=_RATE, help="Requests; 0 for any number.")
    ] = None,
    events_per_second: Annotated[
        str | None, typer.Option("--events-per-second", metavar=_RATE, help="Events; 0 for any number.")
    ] = None,
    data: DataFolder = Path("octy-data"),
    as_json: AsJson = False,
) -> None:
    """Hold an account to a rate of its own, from now on. What is not said stays; `default` is what all others may."""
    from octy.server.orders import Limit

    if requests_per_second is None and events_per_second is None:
        raise typer.BadParameter("say at least one of --requests-per-second and --events-per-second")
    order = Limit(
        account,
        _per_second(requests_per_second, "--requests-per-second"),
        _per_second(events_per_second, "--events-per-second"),
    )
    _ask(data, order, as_json=as_json)


def tell_keys(keys: "Keys") -> None:
    """The only words about a secret key that there ever are."""
    print("Its keys are shown this once; keep the secret one safe:")
    print(f"  OCTY_PUBLIC_KEY={keys.public_key}")
    print(f"  OCTY_SECRET_KEY={keys.secret_key}", flush=True)


def _ask(data: Path, order: "AnyOrder", *, as_json: bool) -> None:
    from octy.server.asking import ask

    report = ask(data, order)
    if as_json:
        print(json.dumps(msgspec.to_builtins(report), indent=2))
        return
    if report.keys is not None:
        tell_keys(report.keys)
    rows = [(account, key) for account in report.accounts for key in account.keys]
    columns: list[Column[tuple[AccountShown, KeyShown]]] = [
        Column("ACCOUNT", lambda row: row[0].name),
        Column("STATUS", lambda row: "disabled" if row[0].disabled_at else "active"),
        Column("REQUESTS/S", lambda row: _rate(row[0].limits.requests_per_second)),
        Column("EVENTS/S", lambda row: _rate(row[0].limits.events_per_second)),
        Column("PUBLIC KEY", lambda row: row[1].public_key, is_whole=True),
        Column("ROLE", lambda row: row[1].role.value),
        Column("KEYS", lambda row: "valid" if row[1].is_valid else "ended"),
        Column("CREATED AT", lambda row: row[1].created_at),
        Column("UNTIL", lambda row: row[1].ends_at or ""),
    ]
    show_table(columns, rows)


def _per_second(text: str | None, option: str) -> int | msgspec.UnsetType | None:
    if text is None:
        return msgspec.UNSET
    if text == _DEFAULT:
        return None
    if not (text.isascii() and text.isdecimal()):
        raise typer.BadParameter(f"{text!r} is neither a number, 0 or more, nor {_DEFAULT}", param_hint=option)
    return int(text)


def _rate(per_second: int | None) -> str:
    return _DEFAULT if per_second is None else f"{per_second:,}" if per_second else "any"


def _seconds(text: str) -> int:
    try:
        return 0 if text == "0" else int(duration(text).total_seconds())
    except WrongUsage as error:
        raise typer.BadParameter(str(error), param_hint="--keep") from None

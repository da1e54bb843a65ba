"""The `octy` command: parses the command line and turns every expected failure into one sentence."""

import gc
import os
import sys
from inspect import signature
from pathlib import Path
from typing import Annotated

import typer

from octy import __version__
from octy.model.errors import OctyError
from octy.model.instants import parse_instant
from octy.model.limits import CONNECTIONS_MAX
from octy.server import settings
from octy.server.accounts import app as accounts
from octy.server.allocator import spare_memory
from octy.server.judging import SANDBOX_START, judge
from octy.server.settings import LogLevel
from octy.unused import BY_THE_SERVER, leave_out

DEFAULT_PORT = 8700

COLLECT_AFTER_ALLOCATIONS = 50_000
"""A batch of 500 events makes several thousand objects, all of which go with its answer. And of what a start imports
nothing goes: to look at it after every 700 objects took a sixth of the start."""

COLLECT_ALL_AFTER = (10, 5)
"""Times for what has lived through one, and then for all. A collection of all that is no older than the start takes
10 ms, and the circles that statements of SQLAlchemy leave behind were 15,000 objects after some minutes."""

app = typer.Typer(
    name="octy",
    help="Octy segmentation: every customer in exactly the right segments, the moment it becomes true.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

app.add_typer(accounts, name="accounts")

config = typer.Typer(help="See to the settings of octy serve.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(config, name="config")


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"octy {__version__}")
        raise typer.Exit


@app.callback()
def _octy(
    _version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Octy segmentation: every customer in exactly the right segments, the moment it becomes true."""


DataFolder = Annotated[Path, typer.Option("--data", metavar="DIR", envvar="OCTY_DATA", help="The data folder.")]


def _use_file(context: typer.Context, file: Path | None) -> Path | None:
    """What the file says stands in the place of the defaults."""
    if file is not None:
        try:
            context.default_map = settings.read_file(settings.settings_of(serve), file)
        except settings.WrongFile as error:
            raise typer.BadParameter(str(error), param_hint="--config") from None
    return file


@app.command(context_settings={"auto_envvar_prefix": settings.ENVIRONMENT_PREFIX})
def serve(
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="The port to listen on; 0 takes a free one.")
    ] = DEFAULT_PORT,
    data: Annotated[Path, typer.Option(metavar="DIR", help="The data folder; made if it is not there.")] = Path(
        "octy-data"
    ),
    allow_private_webhooks: Annotated[
        bool,
        typer.Option(
            "--allow-private-webhooks", help="Let webhooks go to loopback and private addresses: for development."
        ),
    ] = False,
    allow_http_webhooks: Annotated[
        bool, typer.Option("--allow-http-webhooks", help="Let webhooks go to public addresses over plain HTTP.")
    ] = False,
    webhook_pauses: Annotated[
        str, typer.Option(metavar="PAUSES", help="The pauses between attempts to deliver a webhook.")
    ] = "5s,5m,30m,2h,5h,10h,14h,20h,24h",
    webhook_jitter: Annotated[
        float, typer.Option(min=0, max=0.9, help="The share by which each pause is shorter or longer, by chance.")
    ] = 0.2,
    new_webhook_secrets: Annotated[
        bool,
        typer.Option(
            "--new-webhook-secrets",
            allow_from_autoenv=False,
            help="Give every account a new secret: for when webhook.key of the folder is lost.",
        ),
    ] = False,
    continuous_backup: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Write all that changes into this folder too, within a second."),
    ] = None,
    continuous_backup_days: Annotated[
        int,
        typer.Option(min=1, max=3650, metavar="DAYS", help="For how many days each moment can be restored from it."),
    ] = 7,
    audit_share: Annotated[
        float,
        typer.Option(
            min=0,
            max=1,
            metavar="SHARE",
            help="How much of one core's time goes into holding tags against the log; 0 for none.",
        ),
    ] = 0.01,
    failures_per_minute: Annotated[
        int,
        typer.Option(
            min=0,
            metavar="NUMBER",
            help="How many wrong keys are answered, by public key and by address, before 429; 0 for any number.",
        ),
    ] = 10,
    datasets_kept: Annotated[
        int,
        typer.Option(min=1, metavar="COUNT", help="How many of each account's datasets are kept; older ones go."),
    ] = 20,
    job_niceness: Annotated[
        int,
        typer.Option(
            min=0,
            max=19,
            metavar="NICENESS",
            help="How much jobs, which make datasets and train models, step back before all else; 0 for not at all.",
        ),
    ] = 19,
    job_share: Annotated[
        float,
        typer.Option(
            min=0.01,
            max=16,
            metavar="SHARE",
            help="How much of one core's time a job takes at most, even where nobody else wants it.",
        ),
    ] = 0.1,
    connections: Annotated[
        int,
        typer.Option(min=1, metavar="N", help="How many connections there may be at once."),
    ] = CONNECTIONS_MAX,
    requests_per_second: Annotated[
        int,
        typer.Option(min=0, metavar="N", help="How many requests of each account are taken; 0 for any number."),
    ] = 0,
    events_per_second: Annotated[
        int,
        typer.Option(min=0, metavar="N", help="How many events of each account are taken; 0 for any number."),
    ] = 0,
    sandbox: Annotated[
        bool, typer.Option("--sandbox", help="Use a clock that moves only when told, or when an event is ahead of it.")
    ] = False,
    clock: Annotated[
        str | None, typer.Option(metavar="ISO-8601", help=f"Where a sandbox's clock starts. [default: {SANDBOX_START}]")
    ] = None,
    tls_certificate: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Serve HTTPS with this certificate, or chain, in PEM.")
    ] = None,
    tls_key: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The certificate's private key; else it is in the same file.")
    ] = None,
    trusted_proxies: Annotated[
        str,
        typer.Option(
            metavar="ADDRESSES", help="Addresses or networks, with commas between, whose X-Forwarded-For is believed."
        ),
    ] = "",
    drain_seconds: Annotated[
        float,
        typer.Option(
            min=0, max=60, metavar="SECONDS", help="How long the end waits for clients to hang up by themselves."
        ),
    ] = 1.0,
    restart_after_crash: Annotated[
        bool,
        typer.Option("--restart-after-crash", help="A second process waits, and starts another server if one dies."),
    ] = False,
    security_contact: Annotated[
        str,
        typer.Option(
            metavar="URI", help="Whom to tell of weaknesses, mailto: or https:, at /.well-known/security.txt."
        ),
    ] = "",
    log_level: Annotated[LogLevel, typer.Option(help="The least that is logged.")] = LogLevel.INFO,
    otlp_endpoint: Annotated[
        str, typer.Option(metavar="URL", help="Send spans to this collector of OpenTelemetry, by OTLP over HTTP.")
    ] = "",
    trace_share: Annotated[
        float,
        typer.Option(
            min=0, max=1, metavar="SHARE", help="How much is sent of what does not belong to a caller's trace."
        ),
    ] = 0.01,
    config: Annotated[  # noqa: ARG001 - its callback has used it
        Path | None,
        typer.Option(metavar="FILE", is_eager=True, callback=_use_file, help="A TOML file with more of these."),
    ] = None,
) -> None:
    """Serve a data folder over HTTP.

    Every option is also a variable of the environment, OCTY_WEBHOOK_PAUSES, and a key of the file, webhook_pauses.

    The first start creates an account: with the keys in OCTY_PUBLIC_KEY and OCTY_SECRET_KEY, or with new ones, which
    are shown once. Ctrl-C ends the server; everything that it acknowledged is on disk.
    """
    judged = judge(
        webhook_pauses=webhook_pauses,
        webhook_jitter=webhook_jitter,
        sandbox=sandbox,
        clock=clock,
        tls_certificate=tls_certificate,
        tls_key=tls_key,
        trusted_proxies=trusted_proxies,
        otlp_endpoint=otlp_endpoint,
        security_contact=security_contact,
    )

    leave_out(BY_THE_SERVER)
    gc.disable()  # until all is loaded, of which nothing goes
    spare_memory()
    from octy.server import serve as serving  # after what may be refused, for it takes a while
    from octy.service.continuous_backup import ContinuousBackupSettings
    from octy.service.jobs.runner import JobSettings

    run = serving.serve_on if restart_after_crash else serving.serve
    run(
        serving.Settings(
            host=host,
            port=port,
            data=data,
            allow_private_webhooks=allow_private_webhooks,
            allow_http_webhooks=allow_http_webhooks,
            new_webhook_secrets=new_webhook_secrets,
            continuous_backup=None
            if continuous_backup is None
            else ContinuousBackupSettings(continuous_backup, continuous_backup_days),
            audit_share=audit_share,
            failures_per_minute=failures_per_minute,
            jobs=JobSettings(datasets_kept, job_niceness, job_share),
            connections_max=connections,
            requests_per_second=requests_per_second,
            events_per_second=events_per_second,
            webhook_schedule=judged.schedule,
            clock_us=judged.clock_us,
            log_level=log_level,
            otlp_endpoint=otlp_endpoint,
            trace_share=trace_share,
            tls_certificate=tls_certificate,
            tls_key=tls_key,
            trusted_proxies=judged.trusted_proxies,
            drain_seconds=drain_seconds,
            security_contact=security_contact,
            public_key=os.environ.get("OCTY_PUBLIC_KEY"),
            secret_key=os.environ.get("OCTY_SECRET_KEY"),
        )
    )


@config.command("show", context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def show_config(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead.")] = False,
) -> None:
    """Show each setting of octy serve, and where it comes from: command line, environment, file or default.

    Takes the options of octy serve, and refuses what that refuses, in the same words. Secrets are not shown.
    """
    from octy.server.certificates import tls_of
    from octy.server.telling import tell_settings

    found = context.find_root().command.commands["serve"].make_context("octy serve", context.args)  # type: ignore[attr-defined]
    judge(**{name: found.params[name] for name in signature(judge).parameters})
    if found.params["tls_certificate"] is not None:
        tls_of(found.params["tls_certificate"], found.params["tls_key"])
    table = settings.settings_of(serve)
    shown = settings.values(table, found.params, lambda name: found.get_parameter_source(name).name, os.environ)
    tell_settings(shown, as_json=as_json)


@app.command()
def demo(
    keep: Annotated[
        bool, typer.Option("--keep", help="Leave the server running afterwards, to look around; Ctrl-C ends it.")
    ] = False,
    port: Annotated[int, typer.Option(min=0, max=65535, help="The demo server's port; 0 takes a free one.")] = 0,
) -> None:
    """Replay six months of a shop's clickstream through the whole product, and show what came of it."""
    from octy.server.demo.run import run

    run(keep=keep, port=port)


@app.command()
def check(
    data: DataFolder = Path("octy-data"),
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead.")] = False,
) -> None:
    """Hold a data folder that no server uses against itself: database, archive, every tag of every profile.

    Changes nothing. Prints what was checked in numbers, and a line for each difference. Exit code 1 where there is one.
    """
    from octy.server.check import run

    if not run(data, as_json=as_json):
        raise typer.Exit(1)


@app.command()
def repair(
    data: DataFolder = Path("octy-data"),
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Repair without asking.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be repaired, and change nothing.")] = False,
) -> None:
    """Make anew what follows from the log of a data folder that no server uses: tags and what else is derived.

    Exit code 1 where something is left that is not as it must be.
    """
    from octy.server.repair import run

    if not run(data, is_dry=dry_run, is_agreed=yes):
        raise typer.Exit(1)


@app.command()
def backup(
    target: Annotated[Path, typer.Argument(metavar="DIR", help="The backup's folder; made if it is not there.")],
    data: DataFolder = Path("octy-data"),
    verify: Annotated[
        bool, typer.Option("--verify", help="Also read the files that DIR has already, and replace damaged ones.")
    ] = False,
) -> None:
    """Take a backup of a data folder, also while a server writes to it.

    A second one into the same folder copies only what is new; at every moment the folder holds a whole backup.
    """
    from octy.server.backup import run_backup

    run_backup(data, target, verify=verify)


@app.command()
def restore(
    source: Annotated[Path, typer.Argument(metavar="DIR", help="The backup's folder.")],
    data: Annotated[
        Path, typer.Option("--data", metavar="DIR", envvar="OCTY_DATA", help="The folder to restore into; empty.")
    ] = Path("octy-data"),
    erasures: Annotated[
        list[Path] | None,
        typer.Option(
            "--erasures",
            metavar="FILE",
            help="An erasures.jsonl, of the old data folder or of a newer backup: its profiles are erased again.",
        ),
    ] = None,
    at: Annotated[
        str | None,
        typer.Option("--at", metavar="ISO-8601", help="Which moment of a continuous backup; its last, unless told."),
    ] = None,
) -> None:
    """Make a backup, or any moment of a continuous one, a data folder again.

    Refuses a damaged backup, and a folder that is not empty. Profiles that were erased after the backup are erased
    again, as far as the ledgers of erasures say: the backup's, the old data folder's if it is still there, and those
    that you name.
    """
    from octy.server.backup import run_restore

    run_restore(source, data, erasures or [], None if at is None else _instant(at))


def _instant(text: str) -> int:
    try:
        return parse_instant(text)
    except ValueError:
        wanted = "an instant, in UTC unless it says otherwise, such as 2026-11-28T02:13:00Z"
        raise typer.BadParameter(f"expected {wanted}; found {text!r}", param_hint="--at") from None


def main() -> None:
    """The entry point: 0 all done, 1 something failed, 2 wrong usage."""
    gc.set_threshold(COLLECT_AFTER_ALLOCATIONS, *COLLECT_ALL_AFTER)
    try:
        app()
    except OctyError as error:
        sys.exit(f"octy: {error}")
    except KeyboardInterrupt:
        sys.exit(130)

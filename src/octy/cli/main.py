"""`octy-cli`: which command was meant, and how does it end?

The commands import what they need when they run, so that `--help` answers at once. Whatever goes wrong becomes a line
for each problem on stderr and an exit code: 0 all done, 1 something failed, 2 wrong usage, 130 interrupted.
"""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from octy import __version__
from octy.cli.commands import SETTINGS, Ids, IdsOnly, Url, examples, run, showable_usage
from octy.cli.dataset_commands import EXAMPLES, dataset
from octy.cli.showing_commands import describe, get
from octy.cli.trying_commands import clock, doctor, events
from octy.unused import BY_THE_CLIENT, leave_out


class Commands(TyperGroup):
    """The group of all commands, in which errors become words and exit codes."""

    def make_context(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - Typer's own signature
        """Reads the options of all commands."""
        with showable_usage():
            return super().make_context(*args, **kwargs)

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401 - Typer's own signature
        """Runs a command."""
        from octy.cli.failures import Interrupted, exit_code, messages
        from octy.cli.output import complain_all, survive_narrow_encodings
        from octy.model.errors import OctyError

        survive_narrow_encodings()
        try:
            with showable_usage():
                return super().invoke(ctx)
        except OctyError as error:
            failed = error
        except KeyboardInterrupt:
            failed = Interrupted(
                "Interrupted. What is told above is done; the request under way may have been done too."
            )
        complain_all(messages(failed))
        raise typer.Exit(exit_code(failed))


app = typer.Typer(
    cls=Commands,
    help="The client of Octy segmentation.",
    epilog="Exit codes: 0 all done, 1 something failed, 2 wrong usage, 130 interrupted.",
    pretty_exceptions_enable=False,  # they would print keys
    **SETTINGS,
)
export = typer.Typer(help="Hand out what the account has, as JSON.", **SETTINGS)
webhooks = typer.Typer(help="See to the account's webhooks.", **SETTINGS)
for name, group in {
    "get": get,
    "describe": describe,
    "export": export,
    "webhooks": webhooks,
    "events": events,
    "clock": clock,
}.items():
    app.add_typer(group, name=name)

Sources = Annotated[
    list[Path],
    typer.Option(
        "--filepath", "-f", metavar="FILE.yml", help="A YAML file, a folder of them, or - for standard input."
    ),
]


class StateName(StrEnum):
    """What has become of a webhook."""

    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"


State = Annotated[StateName | None, typer.Option("--state", help="Only those in this state.")]
EventOption = Annotated[
    str | None, typer.Option("--event", metavar="EVENT", help="Only those that tell of this: live_segment.matched, …")
]
SegmentOption = Annotated[str | None, typer.Option("--segment", metavar="ID", help="Only those about this segment.")]
ProfileOption = Annotated[
    str | None, typer.Option("--profile", metavar="ID", help="Only those about this profile, or customer.")
]
Since = Annotated[str | None, typer.Option("--from", metavar="TIME", help="Made at this instant (ISO 8601) or later.")]
Until = Annotated[str | None, typer.Option("--to", metavar="TIME", help="Made before this instant.")]


class DeletableName(StrEnum):
    """What can be deleted."""

    EVENT_TYPES = "eventtypes"
    SEGMENTS = "segments"
    DATASETS = "datasets"


class RestorableName(StrEnum):
    """What can be restored."""

    SEGMENTS = "segments"


class UploadableName(StrEnum):
    """What can be uploaded."""

    PROFILES = "profiles"
    ITEMS = "items"
    EVENTS = "events"


class TrainableName(StrEnum):
    """What can be trained."""

    CHURN = "churn"


def _version(is_wanted: bool) -> None:
    if is_wanted:
        typer.echo(f"octy-cli {__version__}")
        raise typer.Exit


@app.callback()
def options(
    ctx: typer.Context,
    url: Url = None,
    _: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """What holds for every command."""
    ctx.obj = url


@app.command(
    epilog=examples(
        "octy-cli auth -p pk_123 --url https://octy.example.com", "octy-cli auth -p pk_123 < secret-key.txt"
    )
)
def auth(
    ctx: typer.Context,
    public_key: Annotated[str, typer.Option("--public-key", "-p", help="The account's public key.")],
    secret_key: Annotated[
        str | None,
        typer.Option("--secret-key", "-s", help="Its secret key. If not given, it is asked for, or read from stdin."),
    ] = None,
    url: Url = None,
) -> None:
    """Check the account's keys and remember them."""
    from octy.cli.authenticate import authenticate

    authenticate(public_key, secret_key, url or ctx.obj)


@app.command(
    epilog=examples(
        "octy-cli apply -f shop/ --dry-run",
        "octy-cli apply -f event-types.yml -f segments.yml --yes",
        "octy-cli apply -f segments.yml --prune --diff",
    )
)
def apply(
    ctx: typer.Context,
    sources: Sources,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the plan, and change nothing.")] = False,
    diff: Annotated[bool, typer.Option("--diff", help="Show what changes line by line.")] = False,
    prune: Annotated[
        bool, typer.Option("--prune", help="Delete event types or segments that the files do not name, of their kinds.")
    ] = False,
    wait: Annotated[
        bool, typer.Option("--wait", help="Wait for the names of segments that are being deleted, up to 72 hours.")
    ] = False,
    url: Url = None,
) -> None:
    """Make the account what YAML files say: its configuration, event types and segments. Shows a plan, and asks."""
    from octy.cli import apply as applying

    desired = applying.read(sources)
    options = applying.Options(yes=yes, dry_run=dry_run, diff=diff, prune=prune, wait=wait)
    run(ctx, url, lambda server: applying.apply(server, desired, options))


@app.command(epilog=examples("octy-cli validate -f shop/"))
def validate(sources: Sources) -> None:
    """Check YAML files without a server: every mistake with file, line, column and the rule that it breaks."""
    from octy.cli import apply as applying
    from octy.cli.output import counted, say

    counts = applying.read(sources).counts()
    say("Valid: " + ", ".join(counted(count, noun) for noun, count in counts.items() if count) + ".")


@app.command(epilog=examples("octy-cli schema > octy.schema.json"))
def schema() -> None:
    """Print the JSON Schema of the YAML files, for editors."""
    from octy.cli.schema import schema_text

    typer.echo(schema_text(), nl=False)


@app.command(epilog=examples("octy-cli delete segments segment_123 segment_456"))
def delete(
    ctx: typer.Context,
    kind: Annotated[DeletableName, typer.Argument(help="What to delete.")],
    ids: Annotated[list[str], typer.Argument(metavar="ID")],
    url: Url = None,
) -> None:
    """Delete event types, segments or datasets."""
    from octy.cli import deleting

    fates = {
        DeletableName.EVENT_TYPES: deleting.EVENT_TYPES,
        DeletableName.SEGMENTS: deleting.SEGMENTS,
        DeletableName.DATASETS: deleting.DATASETS,
    }
    run(ctx, url, lambda server: deleting.carry_out(server, fates[kind], ids))


@app.command(epilog=examples("octy-cli restore segments segment_123"))
def restore(
    ctx: typer.Context,
    kind: Annotated[RestorableName, typer.Argument(help="What to restore.")],  # noqa: ARG001 - there is one kind yet
    ids: Annotated[list[str], typer.Argument(metavar="ID")],
    url: Url = None,
) -> None:
    """Restore segments that are pending deletion: until they are purged, their deletion can be cancelled."""
    from octy.cli import deleting

    run(ctx, url, lambda server: deleting.carry_out(server, deleting.RESTORED_SEGMENTS, ids))


@app.command(epilog=examples("octy-cli upload events -f events.csv"))
def upload(
    ctx: typer.Context,
    kind: Annotated[UploadableName, typer.Argument(help="What the rows are.")],
    file: Annotated[Path, typer.Option("--filepath", "-f", metavar="FILE", help="The rows: CSV, NDJSON or Parquet.")],
    url: Url = None,
) -> None:
    """Create profiles, items or events from the rows of a file: CSV, NDJSON or Parquet, also gzipped.

    If it is interrupted, the same command goes on where it was.
    """
    from octy.cli import upload as uploading
    from octy.cli.settings import settings

    uploadable = uploading.KINDS[kind]
    objects = uploading.read(uploadable, file)
    where = settings(url or ctx.obj)
    destination = f"{where.url} {where.keys.public_key}"
    run(ctx, url, lambda server: uploading.upload(server, uploadable, objects, destination))


@app.command(epilog=examples("octy-cli train churn --wait"))
def train(
    ctx: typer.Context,
    algorithm: Annotated[TrainableName, typer.Argument(help="What to train.")],
    wait: Annotated[bool, typer.Option("--wait", help="Wait for its end, and show how far it is.")] = False,
    url: Url = None,
) -> None:
    """Have a model trained on what is known now. `get churnreport` then shows what it has learnt."""
    from octy.cli import training

    run(ctx, url, lambda server: training.train(server, algorithm, wait=wait))


@export.command("profile", epilog=examples("octy-cli export profile customer-17 -o customer-17.json"))
def export_profile(
    ctx: typer.Context,
    profile_id: Annotated[str, typer.Argument(metavar="ID", help="The profile's id, or the customer's.")],
    file: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Where to write it, instead of printing it.")
    ] = None,
    url: Url = None,
) -> None:
    """Export all that is known of a customer: data, tags and their history, all events, webhooks."""
    from octy.cli import exporting

    run(ctx, url, lambda server: exporting.export_profile(server, profile_id, file))


@webhooks.command("list", epilog=examples("octy-cli webhooks list --state failed --from 2024-05-01T00:00:00Z"))
def list_webhooks(
    ctx: typer.Context,
    state: State = None,
    event: EventOption = None,
    segment: SegmentOption = None,
    profile: ProfileOption = None,
    since: Since = None,
    until: Until = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="How many at most.")] = 100,
    ids_only: IdsOnly = False,
    url: Url = None,
) -> None:
    """List webhooks, the newest first, with what became of each."""
    from octy.cli.webhooks import chosen, list_deliveries

    asked = chosen(state, event, segment, profile, since, until)
    run(ctx, url, lambda server: list_deliveries(server, asked, limit, ids_only=ids_only))


@webhooks.command("show", epilog=examples("octy-cli webhooks show msg_123"))
def show_webhook(
    ctx: typer.Context, delivery_id: Annotated[str, typer.Argument(metavar="ID")], url: Url = None
) -> None:
    """Show a webhook: what it says, and what came of every attempt."""
    from octy.cli.webhooks import show_delivery

    run(ctx, url, lambda server: show_delivery(server, delivery_id))


@webhooks.command("replay", epilog=examples("octy-cli webhooks replay --from 2024-05-01T00:00:00Z"))
def replay_webhooks(
    ctx: typer.Context,
    ids: Ids = None,
    state: State = None,
    event: EventOption = None,
    segment: SegmentOption = None,
    profile: ProfileOption = None,
    since: Since = None,
    until: Until = None,
    url: Url = None,
) -> None:
    """Send webhooks once more, with the same ids: those named, or those of a time, by default the failed ones."""
    from octy.cli.webhooks import chosen, replay, replay_range

    asked = chosen(state, event, segment, profile, since, until)
    if bool(ids) == bool(asked):
        raise typer.BadParameter("name deliveries, or give at least one option that says which")
    run(ctx, url, lambda server: replay(server, ids) if ids else replay_range(server, asked))


@webhooks.command("changes", epilog=examples("octy-cli webhooks changes msg_123"))
def list_digested_changes(
    ctx: typer.Context, delivery_id: Annotated[str, typer.Argument(metavar="ID")], url: Url = None
) -> None:
    """List all that a digest tells: which profiles, what became of them, when and why."""
    from octy.cli.webhooks import list_changes

    run(ctx, url, lambda server: list_changes(server, delivery_id))


@webhooks.command("release", epilog=examples("octy-cli webhooks release segment_123"))
def release_segment(
    ctx: typer.Context, segment_id: Annotated[str, typer.Argument(metavar="SEGMENT_ID")], url: Url = None
) -> None:
    """Tell of a segment again, whose webhooks have stopped because too many profiles flipped at once."""
    from octy.cli.webhooks import release

    run(ctx, url, lambda server: release(server, segment_id))


@webhooks.command("test", epilog=examples("octy-cli webhooks test"))
def send_test_webhook(ctx: typer.Context, url: Url = None) -> None:
    """Send a webhook that tells of nothing, and wait for what comes of it."""
    from octy.cli.webhooks import send_test

    run(ctx, url, send_test)


@webhooks.command("enable", epilog=examples("octy-cli webhooks enable --replay"))
def enable_webhooks(
    ctx: typer.Context,
    replay: Annotated[
        bool, typer.Option("--replay", help="Send also what was made while the receiver was disabled.")
    ] = False,
    url: Url = None,
) -> None:
    """Send the receiver webhooks again, after it was disabled."""
    from octy.cli.webhooks import enable

    run(ctx, url, lambda server: enable(server, replay=replay))


@webhooks.command("secrets", epilog=examples("octy-cli webhooks secrets"))
def show_webhook_secrets(ctx: typer.Context, url: Url = None) -> None:
    """Show what webhooks are signed with now, for the receiver to verify them. Keep it safe."""
    from octy.cli.webhooks import show_secrets

    run(ctx, url, show_secrets)


@webhooks.command("rotate", epilog=examples("octy-cli webhooks rotate --overlap-hours 48"))
def rotate_webhook_secret(
    ctx: typer.Context,
    overlap_hours: Annotated[
        int,
        typer.Option(
            "--overlap-hours",
            min=0,
            max=168,
            help="How long the former secret stays valid as well; 0 if it has leaked.",
        ),
    ] = 24,
    url: Url = None,
) -> None:
    """Replace the secret that webhooks are signed with, and show the new one."""
    from octy.cli.webhooks import rotate_secret

    run(ctx, url, lambda server: rotate_secret(server, overlap_hours))


@webhooks.command(
    "listen", epilog=examples("octy-cli webhooks listen", "octy-cli webhooks listen --port 9000 --bodies")
)
def listen_to_webhooks(
    ctx: typer.Context,
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="Where to listen; 0 takes a free port.")] = 0,
    with_bodies: Annotated[bool, typer.Option("--bodies", help="Show what each says, byte for byte.")] = False,
    url: Url = None,
) -> None:
    """Receive a sandbox's webhooks here, check their signatures and show them, until Ctrl-C."""
    from octy.cli.listening import listen

    run(ctx, url, lambda server: listen(server, port, with_bodies=with_bodies))


app.command(epilog=examples("octy-cli doctor", "octy-cli --url https://octy.example.com doctor"))(doctor)
app.command(epilog=EXAMPLES)(dataset)


def main() -> None:
    """The command's entry point."""
    leave_out(BY_THE_CLIENT)
    app(prog_name="octy-cli")

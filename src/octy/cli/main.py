"""`octy-cli`: which command was meant, and how does it end?

The commands import what they need when they run, so that `--help` answers at once. Whatever goes wrong becomes a line
for each problem on stderr and an exit code: 0 all done, 1 something failed, 2 wrong usage, 130 interrupted.
"""

from collections.abc import Callable, Iterable
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer
from typer.core import TyperGroup

from octy import __version__
from octy.cli.choices import Format

if TYPE_CHECKING:
    import msgspec

    from octy.cli.kinds import Kind
    from octy.client import Octy

View = TypeVar("View", bound="msgspec.Struct")


class Commands(TyperGroup):
    """The group of all commands, in which errors become words and exit codes."""

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401 - Typer's own signature
        """Runs a command."""
        from octy.cli.failures import Interrupted, exit_code, messages
        from octy.cli.output import complain_all, survive_narrow_encodings
        from octy.model.errors import OctyError

        survive_narrow_encodings()
        try:
            return super().invoke(ctx)
        except OctyError as error:
            failed = error
        except KeyboardInterrupt:
            failed = Interrupted(
                "Interrupted. What is told above is done; the request under way may have been done too."
            )
        complain_all(messages(failed))
        raise typer.Exit(exit_code(failed))


SETTINGS: dict[str, Any] = {"rich_markup_mode": None, "no_args_is_help": True}
"""Rich would double the time of `--help`."""

app = typer.Typer(
    cls=Commands,
    help="The client of Octy segmentation.",
    epilog="Exit codes: 0 all done, 1 something failed, 2 wrong usage, 130 interrupted.",
    pretty_exceptions_enable=False,  # they would print keys
    **SETTINGS,
)
get = typer.Typer(help="Show what the account has.", **SETTINGS)
app.add_typer(get, name="get")
describe = typer.Typer(help="Show one thing with all that is known of it.", **SETTINGS)
app.add_typer(describe, name="describe")
export = typer.Typer(help="Hand out what the account has, as JSON.", **SETTINGS)
app.add_typer(export, name="export")
webhooks = typer.Typer(help="See to the account's webhooks.", **SETTINGS)
app.add_typer(webhooks, name="webhooks")

Ids = Annotated[list[str] | None, typer.Argument(metavar="ID", help="Only those with these ids.")]
IdsOnly = Annotated[bool, typer.Option("--ids", help="Print the ids only, one on a line.")]
Url = Annotated[
    str | None, typer.Option("--url", metavar="URL", help="The server's address. Else OCTY_URL, else what auth stored.")
]


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
SegmentOption = Annotated[str | None, typer.Option("--segment", metavar="ID", help="Only those about this segment.")]
ProfileOption = Annotated[
    str | None, typer.Option("--profile", metavar="ID", help="Only those about this profile, or customer.")
]
Since = Annotated[str | None, typer.Option("--from", metavar="TIME", help="Made at this instant (ISO 8601) or later.")]
Until = Annotated[str | None, typer.Option("--to", metavar="TIME", help="Made before this instant.")]


Form = Annotated[Format, typer.Option("--output", "-o", help="In which format.")]
Watch = Annotated[bool, typer.Option("--watch", "-w", help="Show it again and again, until Ctrl-C.")]
Every = Annotated[float, typer.Option("--every", min=0.1, metavar="SECONDS", help="How often, with --watch.")]


class DeletableName(StrEnum):
    """What can be deleted."""

    EVENT_TYPES = "eventtypes"
    SEGMENTS = "segments"


class UploadableName(StrEnum):
    """What can be uploaded."""

    PROFILES = "profiles"
    ITEMS = "items"
    EVENTS = "events"


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


@app.command()
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


@app.command()
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
    _run(ctx, url, lambda server: applying.apply(server, desired, options))


@app.command()
def validate(sources: Sources) -> None:
    """Check YAML files without a server: every mistake with file, line, column and the rule that it breaks."""
    from octy.cli import apply as applying
    from octy.cli.output import counted, say

    counts = applying.read(sources).counts()
    say("Valid: " + ", ".join(counted(count, noun) for noun, count in counts.items() if count) + ".")


@app.command()
def schema() -> None:
    """Print the JSON Schema of the YAML files, for editors."""
    from octy.cli.schema import schema_text

    typer.echo(schema_text(), nl=False)


@app.command()
def delete(
    ctx: typer.Context,
    kind: Annotated[DeletableName, typer.Argument(help="What to delete.")],
    ids: Annotated[list[str], typer.Argument(metavar="ID")],
    url: Url = None,
) -> None:
    """Delete event types or segments."""
    from octy.cli import deleting

    deletable = {DeletableName.EVENT_TYPES: deleting.EVENT_TYPES, DeletableName.SEGMENTS: deleting.SEGMENTS}[kind]
    _run(ctx, url, lambda server: deleting.delete(server, deletable, ids))


@app.command()
def upload(
    ctx: typer.Context,
    kind: Annotated[UploadableName, typer.Argument(help="What the rows are.")],
    file: Annotated[Path, typer.Option("--filepath", "-f", metavar="FILE.csv", help="The rows.")],
    url: Url = None,
) -> None:
    """Create profiles, items or events from the rows of a CSV file."""
    from octy.cli import upload as uploading

    uploadable = uploading.KINDS[kind]
    objects = uploading.read(uploadable, file)
    _run(ctx, url, lambda server: uploading.upload(server, uploadable, objects))


@get.command("accountconfig")
def get_account_configuration(
    ctx: typer.Context, form: Form = Format.TABLE, is_watched: Watch = False, every: Every = 2.0, url: Url = None
) -> None:
    """Show what the account has configured."""
    from octy.cli import show

    _show(ctx, url, lambda server: show.show_account(server.account(), form), every if is_watched else None)


@get.command("eventtypes")
def get_event_types(
    ctx: typer.Context,
    ids: Ids = None,
    ids_only: IdsOnly = False,
    form: Form = Format.TABLE,
    is_watched: Watch = False,
    every: Every = 2.0,
    url: Url = None,
) -> None:
    """Show the account's own event types. As YAML it is a file that apply takes."""
    from octy.cli import kinds
    from octy.client.views import EventTypeView

    rows = partial(_rows, kinds.EVENT_TYPES, EventTypeView, ids or [], form, ids_only=ids_only)
    _show(ctx, url, lambda server: rows(server.event_types(ids or [])), every if is_watched else None)


@get.command("segments")
def get_segments(
    ctx: typer.Context,
    ids: Ids = None,
    ids_only: IdsOnly = False,
    form: Form = Format.TABLE,
    is_watched: Watch = False,
    every: Every = 2.0,
    url: Url = None,
) -> None:
    """Show segments, with how many profiles are in each. As YAML it is a file that apply takes."""
    from octy.cli import kinds
    from octy.client.views import SegmentView

    rows = partial(_rows, kinds.SEGMENTS, SegmentView, ids or [], form, ids_only=ids_only)
    _show(ctx, url, lambda server: rows(server.segments(ids or [])), every if is_watched else None)


@get.command("profiles")
def get_profiles(
    ctx: typer.Context,
    ids: Ids = None,
    tag: Annotated[str | None, typer.Option("--tag", metavar="NAME", help="Only those in this segment.")] = None,
    ids_only: IdsOnly = False,
    form: Form = Format.TABLE,
    is_watched: Watch = False,
    every: Every = 2.0,
    url: Url = None,
) -> None:
    """Show profiles, with their segment tags. An id may be the profile's or the customer's."""
    from octy.cli import kinds
    from octy.client.views import ProfileView

    rows = partial(_rows, kinds.PROFILES, ProfileView, ids or [], form, ids_only=ids_only)
    _show(ctx, url, lambda server: rows(server.profiles(ids=ids or [], tag=tag)), every if is_watched else None)


@describe.command("eventtype")
def describe_event_type(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Its name, or its id.")],
    form: Form = Format.TABLE,
    url: Url = None,
) -> None:
    """Describe an event type."""
    from octy.cli import describing

    _show(ctx, url, lambda server: describing.describe_event_type(server, name, form), None)


@describe.command("segment")
def describe_segment(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Its name, or its id.")],
    form: Form = Format.TABLE,
    is_watched: Watch = False,
    every: Every = 2.0,
    url: Url = None,
) -> None:
    """Describe a segment: its definition, its status, how many profiles are in it."""
    from octy.cli import describing

    describe_it = partial(describing.describe_segment, name=name, form=form)
    _show(ctx, url, describe_it, every if is_watched else None)


@describe.command("profile")
def describe_profile(
    ctx: typer.Context,
    identifier: Annotated[str, typer.Argument(metavar="ID", help="The profile's id, or the customer's.")],
    form: Form = Format.TABLE,
    is_watched: Watch = False,
    every: Every = 2.0,
    url: Url = None,
) -> None:
    """Describe a customer: data, segment tags with when each came and why, the latest events."""
    from octy.cli import describing

    describe_it = partial(describing.describe_profile, identifier=identifier, form=form)
    _show(ctx, url, describe_it, every if is_watched else None)


@export.command("profile")
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

    _run(ctx, url, lambda server: exporting.export_profile(server, profile_id, file))


@webhooks.command("list")
def list_webhooks(
    ctx: typer.Context,
    state: State = None,
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

    asked = chosen(state, segment, profile, since, until)
    _run(ctx, url, lambda server: list_deliveries(server, asked, limit, ids_only=ids_only))


@webhooks.command("show")
def show_webhook(
    ctx: typer.Context, delivery_id: Annotated[str, typer.Argument(metavar="ID")], url: Url = None
) -> None:
    """Show a webhook: what it says, and what came of every attempt."""
    from octy.cli.webhooks import show_delivery

    _run(ctx, url, lambda server: show_delivery(server, delivery_id))


@webhooks.command("replay")
def replay_webhooks(
    ctx: typer.Context,
    ids: Ids = None,
    state: State = None,
    segment: SegmentOption = None,
    profile: ProfileOption = None,
    since: Since = None,
    until: Until = None,
    url: Url = None,
) -> None:
    """Send webhooks once more, with the same ids: those named, or those of a time, by default the failed ones."""
    from octy.cli.webhooks import chosen, replay, replay_range

    asked = chosen(state, segment, profile, since, until)
    if bool(ids) == bool(asked):
        raise typer.BadParameter("name deliveries, or give at least one option that says which")
    _run(ctx, url, lambda server: replay(server, ids) if ids else replay_range(server, asked))


@webhooks.command("test")
def send_test_webhook(ctx: typer.Context, url: Url = None) -> None:
    """Send a webhook that tells of nothing, and wait for what comes of it."""
    from octy.cli.webhooks import send_test

    _run(ctx, url, send_test)


@webhooks.command("enable")
def enable_webhooks(
    ctx: typer.Context,
    replay: Annotated[
        bool, typer.Option("--replay", help="Send also what was made while the receiver was disabled.")
    ] = False,
    url: Url = None,
) -> None:
    """Send the receiver webhooks again, after it was disabled."""
    from octy.cli.webhooks import enable

    _run(ctx, url, lambda server: enable(server, replay=replay))


@webhooks.command("secrets")
def show_webhook_secrets(ctx: typer.Context, url: Url = None) -> None:
    """Show what webhooks are signed with now, for the receiver to verify them. Keep it safe."""
    from octy.cli.webhooks import show_secrets

    _run(ctx, url, show_secrets)


@webhooks.command("rotate")
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

    _run(ctx, url, lambda server: rotate_secret(server, overlap_hours))


def _rows(
    kind: "Kind[View]", view: "type[View]", asked: list[str], form: Format, rows: "Iterable[View]", *, ids_only: bool
) -> bool:
    from octy.cli.show import show_rows

    return show_rows(kind, view, rows, asked, form, ids_only=ids_only)


def _show(ctx: typer.Context, url: str | None, show: Callable[["Octy"], bool], every_seconds: float | None) -> None:
    """Runs a command that shows something: once, or every so many seconds."""
    from octy.cli.watching import watch

    if every_seconds is None:
        _run(ctx, url, show)
    else:
        _run(ctx, url, lambda server: watch(lambda: show(server), every_seconds))


def _run(ctx: typer.Context, url: str | None, run: Callable[["Octy"], bool]) -> None:
    """Runs a command against the server; exit code 1 unless it says that all is done."""
    from octy.cli.settings import settings
    from octy.client import Octy

    where = settings(url or ctx.obj)
    with Octy(where.url, *where.keys, user_agent=f"octy-cli/{__version__}") as server:
        is_all_done = run(server)
    if not is_all_done:
        raise typer.Exit(1)


def main() -> None:
    """The command's entry point."""
    app(prog_name="octy-cli")

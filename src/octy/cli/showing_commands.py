"""The commands that show what the account has: `octy-cli get …` and `octy-cli describe …`."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from octy.cli.choices import ChurnLevel, Format
from octy.cli.commands import SETTINGS, Ids, IdsOnly, Url, examples, run

if TYPE_CHECKING:
    import msgspec

    from octy.cli.kinds import Kind
    from octy.client import Octy

View = TypeVar("View", bound="msgspec.Struct")

get = typer.Typer(help="Show what the account has.", **SETTINGS)
describe = typer.Typer(help="Show one thing with all that is known of it.", **SETTINGS)

Form = Annotated[Format, typer.Option("--output", "-o", help="In which format.")]
Watch = Annotated[bool, typer.Option("--watch", "-w", help="Show it again and again, until Ctrl-C.")]
Every = Annotated[float, typer.Option("--every", min=0.1, metavar="SECONDS", help="How often, with --watch.")]


@get.command("accountconfig", epilog=examples("octy-cli get accountconfig -o yaml > account.yml"))
def get_account_configuration(
    ctx: typer.Context, form: Form = Format.TABLE, is_watched: Watch = False, every: Every = 2.0, url: Url = None
) -> None:
    """Show what the account has configured."""
    from octy.cli import show

    _show(ctx, url, lambda server: show.show_account(server.account(), form), every if is_watched else None)


@get.command(
    "algorithmconfig",
    epilog=examples("octy-cli get algorithmconfig churn", "octy-cli get algorithmconfig -o yaml > algorithms.yml"),
)
def get_algorithm_configurations(
    ctx: typer.Context,
    names: Annotated[list[str] | None, typer.Argument(metavar="NAME", help="Only of these: rec, churn.")] = None,
    form: Form = Format.TABLE,
    is_watched: Watch = False,
    every: Every = 2.0,
    url: Url = None,
) -> None:
    """Show what is configured of algorithms. As YAML it is a file that apply takes."""
    from octy.cli import kinds
    from octy.client.views import AlgorithmView

    rows = partial(_rows, kinds.ALGORITHMS, AlgorithmView, names or [], form, ids_only=False)
    _show(ctx, url, lambda server: rows(server.algorithms(names or [])), every if is_watched else None)


@get.command(
    "eventtypes", epilog=examples("octy-cli get eventtypes", "octy-cli get eventtypes -o yaml > event-types.yml")
)
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


@get.command(
    "segments", epilog=examples("octy-cli get segments --watch", "octy-cli get segments -o yaml > segments.yml")
)
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


@get.command("receipts", epilog=examples("octy-cli get receipts", "octy-cli get receipts segment_123 -o json"))
def get_receipts(
    ctx: typer.Context,
    ids: Ids = None,
    ids_only: IdsOnly = False,
    form: Form = Format.TABLE,
    is_watched: Watch = False,
    every: Every = 2.0,
    url: Url = None,
) -> None:
    """Show what is left of segments that were purged. An id may be the receipt's or the segment's."""
    from octy.cli import kinds
    from octy.client.views import ReceiptView

    rows = partial(_rows, kinds.RECEIPTS, ReceiptView, ids or [], form, ids_only=ids_only)
    _show(ctx, url, lambda server: rows(server.purge_receipts(ids or [])), every if is_watched else None)


@get.command(
    "profiles",
    epilog=examples(
        "octy-cli get profiles --tag 'abandoned cart' -o csv > carts.csv",
        "octy-cli get profiles --churn high --rfm 300-400",
        "octy-cli get profiles customer-17",
    ),
)
def get_profiles(
    ctx: typer.Context,
    ids: Ids = None,
    tag: Annotated[str | None, typer.Option("--tag", metavar="NAME", help="Only those in this segment.")] = None,
    churn: Annotated[
        ChurnLevel | None, typer.Option("--churn", help="Only those with this probability of churning.")
    ] = None,
    rfm: Annotated[
        str | None, typer.Option("--rfm", metavar="SCORE", help="Only those with this RFM score: 444, or 300-400.")
    ] = None,
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
    _show(
        ctx,
        url,
        lambda server: rows(server.profiles(ids=ids or [], tag=tag, churn=churn, rfm=rfm)),
        every if is_watched else None,
    )


@get.command(
    "churnreport",
    epilog=examples(
        "octy-cli get churnreport", "octy-cli get churnreport -o reports/", "octy-cli get churnreport -o json"
    ),
)
def get_churn_report(
    ctx: typer.Context,
    output: Annotated[
        str,
        typer.Option(
            "--output",
            "--outpath",
            "-o",
            metavar="FORMAT|DIR/",
            help="table, json or yaml; or a folder, with a slash at its end, for a Markdown file with plots.",
        ),
    ] = "table",
    url: Url = None,
) -> None:
    """Show what the last training of the churn model learnt, and how far it can be trusted."""
    from octy.cli import churn_report

    target = churn_report.target_of(output)
    run(ctx, url, lambda server: churn_report.show(server.churn_report(), target))


@get.command("trainings", epilog=examples("octy-cli get trainings --watch"))
def get_trainings(
    ctx: typer.Context,
    ids: Ids = None,
    ids_only: IdsOnly = False,
    form: Form = Format.TABLE,
    is_watched: Watch = False,
    every: Every = 2.0,
    url: Url = None,
) -> None:
    """Show trainings, and how far each is."""
    from octy.cli import kinds
    from octy.client.views import TrainingView

    rows = partial(_rows, kinds.TRAININGS, TrainingView, ids or [], form, ids_only=ids_only)
    _show(ctx, url, lambda server: rows(server.trainings(ids or [])), every if is_watched else None)


@get.command("datasets", epilog=examples("octy-cli get datasets --watch"))
def get_datasets(
    ctx: typer.Context,
    ids: Ids = None,
    ids_only: IdsOnly = False,
    form: Form = Format.TABLE,
    is_watched: Watch = False,
    every: Every = 2.0,
    url: Url = None,
) -> None:
    """Show training datasets, and how far each is."""
    from octy.cli import kinds
    from octy.client.views import DatasetView

    rows = partial(_rows, kinds.DATASETS, DatasetView, ids or [], form, ids_only=ids_only)
    _show(ctx, url, lambda server: rows(server.datasets(ids or [])), every if is_watched else None)


@describe.command("eventtype", epilog=examples("octy-cli describe eventtype product_view"))
def describe_event_type(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Its name, or its id.")],
    form: Form = Format.TABLE,
    url: Url = None,
) -> None:
    """Describe an event type."""
    from octy.cli import describing

    _show(ctx, url, lambda server: describing.describe_event_type(server, name, form), None)


@describe.command("segment", epilog=examples("octy-cli describe segment 'abandoned cart' --watch"))
def describe_segment(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Its name, or its id.")],
    form: Form = Format.TABLE,
    is_watched: Watch = False,
    every: Every = 2.0,
    url: Url = None,
) -> None:
    """Describe a segment: its definition, its status, how many profiles are in it; or what is left of it."""
    from octy.cli import describing

    describe_it = partial(describing.describe_segment, name=name, form=form)
    _show(ctx, url, describe_it, every if is_watched else None)


@describe.command("profile", epilog=examples("octy-cli describe profile customer-17"))
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


def _rows(
    kind: "Kind[View]", view: "type[View]", asked: list[str], form: Format, rows: "Iterable[View]", *, ids_only: bool
) -> bool:
    from octy.cli.show import show_rows

    return show_rows(kind, view, rows, asked, form, ids_only=ids_only)


def _show(ctx: typer.Context, url: str | None, show: Callable[["Octy"], bool], every_seconds: float | None) -> None:
    """Runs a command that shows something: once, or every so many seconds."""
    from octy.cli.watching import watch

    if every_seconds is None:
        run(ctx, url, show)
    else:
        run(ctx, url, lambda server: watch(lambda: show(server), every_seconds))

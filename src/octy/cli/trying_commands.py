"""The commands for trying things out: `octy-cli events …`, `octy-cli clock …` and `octy-cli doctor`."""

from typing import Annotated

import typer

from octy.cli.commands import SETTINGS, Url, examples, run

events = typer.Typer(help="Send events.", **SETTINGS)
clock = typer.Typer(**{**SETTINGS, "no_args_is_help": False})


@events.command(
    "send",
    epilog=examples(
        "octy-cli events send charged --profile customer-17 --property item_id=boots --property payment_method=visa",
        "octy-cli events send product_view --profile customer-17 --at '2024-05-01 10:00:00'",
    ),
)
def send_event(
    ctx: typer.Context,
    event_type: Annotated[str, typer.Argument(metavar="EVENT_TYPE", help="The name of the event type.")],
    profile: Annotated[str, typer.Option("--profile", metavar="ID", help="Whose event: a profile's or customer's id.")],
    properties: Annotated[
        list[str] | None, typer.Option("--property", metavar="KEY=VALUE", help="An event property; may be repeated.")
    ] = None,
    at: Annotated[str | None, typer.Option("--at", metavar="TIME", help="When it happened. Default: now.")] = None,
    message_id: Annotated[
        str | None, typer.Option("--message-id", metavar="ID", help="A second event with the same one is not stored.")
    ] = None,
    url: Url = None,
) -> None:
    """Send one event, and show which segments the customer is in then."""
    from octy.cli import sending

    found = sending.properties_of(properties or [])
    run(ctx, url, lambda server: sending.send_event(server, event_type, profile, found, at, message_id))


@clock.callback(invoke_without_command=True, epilog=examples("octy-cli clock", "octy-cli clock advance 6m"))
def show_clock(ctx: typer.Context, url: Url = None) -> None:
    """Show a sandbox's clock; its commands move it."""
    from octy.cli import clock as clocks

    ctx.obj = url or ctx.obj
    if ctx.invoked_subcommand is None:
        run(ctx, None, clocks.show_clock)


@clock.command("advance", epilog=examples("octy-cli clock advance 6m", "octy-cli clock advance 1d12h"))
def advance_clock(
    ctx: typer.Context,
    by: Annotated[str, typer.Argument(metavar="DURATION", help="Such as 90s, 6m, 1h30m or 2d.")],
    url: Url = None,
) -> None:
    """Let time pass in a sandbox. All that falls due on the way is done when this ends."""
    from octy.cli import clock as clocks
    from octy.cli.durations import duration

    asked = duration(by)
    run(ctx, url, lambda server: clocks.advance_clock(server, asked))


@clock.command("set", epilog=examples("octy-cli clock set 2024-05-01T00:00:00Z"))
def set_clock(
    ctx: typer.Context, to: Annotated[str, typer.Argument(metavar="TIME", help="ISO 8601.")], url: Url = None
) -> None:
    """Move a sandbox's clock to an instant; it never goes back."""
    from octy.cli import clock as clocks

    run(ctx, url, lambda server: clocks.set_clock(server, to))


def doctor(ctx: typer.Context, url: Url = None) -> None:
    """Find out what is wrong: address, keys, clock, versions, webhooks."""
    from octy.cli.doctor import diagnose

    if not diagnose(url or ctx.obj):
        raise typer.Exit(1)

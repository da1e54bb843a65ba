"""What the commands share: options, examples in their help, and how each is run against the server."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from octy import __version__

if TYPE_CHECKING:
    from octy.client import Octy

SETTINGS: dict[str, Any] = {"rich_markup_mode": None, "no_args_is_help": True}
"""Rich would double the time of `--help`."""

Url = Annotated[
    str | None, typer.Option("--url", metavar="URL", help="The server's address. Else OCTY_URL, else what auth stored.")
]


Ids = Annotated[list[str] | None, typer.Argument(metavar="ID", help="Only those with these ids.")]
IdsOnly = Annotated[bool, typer.Option("--ids", help="Print the ids only, one on a line.")]


def examples(*lines: str) -> str:
    """The end of a command's help."""
    keep_lines = "\b"  # click's word for: do not fill this paragraph
    return "\n".join([keep_lines, "For example:", *(f"  {line}" for line in lines)])


@contextmanager
def showable_usage() -> Iterator[None]:
    """What is said of wrong usage quotes the command line, in which a file's name may be anybody's."""
    from octy.cli.output import plain

    try:
        yield
    except typer.TyperException as error:
        if isinstance(message := getattr(error, "message", None), str):
            vars(error)["message"] = plain(message)
        raise


def run(ctx: typer.Context, url: str | None, command: Callable[["Octy"], bool]) -> None:
    """Runs a command against the server; exit code 1 unless it says that all is done."""
    from octy.cli.settings import settings
    from octy.client import Octy

    where = settings(url or ctx.obj)
    with Octy(where.url, *where.keys, user_agent=f"octy-cli/{__version__}") as server:
        is_all_done = command(server)
    if not is_all_done:
        raise typer.Exit(1)

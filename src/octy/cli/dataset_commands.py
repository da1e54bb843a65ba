"""The command for training datasets: `octy-cli dataset`."""

from pathlib import Path
from typing import Annotated

import typer

from octy.cli.commands import Url, examples, run

EXAMPLES = examples(
    "octy-cli dataset -o now.parquet",
    "octy-cli dataset -o train.parquet --every 7d --from 2024-01-01 --to 2024-06-30 --label churn:30d",
    "octy-cli dataset -o june.csv --as-of 2024-06-01 --as-known-at as_of --strict",
    "octy-cli dataset -o again.csv --id dataset_123",
)


def dataset(
    ctx: typer.Context,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="Where to write it: .parquet or .csv.")
    ],
    as_of: Annotated[str | None, typer.Option("--as-of", metavar="TIME", help="One instant (ISO 8601).")] = None,
    every: Annotated[
        str | None, typer.Option("--every", metavar="DURATION", help="Or one in every so long, such as 7d.")
    ] = None,
    since: Annotated[str | None, typer.Option("--from", metavar="TIME", help="The first instant.")] = None,
    until: Annotated[
        str | None, typer.Option("--to", metavar="TIME", help="No instant after this. Default: now.")
    ] = None,
    label: Annotated[
        str | None, typer.Option("--label", metavar="LABEL", help="churn:30d, or churn:30d:EVENT_TYPE. Default: none.")
    ] = None,
    as_known_at: Annotated[
        str | None,
        typer.Option(
            "--as-known-at", metavar="TIME", help="Only what was received by then; as_of: by each instant itself."
        ),
    ] = None,
    value: Annotated[
        str | None, typer.Option("--value", metavar="PROPERTY", help="The event property whose numbers are summed.")
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Make none of which a tag leaks.")] = False,
    dataset_id: Annotated[
        str | None,
        typer.Option("--id", metavar="ID", help="Make none, but fetch this one; `get datasets` tells of all."),
    ] = None,
    url: Url = None,
) -> None:
    """Make a training dataset: a row for each profile and instant, exactly as it was then. Default: as of now."""
    from octy.cli.dataset import check_usage, make_dataset

    asked = {
        "as_of": as_of,
        "every": every,
        "since": since,
        "until": until,
        "label": label,
        "as_known_at": as_known_at,
        "value": value,
        "strict": strict,
    }
    check_usage(output, asked, dataset_id)
    run(ctx, url, lambda server: make_dataset(server, output, asked, dataset_id))

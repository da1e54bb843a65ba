"""Keeping up: what an event costs the engine, whether that grows with history, and what scanners pay to be as fresh."""

from collections.abc import Iterator

from rich.table import Table

from bench.engine import BATCH, PROFILES, engine_stages
from bench.tables import table
from octy.engine.warm import warm

STAGES = {
    20: (100_000, 1_000_000, 10_000_000, 30_000_000, 100_000_000),
    100: (100_000, 1_000_000, 10_000_000, 30_000_000),
}
STAGES_QUICKLY = {20: (100_000, 500_000), 100: (100_000, 300_000)}


def tables(*, quick: bool) -> Iterator[Table]:
    """One table."""
    warm()
    title = f"The engine alone, one core: {PROFILES:,} profiles, batches of {BATCH:,}"
    shown = table(title, "segments", "events before", "µs per event", "tag changes per event")
    for segments, stages in (STAGES_QUICKLY if quick else STAGES).items():
        for stage in engine_stages(segments, stages):
            cells = (f"{stage.events_before:,}", f"{stage.us_per_event:.2f}", f"{stage.changes_per_event:.2f}")
            shown.add_row(str(segments), *cells)
        shown.add_section()
    yield shown

"""How far is an upload, or a job? A bar on a terminal; silence where nobody watches."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Advance = Callable[[int], None]
"""Told how many more rows are done."""


@contextmanager
def progress(noun: str, total: int, done: int = 0) -> Iterator[Advance]:
    """Shows rows done, rows a second and the time left, on stderr. `done` are behind already."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich import progress as rich
    from rich.console import Console
    from rich.text import Text

    class Rate(rich.ProgressColumn):
        """Rows a second."""

        def render(self, task: rich.Task) -> Text:
            """As the bar shows it."""
            return Text(f"{task.speed:,.0f}/s" if task.speed else "")

    name = rich.TextColumn(f"Uploading {noun}s", markup=False)
    columns = (name, rich.BarColumn(), rich.MofNCompleteColumn(), Rate(), rich.TimeRemainingColumn())
    with rich.Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("", total=total, completed=done)
        yield lambda count: bar.advance(task, count)


@contextmanager
def shares(name: str) -> Iterator[Callable[[float], None]]:
    """Shows how far it is, from 0 to 1, and the time left, on stderr."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich import progress as rich
    from rich.console import Console

    columns = (
        rich.TextColumn(name, markup=False),
        rich.BarColumn(),
        rich.TaskProgressColumn(),
        rich.TimeRemainingColumn(),
    )
    with rich.Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("", total=1.0)
        yield lambda share: bar.update(task, completed=share)

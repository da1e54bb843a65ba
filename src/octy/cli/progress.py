"""How far is an upload, or a training? A bar on a terminal; silence where nobody watches."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Advance = Callable[[int], None]
"""Told how many more rows, or steps, are done."""


@contextmanager
def progress(doing: str, total: int, done: int = 0) -> Iterator[Advance]:
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

    name = rich.TextColumn(doing, markup=False)
    columns = (name, rich.BarColumn(), rich.MofNCompleteColumn(), Rate(), rich.TimeRemainingColumn())
    with rich.Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("", total=total, completed=done)
        yield lambda count: bar.advance(task, count)

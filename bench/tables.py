"""Tables with one text column, then figures."""

from rich.table import Table


def table(title: str, *columns: str) -> Table:
    """Without rows."""
    made = Table(title=title)
    for number, column in enumerate(columns):
        made.add_column(column, justify="right" if number else "left")
    return made

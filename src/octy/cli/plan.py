"""What would `apply` do, and what is left to do by hand or later?

A plan is made of stages, one for each kind of thing, in the order in which they depend on one another. Each knows what
it would change, and how.
"""

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import NamedTuple

from octy.cli.differences import Fields, field_differences, line_differences
from octy.cli.output import complain_all, counted, say
from octy.cli.styles import Style, say_styled
from octy.client import Octy


class Sign(StrEnum):
    """What becomes of a thing."""

    CREATE = "+"
    CHANGE = "~"
    DELETE = "-"


STYLES = {Sign.CREATE: Style.GOOD, Sign.CHANGE: Style.NOTABLE, Sign.DELETE: Style.BAD}


class Change(NamedTuple):
    """One thing that is not as the files say: as it is, and as it will be, in the words of the files."""

    sign: Sign
    noun: str
    name: str
    before: Fields | None
    after: Fields | None
    notes: tuple[str, ...] = ()


class Stage(NamedTuple):
    """All of one kind."""

    noun: str
    changes: Sequence[Change]
    unchanged_count: int
    run: Callable[[Octy], bool]
    """Carries the changes out, and tells of each; False if any failed."""
    waiting: Sequence[str] = ()
    """What cannot be done yet, and when it can."""
    warnings: Sequence[str] = ()


def show(stages: Sequence[Stage], *, with_lines: bool) -> None:
    """The plan, with what differs field by field, or line by line."""
    changes = [change for stage in stages for change in stage.changes]
    width = max((len(change.noun) for change in changes), default=0)
    for one in changes:
        say_styled("  ", (one.sign, STYLES[one.sign]), f" {one.noun:<{width}}  {one.name}".rstrip())
        for line in _details(one, with_lines=with_lines):
            say(f"      {line}")
    for stage in stages:
        for line in stage.waiting:
            say(f"  . {line}")
    for stage in stages:
        complain_all(stage.warnings)
    same = ", ".join(counted(stage.unchanged_count, stage.noun) for stage in stages if stage.unchanged_count)
    if not changes:
        say(f"Nothing to change{f': {same} as the files say' if same else ''}.")
        return
    create, change, delete = (sum(one.sign is sign for one in changes) for sign in Sign)
    left = f" As the files say already: {same}." if same else ""
    say(f"Plan: {create} to create, {change} to change, {delete} to delete.{left}")


def _details(change: Change, *, with_lines: bool) -> list[str]:
    if with_lines:
        return [*line_differences(change.before, change.after), *change.notes]
    if change.before is None or change.after is None:
        return list(change.notes)
    return [*field_differences(change.before, change.after), *change.notes]

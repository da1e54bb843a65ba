"""`octy-cli apply -f …`: what do the files say, what is there, and how does the one become the other? (wire.md 5)

All files are judged whole before anything is sent; whatever is wrong is told with file, line and column. Then a plan
shows what will be created, changed and, with `--prune` alone, deleted; nothing of it is done without a yes.
"""

import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from octy.cli import apply_account, apply_algorithms, apply_event_types, apply_segments
from octy.cli.apply_account import Accounts
from octy.cli.apply_algorithms import Algorithms
from octy.cli.apply_event_types import EventTypes
from octy.cli.apply_segments import Segments
from octy.cli.documents import Document
from octy.cli.failures import LinesRefused, WrongUsage
from octy.cli.output import complain, say
from octy.cli.plan import Stage, show
from octy.cli.sources import documents
from octy.client import Octy
from octy.model.values import shown


class Desired:
    """What the files say, kind by kind."""

    def __init__(self) -> None:
        self.accounts = Accounts()
        self.algorithms = Algorithms()
        self.event_types = EventTypes()
        self.segments = Segments()
        self._readers: Mapping[str, Callable[[Document], None]] = {
            apply_account.KIND: self.accounts.read,
            apply_algorithms.KIND: self.algorithms.read,
            apply_event_types.KIND: self.event_types.read,
            apply_segments.KIND: self.segments.read,
        }

    def read(self, document: Document) -> None:
        """Judges a document; LinesRefused with all that is wrong with it."""
        kind = document.root.get("kind") if isinstance(document.root, Mapping) else None
        accepted = ", ".join(self._readers)
        if kind is None:
            raise LinesRefused([f"{document.place(())}: the key 'kind' is missing: one of {accepted}"])
        place = document.place(("kind",))
        if kind == "templates":
            raise LinesRefused([f"{place}: templates belong to Octy's messaging, which is not part of this server"])
        if not isinstance(kind, str) or kind not in self._readers:
            raise LinesRefused([f"{place}: kind: expected one of {accepted}; found {shown(kind)}"])
        self._readers[kind](document)

    def counts(self) -> dict[str, int]:
        """How many there are of each kind, by its noun."""
        return {
            "account configuration": int(self.accounts.is_named),
            "algorithm": len(self.algorithms.wanted),
            "event type": len(self.event_types.named),
            "segment": len(self.segments.named),
        }


class Options(NamedTuple):
    """How to apply."""

    yes: bool = False
    dry_run: bool = False
    diff: bool = False
    prune: bool = False
    wait: bool = False


def read(sources: Sequence[Path]) -> Desired:
    """Reads and judges all files, without a server; LinesRefused with everything that is wrong in any."""
    desired = Desired()
    faults: list[str] = []
    for document in documents(sources):
        try:
            desired.read(document)
        except LinesRefused as refused:
            faults += refused.messages
    if faults:
        raise LinesRefused(faults)
    return desired


def apply(server: Octy, desired: Desired, options: Options) -> bool:
    """Shows the plan and, if it is wanted, carries it out; False if any of it failed, or was not wanted."""
    stages = _plan(server, desired, options)
    show(stages, with_lines=options.diff)
    if options.dry_run:
        return True
    if any(stage.changes for stage in stages) and not _is_wanted(options):
        say("Nothing was changed.")
        return False
    for number, stage in enumerate(stages, 1):
        if not stage.run(server):
            if any(later.changes for later in stages[number:]):
                complain("The rest of the plan was not carried out.")
            return False
    return True


def _plan(server: Octy, desired: Desired, options: Options) -> list[Stage]:
    """In the order in which things depend on one another; event types go last, once no segment uses them."""
    types = desired.event_types.compared(server, prune=options.prune)
    return [
        *desired.accounts.stages(server),
        *desired.algorithms.stages(server),
        *types.creation(),
        *desired.segments.stages(server, types, prune=options.prune, wait=time.sleep if options.wait else None),
        *types.removal(),
    ]


def _is_wanted(options: Options) -> bool:
    if options.yes:
        return True
    if not sys.stdin.isatty():
        raise WrongUsage(
            "Nothing was changed: there is no terminal to ask on. Say --yes to apply, or --dry-run for the plan alone."
        )
    sys.stdout.write("Apply this? [y/N] ")
    sys.stdout.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")

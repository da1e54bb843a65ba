"""`octy repair`: what the log tells is made anew from it, once the operator has seen what that would be."""

import sys
from pathlib import Path

import typer

from octy.server.check import show, untold
from octy.server.telling import Progress, counted, tell, tell_numbers
from octy.service.checking.check import check_folder
from octy.service.checking.findings import Findings
from octy.service.checking.repair import identity, planned, repair, same_store
from octy.store.folder import inspected, open_store


def run(folder: Path, *, is_dry: bool, is_agreed: bool) -> bool:
    """Whether nothing is wrong any more; in a dry run, whether nothing is."""
    with Progress() as progress:
        findings = check_folder(folder, progress)
    with inspected(folder) as snapshot:
        before = identity(snapshot.connection)
    show(folder, findings)
    plan = planned(findings)
    if not plan:
        tell([] if findings.is_clean else ["Nothing of it can be repaired from the log; restore a backup."])
        return findings.is_clean
    tell(["To repair:"])
    tell_numbers(plan)
    if is_dry:
        tell(["Nothing was changed."])
        return False
    if not is_agreed and not _agrees():
        tell(["Nothing was changed."])
        return False
    store = open_store(folder)
    try:
        with store.reading() as connection:
            same_store(connection, before)
        added = repair(store, findings)
    finally:
        store.close()
    tell([f"Repaired; {counted(added, 'line')} of tag history added."])
    with Progress() as progress:
        return _is_well(check_folder(folder, progress))


def _agrees() -> bool:
    if not sys.stdin.isatty():
        tell(["Nobody is there to be asked; add --yes."])
        return False
    return typer.confirm("Repair this?")


def _is_well(findings: Findings) -> bool:
    if findings.is_clean:
        tell(["Checked again: everything is as it must be."])
        return True
    tell(["Checked again; what is left cannot be repaired from the log:", *findings.differences, *untold(findings)])
    return False

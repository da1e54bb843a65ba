"""A data folder looked through by `octy check`, and mended by `octy repair`."""

from pathlib import Path

from octy.service.checking.check import check_folder
from octy.service.checking.findings import Findings
from octy.service.checking.repair import repair
from octy.store.folder import open_store


def checked(folder: Path) -> Findings:
    """What is wrong."""
    return check_folder(folder, lambda _: None)


def repaired(folder: Path) -> Findings:
    """What is still wrong after a repair."""
    findings = checked(folder)
    store = open_store(folder)
    try:
        repair(store, findings)
    finally:
        store.close()
    return checked(folder)

"""`octy backup` and `octy restore`: what was copied, as of when, and whom a restore has erased again."""

from collections.abc import Sequence
from pathlib import Path

from octy.server.telling import Progress, counted, tell, tell_numbers
from octy.service.backups import back_up, restore_backup
from octy.service.clock import SystemClock
from octy.store.backup.manifest import Manifest


def run_backup(folder: Path, target: Path, *, verify: bool) -> None:
    """Takes one, and tells what is in it."""
    with Progress() as progress:
        taken = back_up(folder, target, SystemClock().now_us(), progress, verify=verify)
    copied = f"{counted(taken.copied_files, 'new file')} of the archive, {taken.copied_bytes:,} bytes"
    tell([f"Backed up {folder} into {target}, as of {taken.manifest.applied_through}; copied {copied}."])
    _tell_contents(taken.manifest)


def run_restore(backup: Path, folder: Path, ledgers: Sequence[Path], at_us: int | None) -> None:
    """Restores one, or a moment of one, and tells what is in it."""
    with Progress() as progress:
        restored = restore_backup(backup, folder, ledgers, progress, at_us)
    tell([f"Restored {backup} into {folder}, as of {restored.as_of}."])
    _tell_contents(restored.manifest)
    if restored.ledgers:
        read = ", ".join(map(str, restored.ledgers))
        tell([f"Erased again: {counted(restored.erased, 'profile')}, by {read}."])
    since = f"Profiles that were erased after {restored.manifest.taken_at}"
    tell([f"{since} and are in none of the ledgers read are back; name a newer one with --erasures."])


def _tell_contents(manifest: Manifest) -> None:
    tell_numbers(manifest.counts)

"""`octy-cli export profile`: all that the server knows of a customer, as JSON, to be handed out or kept."""

import json
import os
from pathlib import Path

from octy.cli.failures import LinesRefused
from octy.cli.output import complain, counted
from octy.client import Octy


def export_profile(server: Octy, profile_id: str, file: Path | None) -> bool:
    """Prints it, or writes it into a file that only its owner can read."""
    known = server.export_profile(profile_id)
    if file is None:
        print(json.dumps(known, indent=2))  # pure ASCII: nothing that a terminal would obey
        return True
    _write(file, json.dumps(known, indent=2, ensure_ascii=False) + "\n")
    complain(f"Exported {counted(len(known.get('events', ())), 'event')} of {profile_id} to {file}")
    return True


def _write(path: Path, text: str) -> None:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise LinesRefused([f"{path}: {error.strerror or error}"]) from None

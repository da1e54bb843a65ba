"""`python -m tests.recorded.session`: records `docs/cli-session.md`, files and plans with `octy-cli` at a sandbox.

Every line that is shown was typed into a shell and answered by a real server. What is different each time, ids and
ports, is replaced by names that stay; a test records it again and finds the page as it is.
"""

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests.acceptance.processes import KEYS, Machine, Server, wait_for
from tests.recorded.steady import Steady

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "cli-session.md"
COLUMNS = "110"

SHOP = """\
kind: eventTypes
eventTypeDefinitions:
  - eventType: cart
    eventProperties: [product]
---
kind: segments
segmentDefinitions:
  - segmentName: abandoned cart
    segmentType: live
    segmentSubtype: 2
    segmentTimeframe: 0
    eventSequence:
      - eventType: cart
        expTimeframe: 30
        actionInaction: action
      - eventType: charged
        expTimeframe: 0
        actionInaction: inaction
  - segmentName: looked and did not buy
    segmentType: past
    segmentSubtype: 2
    segmentTimeframe: 60
    eventSequence:
      - eventType: cart
        expTimeframe: 0
        actionInaction: action
      - eventType: charged
        expTimeframe: 0
        actionInaction: inaction
"""
PROFILES = "customer_id,profile_data>>name\nana,Ana\nben,Ben\n"
FILES = {"shop.yml": SHOP, "profiles.csv": PROFILES}


class Part(NamedTuple):
    """What is said, and then typed."""

    words: str
    commands: tuple[str, ...]


PARTS = (
    Part("The files that the session works with:", ("cat shop.yml", "cat profiles.csv")),
    Part("Are they as they should be?", ("octy-cli validate -f shop.yml",)),
    Part(
        "A plan comes first. A second time there is nothing to do.",
        (
            "octy-cli apply -f shop.yml --dry-run",
            "octy-cli apply -f shop.yml --yes",
            "octy-cli apply -f shop.yml",
        ),
    ),
    Part("Customers come from a file too.", ("octy-cli upload profiles -f profiles.csv", "octy-cli get segments")),
    Part(
        "A definition that has changed is a replacement, and the plan says so.",
        (
            "sed -i 's/segmentTimeframe: 60/segmentTimeframe: 30/' shop.yml",
            "octy-cli apply -f shop.yml --dry-run --diff",
        ),
    ),
    Part(
        "What is wrong is said with its place; exit codes tell scripts.",
        (
            "sed -i 's/expTimeframe: 30/expTimeframe: 3/' shop.yml",
            'octy-cli validate -f shop.yml; echo "exit code $?"',
            'octy-cli get profiles nobody; echo "exit code $?"',
        ),
    ),
    Part("For other programs:", ("octy-cli get profiles -o csv", "octy-cli get segments --ids")),
)


def recorded(folder: Path) -> str:
    """The page as it is now; `folder` is empty, and for the session alone."""
    machine = Machine(folder)
    try:
        server = machine.sandbox("2024-05-01T09:00:00Z")
        for name, content in FILES.items():
            machine.file(name, content)
        return "".join(_page(machine, server))
    finally:
        machine.close()


def _page(machine: Machine, server: Server) -> Iterator[str]:
    yield "# Files and plans: a session\n\n"
    yield "Recorded by `make session` at a sandbox (`octy serve --sandbox --clock 2024-05-01T09:00:00Z`), whose "
    yield "address and keys are in `OCTY_URL`, `OCTY_PUBLIC_KEY` and `OCTY_SECRET_KEY`. Ids are shortened.\n"
    steady = Steady({server.url: "http://127.0.0.1:8700"})
    for part in PARTS:
        yield f"\n{part.words}\n\n```\n"
        for command in part.commands:
            said = _run(machine, server, command)
            yield f"$ {command}\n{steady.said(said)}"
        yield "```\n"


def _run(machine: Machine, server: Server, command: str) -> str:
    """Both outputs, as a terminal shows them."""
    path = f"{Path(sys.executable).parent}:{machine.environment['PATH']}"
    surroundings = KEYS | {"OCTY_URL": server.url, "COLUMNS": COLUMNS, "PATH": path}
    ended = machine.run_in_shell(f"{{ {command}\n}} 2>&1", surroundings)
    if command.startswith("octy-cli apply") and "--yes" in command:
        _wait_for_backfills(machine, server)
    return ended.stdout


def _wait_for_backfills(machine: Machine, server: Server) -> None:
    """A segment is active once all history is in it (P6)."""
    wait_for("backfills", lambda: "preparing" not in machine.cli(server, "get", "segments").stdout)


def main() -> None:
    """Writes the page."""
    with tempfile.TemporaryDirectory(prefix="octy-session-") as folder:
        PAGE.write_text(recorded(Path(folder)), encoding="utf-8")


if __name__ == "__main__":
    main()

"""`python -m tests.recorded.tutorial`: runs `docs/tutorial.md` and writes down anew what its commands show.

The page is its own script. Each block of `sh` is typed, word for word but for the ports, into a real shell: that which
its title names, else the reader's second, which has the shop's keys. A block of `text` is what that shell shows;
only those are written anew. `# Ctrl-C` is pressed, not typed. A test runs the page and finds it as it is.
"""

import re
import socket
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.acceptance.processes import PATIENCE_SECONDS, Machine
from tests.recorded.steady import Steady
from tests.recorded.terminal import Terminal

PAGE = Path(__file__).parents[2] / "docs" / "tutorial.md"
READERS = "Terminal 2"
PORTS = ("8700", "9000")
"""As the page has them; on this machine they may be taken."""
CTRL_C = "# Ctrl-C\n"
BACKFILLED = """
while curl -s -u "$OCTY_PUBLIC_KEY:$OCTY_SECRET_KEY" "$OCTY_URL/v1/retention/segments" | grep -q '"backfilling"'
do sleep 0.1
done
"""
"""What a reader need not type, who takes longer to read on than a backfill does (P6)."""
QUIET_SECONDS = 10
"""How long a shell that goes on must have shown nothing new, where it does not show what the page has."""

_BLOCK = re.compile(r'^```(sh|text)(?: title="([^"]+)")?\n(.*?)^```\n', re.MULTILINE | re.DOTALL)


def recorded(page: str, folder: Path) -> str:
    """The page as it is now; `folder` is empty, and for the tutorial alone."""
    machine = Machine(folder)
    try:
        return _BLOCK.sub(_Reader(machine).follow, page)
    finally:
        machine.close()


class _Reader:
    """Does what the page says, from the top to the bottom."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._terminals: dict[str, Terminal] = {}
        self._ports = dict(zip(PORTS, _free_ports(), strict=True))
        self._steady = Steady({port: shown for shown, port in self._ports.items()} | {str(machine.folder): "~"})

    def follow(self, block: re.Match[str]) -> str:
        """Types a block, or reads what is shown; the block as it ought to be."""
        kind, title, body = block.groups()
        terminal = self._terminal(title or READERS)
        if kind == "text":
            opening = block[0].partition("\n")[0]
            return f"{opening}\n{self._shown(terminal, body, goes_on=bool(title))}```\n"
        if body == CTRL_C:
            terminal.ctrl_c()
        else:
            for shown, port in self._ports.items():
                body = body.replace(shown, port)
            terminal.type(body + (BACKFILLED if "octy-cli apply" in body else ""))
            if not title:
                terminal.wait_until_done()
        return block[0]

    def _terminal(self, name: str) -> Terminal:
        if name not in self._terminals:
            self._terminals[name] = Terminal(self._machine, name)
        return self._terminals[name]

    def _shown(self, terminal: Terminal, expected: str, *, goes_on: bool) -> str:
        if goes_on:
            _wait_while_it_changes(terminal.unread, until=lambda: self._is(terminal.unread(), expected))
        return self._steady.said(terminal.read())

    def _is(self, shown: str, expected: str) -> bool:
        """Whole lines alone are looked at: half an id would count as one."""
        return shown.endswith("\n") and bool(expected) and self._steady.said(shown) == expected


def _wait_while_it_changes(look: Callable[[], str], until: Callable[[], bool]) -> None:
    seen, since = "", time.monotonic()
    while not until() and time.monotonic() < since + (QUIET_SECONDS if seen else PATIENCE_SECONDS):
        if look() != seen:
            seen, since = look(), time.monotonic()
        time.sleep(0.02)


def _free_ports() -> list[str]:
    """As many as the page has."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in PORTS]
    ports = [str(one.getsockname()[1]) for one in sockets]
    for one in sockets:
        one.close()
    return ports


def main() -> None:
    """Writes the page."""
    with tempfile.TemporaryDirectory(prefix="octy-tutorial-") as folder:
        PAGE.write_text(recorded(PAGE.read_text(encoding="utf-8"), Path(folder)), encoding="utf-8")


if __name__ == "__main__":
    main()

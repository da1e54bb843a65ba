"""How a command asks something of a running server: through the socket in its data folder.

An order is a line of JSON, and so is its report; one connection carries one order. `octy.server.control` is the other
end; here nothing of the service is loaded, so that whoever asks is answered at once.
"""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
from msgspec import Struct

from octy.model.errors import Refused, StoreError
from octy.server.orders import AnyOrder, Report

SOCKET = "octy.sock"
ORDER_BYTES_MAX = 65_536
ANSWER_SECONDS = 60
PATH_BYTES_MAX = 100


class Answer(Struct, frozen=True, omit_defaults=True):
    """A report, or why there is none."""

    report: Report | None = None
    error: str | None = None


def ask(folder: Path, order: AnyOrder) -> Report:
    """Has the server of a data folder carry out an order. StoreError where none runs; Refused where it says no."""
    line = _encoded(order)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(ANSWER_SECONDS)
        try:
            with short(folder) as place:
                connection.connect(str(place / SOCKET))
            connection.sendall(line)
            with connection.makefile("rb") as answers:
                line = answers.readline()
        except PermissionError:
            raise StoreError(f"The server of {folder} is another user's.") from None
        except OSError:
            line = b""
    if not line:
        raise StoreError(f"No server serves {folder}; start octy serve --data {folder}, and try again.")
    answer = msgspec.json.decode(line, type=Answer)
    if answer.report is None:
        raise Refused(answer.error or "The server did not say why.")
    return answer.report


def _encoded(order: AnyOrder) -> bytes:
    """As a line; Refused where a server would not take it. A command line may hold any bytes."""
    try:
        line = msgspec.json.encode(order) + b"\n"
    except UnicodeEncodeError:
        raise Refused("What was said is no UTF-8.") from None
    if len(line) > ORDER_BYTES_MAX:
        raise Refused(f"What was said is longer than {ORDER_BYTES_MAX:,} bytes.")
    return line


@contextmanager
def short(folder: Path) -> Iterator[Path]:
    """The folder by a path that leaves room for a socket's name: the system takes some hundred bytes of both."""
    if len(os.fsencode(folder / SOCKET)) <= PATH_BYTES_MAX:
        yield folder
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield Path(f"/proc/self/fd/{descriptor}")
    finally:
        os.close(descriptor)

"""How do an operator's orders reach a running server? Through a socket in its data folder, for its owner alone.

An order is a line of JSON, and so is its report; one connection carries one order.
"""

import asyncio
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec
import structlog
from msgspec import Struct

from octy.model.errors import OctyError, Refused, StoreError
from octy.server.orders import AnyOrder, Report, carry_out
from octy.service.octy import Octy
from octy.store.folder import told_of

SOCKET = "octy.sock"
ORDER_BYTES_MAX = 65_536
ANSWER_SECONDS = 60
PATH_BYTES_MAX = 100

log = structlog.get_logger()


class _Answer(Struct, frozen=True, omit_defaults=True):
    """A report, or why there is none."""

    report: Report | None = None
    error: str | None = None


class Control:
    """The server's end."""

    def __init__(self, folder: Path, octy: Octy) -> None:
        self._folder = folder
        self._octy = octy
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._server: asyncio.Server | None = None

    def open(self) -> None:
        """Makes the socket; StoreError where the folder has no place for it.

        The folder's lock is held, so what a killed server left there is nobody's.
        """
        path = self._folder / SOCKET
        with told_of(self._folder), _short(self._folder) as folder:
            path.unlink(missing_ok=True)
            self._socket.bind(str(folder / SOCKET))
            path.chmod(0o600)

    async def start(self) -> None:
        """Takes orders from now on."""
        self._server = await asyncio.start_unix_server(self._serve, sock=self._socket, limit=ORDER_BYTES_MAX)

    async def stop(self) -> None:
        """Takes no more. Where the socket cannot be removed, the next server does it."""
        if self._server is not None:
            self._server.close()
        self._socket.close()
        with suppress(OSError):
            (self._folder / SOCKET).unlink(missing_ok=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, ValueError):
            writer.write(msgspec.json.encode(await self._answer(await reader.readline())) + b"\n")
            await writer.drain()
        writer.close()

    async def _answer(self, line: bytes) -> _Answer:
        try:
            order = msgspec.json.decode(line, type=AnyOrder)
            report = await asyncio.to_thread(carry_out, self._octy, order)
        except Refused as refused:
            return _Answer(error="; ".join(refused.messages))
        except (OctyError, msgspec.DecodeError) as error:
            return _Answer(error=str(error))
        log.info("control.order", order=type(order).__name__, accounts=[one.name for one in report.accounts])
        return _Answer(report)


def ask(folder: Path, order: AnyOrder) -> Report:
    """Has the server of a data folder carry out an order. StoreError where none runs; Refused where it says no."""
    line = _encoded(order)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(ANSWER_SECONDS)
        try:
            with _short(folder) as short:
                connection.connect(str(short / SOCKET))
            connection.sendall(line)
            with connection.makefile("rb") as answers:
                line = answers.readline()
        except PermissionError:
            raise StoreError(f"The server of {folder} is another user's.") from None
        except OSError:
            line = b""
    if not line:
        raise StoreError(f"No server serves {folder}; start octy serve --data {folder}, and try again.")
    answer = msgspec.json.decode(line, type=_Answer)
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
def _short(folder: Path) -> Iterator[Path]:
    """The folder by a path that leaves room for a socket's name: the system takes some hundred bytes of both."""
    if len(os.fsencode(folder / SOCKET)) <= PATH_BYTES_MAX:
        yield folder
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield Path(f"/proc/self/fd/{descriptor}")
    finally:
        os.close(descriptor)

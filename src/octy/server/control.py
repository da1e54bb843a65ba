"""How do an operator's orders reach a running server? Through a socket in its data folder, for its owner alone.

This is the server's end; `octy.server.asking` is the other.
"""

import asyncio
import socket
from contextlib import suppress
from pathlib import Path

import msgspec
import structlog

from octy.model.errors import OctyError, Refused
from octy.server.asking import ORDER_BYTES_MAX, SOCKET, Answer, short
from octy.server.carrying_out import carry_out
from octy.server.orders import AnyOrder
from octy.service.octy import Octy
from octy.store.folder import told_of

log = structlog.get_logger()


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
        with told_of(self._folder), short(self._folder) as folder:
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

    async def _answer(self, line: bytes) -> Answer:
        try:
            order = msgspec.json.decode(line, type=AnyOrder)
            report = await asyncio.to_thread(carry_out, self._octy, order)
        except Refused as refused:
            return Answer(error="; ".join(refused.messages))
        except (OctyError, msgspec.DecodeError) as error:
            return Answer(error=str(error))
        log.info("control.order", order=type(order).__name__, accounts=[one.name for one in report.accounts])
        return Answer(report)

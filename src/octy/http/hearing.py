"""Where do the bytes of connections go? Into one buffer, that of whoever is being read.

An event loop that hands over bytes makes an object for whatever has come, and for a body of 70 kB that is memory from
the system and back again. Most bytes of a flood are passed over; those that are not are copied once, into the body.
"""

import asyncio

BUFFER_BYTES = 262_144


class Hearer(asyncio.Protocol):
    """A connection's protocol whose bytes lie in a buffer that is not its own."""

    def received(self, data: memoryview) -> None:
        """Bytes from the client, which are others as soon as this returns."""
        raise NotImplementedError


class Receiver(asyncio.BufferedProtocol):
    """What the transport knows of a connection."""

    def __init__(self, connection: Hearer, buffer: memoryview) -> None:
        """`buffer` may be shared by all connections of an event loop: each is read to the end before the next is."""
        self.connection = connection
        self._buffer = buffer

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Somebody is there."""
        self.connection.connection_made(transport)

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002 - asyncio's name
        """Where what comes next is to be written."""
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        """So many bytes have come."""
        self.connection.received(self._buffer[:nbytes])

    def eof_received(self) -> None:
        """No more will."""
        self.connection.eof_received()

    def pause_writing(self) -> None:
        """The client is slow to read."""
        self.connection.pause_writing()

    def resume_writing(self) -> None:
        """It has caught up."""
        self.connection.resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nobody is there any more."""
        self.connection.connection_lost(exc)

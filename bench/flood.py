"""Clients that do not wait for each other, as one process that costs next to nothing: requests are due at a rate.

Each goes over the next connection that is free, or a new one, whatever became of those before. Where all that there may
be are taken, it is not sent, and counts as such. All connections are served by one `epoll`, without an event loop's
cost for each, so that what is measured is the server's time.
"""

import errno
import select
import socket
import time
from collections import defaultdict, deque
from collections.abc import Sequence

from bench.load import Load

BROKEN = 0
"""What counts as the status where a connection ended without an answer."""
READ_BYTES = 262_144
POLL_SECONDS = 0.001
QUIET_SECONDS_MAX = 4.0
"""As clients do that keep connections: a server closes what is quiet for long."""
PATIENCE_SECONDS = 30.0
"""How long answers are waited for when nothing more is sent."""


class Stream:
    """Requests of one kind, due at a rate."""

    def __init__(self, requests: Sequence[bytes], per_second: float, connections_max: int) -> None:
        self.requests = requests
        self.per_second = per_second
        self.connections_max = connections_max
        self.due = 0
        """How many requests were, so far."""
        self.latencies: defaultdict[int, list[float]] = defaultdict(list)
        """Of those that were sent, in seconds, by the status that was answered."""
        self.free: list[_Connection] = []
        self.taken = 0

    @property
    def sent(self) -> int:
        """How many were, and are not under way any more."""
        return sum(map(len, self.latencies.values()))

    def load(self, status: int, seconds: float) -> Load:
        """What was answered so."""
        found = self.latencies[status]
        return Load(len(found), seconds, sorted(found) or [float("nan")])


def flood(port: int, streams: Sequence[Stream], seconds: float) -> None:
    """Sends what is due in so many seconds, and waits for the answers."""
    poll = select.epoll()
    open_: dict[int, _Connection] = {}
    began = time.perf_counter()
    while True:
        now = time.perf_counter() - began
        if now < seconds:
            for stream in streams:
                _send_due(stream, now, port, poll, open_)
        elif not any(stream.taken for stream in streams) or now > seconds + PATIENCE_SECONDS:
            break
        for descriptor, events in poll.poll(POLL_SECONDS):
            connection = open_[descriptor]
            if events & select.EPOLLOUT:
                connection.write()
            if events & ~select.EPOLLOUT:
                connection.read()
    for connection in open_.values():
        connection.socket.close()
    poll.close()


def _send_due(stream: Stream, now: float, port: int, poll: select.epoll, open_: "dict[int, _Connection]") -> None:
    while stream.due < now * stream.per_second:
        if stream.taken < stream.connections_max:
            connection = _free_one(stream) or _Connection(stream, port, poll, open_)
            stream.taken += 1
            connection.ask(stream.requests[stream.due % len(stream.requests)])
        stream.due += 1


def _free_one(stream: Stream) -> "_Connection | None":
    """The last that was used, unless the server may be closing it: as clients do that keep connections."""
    while stream.free:
        connection = stream.free.pop()
        if connection.is_open():
            return connection
    return None


class _Connection:
    """One request at a time."""

    def __init__(self, stream: Stream, port: int, poll: select.epoll, open_: "dict[int, _Connection]") -> None:
        self.socket = socket.socket()
        self.socket.setblocking(False)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._stream = stream
        self._poll = poll
        self._open = open_
        self._unsent: deque[memoryview] = deque()
        self._answer = b""
        self._began = 0.0
        self._answered_at = 0.0
        self._is_asking = False
        code = self.socket.connect_ex(("127.0.0.1", port))
        assert code in (0, errno.EINPROGRESS), errno.errorcode[code]
        open_[self.socket.fileno()] = self
        poll.register(self.socket, select.EPOLLIN | select.EPOLLOUT | select.EPOLLET)

    def is_open(self) -> bool:
        """Whether it was used a moment ago, and nothing says that it has ended; else it is given up."""
        if time.perf_counter() - self._answered_at < QUIET_SECONDS_MAX:
            try:
                self.socket.recv(1, socket.MSG_PEEK)
            except BlockingIOError:
                return True
            except OSError:
                pass
        self._give_up()
        return False

    def ask(self, request: bytes) -> None:
        """Sends it, as soon as that can be."""
        self._began, self._is_asking, self._answer = time.perf_counter(), True, b""
        self._unsent.append(memoryview(request))
        self.write()

    def write(self) -> None:
        """As much as the system takes."""
        while self._unsent:
            try:
                count = self.socket.send(self._unsent[0])
            except BlockingIOError:
                return
            except OSError:  # it is closed; an answer may have come before
                self._unsent.clear()
                return
            if count < len(self._unsent[0]):
                self._unsent[0] = self._unsent[0][count:]
            else:
                self._unsent.popleft()

    def read(self) -> None:
        """An answer, or the end."""
        while True:
            try:
                data = self.socket.recv(READ_BYTES)
            except BlockingIOError:
                return
            except OSError:
                data = b""
            if not data:
                self._close(BROKEN)
                return
            self._answer += data
            head, blank, body = self._answer.partition(b"\r\n\r\n")
            if not blank:
                continue
            head = head.lower()
            if len(body) >= int(head.split(b"content-length:")[1].split(b"\r\n")[0]):
                self._answered(int(head[9:12]), closes=b"connection: close" in head)
                return

    def _answered(self, status: int, *, closes: bool) -> None:
        if closes or self._unsent:
            self._close(status)
            return
        self._done(status)
        self._stream.free.append(self)

    def _done(self, status: int) -> None:
        self._answered_at = time.perf_counter()
        self._stream.latencies[status].append(self._answered_at - self._began)
        self._stream.taken -= 1
        self._is_asking = False

    def _close(self, status: int) -> None:
        if self._is_asking:
            self._done(status)
        else:
            self._stream.free.remove(self)
        self._give_up()

    def _give_up(self) -> None:
        del self._open[self.socket.fileno()]
        self.socket.close()

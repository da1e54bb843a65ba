"""What do those cost who mean no good (C27)? Memory by the largest bodies, processor time, time of others.

Memory is how much more a server holds at most while it answers a body of just the size that is allowed, by the system's
account of it. Processor time is the server's whole, of many requests. Half-open connections have sent half a head, and
send nothing more; each is hung up on after ten seconds, and comes again.
"""

import json
import select
import socket
import threading
import time
from collections.abc import Iterable, Iterator
from itertools import repeat
from pathlib import Path

from rich.table import Table
from tests.hostile_bodies import HOSTILE
from tests.large_bodies import BODIES, COUNT, large_body

from bench.front_door import BATCH_PATH, SINGLE_PATH
from bench.load import Load, drive, encode_request
from bench.server import AUTHORIZATION, Running, serving
from bench.tables import table
from bench.world import events, furnish
from octy.model.limits import BODY_BYTES_MAX

SEGMENTS = 20
PROFILES = 1_000
REPEATS, REPEATS_QUICKLY = 30, 5
STORED_REPEATS = 4
HALF_OPEN = 1_000
PER_SECOND = 500
SECONDS, SECONDS_QUICKLY = 60, 5
RESETS_PEAK = "5"
"""What the system takes as a wish to forget how much a process held at most."""
PATIENCE_SECONDS = 60
UNENDING = b"POST /v1/retention/events/create HTTP/1.1\r\nHost: bench\r\n"


def tables(*, quick: bool) -> Iterator[Table]:
    """Three tables."""
    with serving() as server:
        ids = furnish(server, SEGMENTS, PROFILES)
        server.post(BATCH_PATH, {"events": events(ids, 500, 0)})  # what the first of all requests takes, it takes once
        yield _memory(server, ids, REPEATS_QUICKLY if quick else REPEATS)
        yield _processor(server, REPEATS_QUICKLY if quick else REPEATS)
        yield _half_open(server, ids, SECONDS_QUICKLY if quick else SECONDS)


def _memory(server: Running, ids: list[str], repeats: int) -> Table:
    shown = table(
        f"Memory for one body of {BODY_BYTES_MAX:,} bytes, at most", "", "status", "MB more", "times the body"
    )
    for name, path, bodies in _large_bodies(ids, repeats):
        growths, status = [], 0
        for body in bodies:
            before = _resident_bytes(server, "VmRSS")
            Path(f"/proc/{server.process.pid}/clear_refs").write_text(RESETS_PEAK)
            status = _status(server, path, body)
            growths.append(_resident_bytes(server, "VmHWM") - before)
        most = max(growths)
        shown.add_row(name, str(status), f"{most / 1e6:.1f}", f"{most / BODY_BYTES_MAX:.1f}")
    return shown


def _large_bodies(ids: list[str], repeats: int) -> Iterator[tuple[str, str, Iterable[bytes]]]:
    """Name, path and bodies, each as long as a body may be. Few are stored, for the archive takes memory for many."""
    for kind, large in BODIES.items():
        bodies = (large_body(kind, ids[0], turn) for turn in range(STORED_REPEATS))
        yield f"{COUNT} {kind}; 9 kB each", large.path, bodies
    zeros = b"0," * (BODY_BYTES_MAX // 2 - 50) + b"0"
    nothings = b"{}," * (BODY_BYTES_MAX // 3 - 50) + b"{}"
    refused = {
        "an event, and numbers that nobody reads": (SINGLE_PATH, b'{"event_type":"home","x":[' + zeros + b"]}"),
        "as many numbers as there is place for": (BATCH_PATH, b'{"events":[' + zeros + b"]}"),
        "the same for profiles": ("/v1/retention/profiles/create", b'{"profiles":[' + zeros + b"]}"),
        "the same for a segment": ("/v1/retention/segments/create", b'{"event_sequence":[' + zeros + b"]}"),
        "the same for ids": ("/v1/retention/profiles/delete", b'{"profiles":[' + zeros + b"]}"),
        "an event with a list of nothing": (SINGLE_PATH, b'{"event_properties":{"x":[' + nothings + b"]}}"),
    }
    for name, (path, body) in refused.items():
        yield name, path, repeat(body.ljust(BODY_BYTES_MAX), repeats)


def _processor(server: Running, repeats: int) -> Table:
    shown = table("Processor time of a server for one hostile body", "", "status", "kB", "ms")
    for name, body in HOSTILE.items():
        used = server.cpu_seconds()
        for _ in range(repeats):
            status = _status(server, BATCH_PATH, body)
        used_ms = (server.cpu_seconds() - used) / repeats * 1e3
        shown.add_row(name, str(status), f"{len(body) / 1e3:,.0f}", f"{used_ms:.1f}")
    return shown


def _half_open(server: Running, ids: list[str], seconds: int) -> Table:
    shown = table(f"{PER_SECOND} single events a second for {seconds} s", "beside them", "p50 ms", "p99 ms", "most ms")
    requests = [
        encode_request(SINGLE_PATH, AUTHORIZATION, json.dumps(event).encode())
        for event in events(ids, PER_SECOND * seconds, 1)
    ]
    ending = threading.Event()
    for name in ("nobody", f"{HALF_OPEN:,} half-open connections"):
        holding = threading.Thread(target=_hold, args=(server.port, ending))
        if name != "nobody":
            holding.start()
            time.sleep(1)
        load = drive(server.port, requests, 8, PER_SECOND)
        ending.set()
        if holding.ident is not None:
            holding.join()
        shown.add_row(name, *_figures(load))
        ending.clear()
    return shown


def _figures(load: Load) -> list[str]:
    return [f"{load.percentile_ms(percent):.2f}" for percent in (50, 99, 100)]


def _hold(port: int, ending: threading.Event) -> None:
    """Keeps so many connections half open until it is told to end; whichever is closed, another takes its place."""
    poll, open_ = select.epoll(), dict[int, socket.socket]()
    while not ending.is_set():
        while len(open_) < HALF_OPEN:
            connection = socket.create_connection(("127.0.0.1", port))
            connection.sendall(UNENDING)
            open_[connection.fileno()] = connection
            poll.register(connection, select.EPOLLIN)
        for number, _ in poll.poll(0.1):
            open_.pop(number).close()
    for connection in open_.values():
        connection.close()
    poll.close()


def _status(server: Running, path: str, body: bytes) -> int:
    with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE_SECONDS) as connection:
        connection.sendall(encode_request(path, AUTHORIZATION, body))
        return int(connection.recv(65_536).split()[1])


def _resident_bytes(server: Running, name: str) -> int:
    """`VmRSS`, what a process holds now, or `VmHWM`, the most since that was last forgotten."""
    for line in Path(f"/proc/{server.process.pid}/status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) * 1024
    raise RuntimeError(f"the system tells no {name}")

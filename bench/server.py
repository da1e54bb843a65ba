"""A real server in a process of its own, on a core of its own, with its data in a temporary folder."""

import base64
import json
import os
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

from msgspec import Struct

SERVER_CORE = 0
CLIENT_CORE = 1
PUBLIC_KEY, SECRET_KEY = "pk_bench", "sk_bench"
KEYS = {"OCTY_PUBLIC_KEY": PUBLIC_KEY, "OCTY_SECRET_KEY": SECRET_KEY}
AUTHORIZATION = base64.b64encode(f"{PUBLIC_KEY}:{SECRET_KEY}".encode()).decode()


class Running(Struct, frozen=True):
    """A server that answers."""

    port: int
    process: "subprocess.Popen[str]"
    data: Path

    def cpu_seconds(self) -> float:
        """What it has used of its core so far: steadier than the clock where others use the machine too."""
        return cpu_seconds(self.process.pid)

    def post(self, path: str, body: object) -> dict[str, Any]:
        """A decoded answer."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}",
            json.dumps(body).encode(),
            {"Authorization": AUTHORIZATION, "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request) as answer:
            return cast("dict[str, Any]", json.load(answer))

    def get(self, path: str) -> dict[str, Any]:
        """A decoded answer."""
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", None, {"Authorization": AUTHORIZATION})
        with urllib.request.urlopen(request) as answer:
            return cast("dict[str, Any]", json.load(answer))


def cpu_seconds(pid: int) -> float:
    """What a process has used of the processor so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def serving(
    *options: str, prepare: Callable[[Path], None] | None = None, memory_bytes: int | None = None, speed: float = 1
) -> Iterator[Running]:
    """A server, durable as in production, for as long as the context lasts; `prepare` fills its folder before.

    Its clock goes `speed` times as fast as time.
    """
    with tempfile.TemporaryDirectory(prefix="octy-bench-") as folder:
        data = Path(folder) / "data"
        if prepare is not None:
            prepare(data)
        with running(data, *options, memory_bytes=memory_bytes, speed=speed) as server:
            yield server


@contextmanager
def running(data: Path, *options: str, memory_bytes: int | None = None, speed: float = 1) -> Iterator[Running]:
    """A server of a data folder on one core, and this process on the other; with so much memory, where that can be."""
    group = None if memory_bytes is None else _memory_group(memory_bytes)
    via = [] if group is None else ["sh", "-c", f'echo $$ > {group}/cgroup.procs && exec "$@"', "sh"]
    process = subprocess.Popen(
        [*via, *command(data, speed), *options], env=environment(), stdout=subprocess.PIPE, text=True
    )
    os.sched_setaffinity(process.pid, {SERVER_CORE})
    os.sched_setaffinity(0, {CLIENT_CORE % (os.cpu_count() or 1)})
    try:
        yield Running(port_in(process), process, data)
    finally:
        process.terminate()
        process.wait(timeout=30)
        if group is not None:
            group.rmdir()
        os.sched_setaffinity(0, range(os.cpu_count() or 1))


def _memory_group(memory_bytes: int) -> Path | None:
    """A control group (version 1) whose processes get no more memory than that; None where none can be made."""
    group = Path("/sys/fs/cgroup/memory") / f"octy-bench-{os.getpid()}"
    try:
        group.mkdir()
        (group / "memory.limit_in_bytes").write_text(str(memory_bytes))
    except OSError:
        return None
    return group


@contextmanager
def on_core(core: int) -> Iterator[None]:
    """Keeps the own process, with all threads that it starts, on one core."""
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, range(os.cpu_count() or 1))


def command(data: Path, speed: float = 1) -> list[str]:
    """Serves a data folder on any free port."""
    octy = [str(Path(sys.executable).with_name("octy"))]
    return [*(octy if speed == 1 else hurried(speed)), "serve", "--port", "0", "--data", str(data)]


def hurried(speed: float) -> list[str]:
    """The operator's command on a clock that goes so many times as fast as time."""
    return [sys.executable, "-m", "bench.hurried", str(speed)]


def environment() -> dict[str, str]:
    """With the keys of the account that the benches use."""
    return os.environ | KEYS


def port_in(process: "subprocess.Popen[str]") -> int:
    """The port, once the server says that it serves."""
    assert process.stdout is not None
    line = process.stdout.readline()
    return int(line.split("http://127.0.0.1:")[1].split(".")[0].split()[0])

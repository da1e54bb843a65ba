"""Runs a decoder over many inputs: what it says of them, how many, and which took longest."""

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice

from tests.fuzzing.decoders import Decoder

CPU_SECONDS_MAX = 1.0
"""Of one input, in the thread that decodes it."""
FAULTS_MAX = 5


@dataclass
class Run:
    """What came out."""

    executions: int = 0
    slowest: tuple[float, bytes] = (0.0, b"")
    """Seconds of CPU, and the input."""
    faults: list[str] = field(default_factory=list)

    def slowest_shown(self) -> str:
        """As a line."""
        seconds, content = self.slowest
        return f"{seconds * 1_000:.1f} ms: {content[:60]!r} ({len(content)} bytes)"


def run(decoder: Decoder, seed: int, executions: int) -> Run:
    """The same inputs for the same seed."""
    return take_all(decoder, islice(decoder.inputs(seed), executions))


def take_all(decoder: Decoder, inputs: Iterable[bytes]) -> Run:
    """Stops after some faults."""
    found = Run()
    for content in inputs:
        began = time.thread_time()
        try:
            decoder.take(content)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is a fault
            found.faults.append(f"{type(error).__name__}: {error} for {content[:2_000]!r}")
        seconds = time.thread_time() - began
        found.executions += 1
        found.slowest = max(found.slowest, (seconds, content))
        if seconds > CPU_SECONDS_MAX:
            found.faults.append(f"{seconds:.2f} s of CPU for {content[:2_000]!r}")
        if len(found.faults) >= FAULTS_MAX:
            break
    return found


def lines(name: str, seed: int, found: Run) -> Iterator[str]:
    """What is printed of a run."""
    yield f"{name}: seed {seed}, {found.executions:,} executions, slowest {found.slowest_shown()}"
    yield from found.faults

"""`make fuzz`: so many inputs to each decoder, and so many requests to the operations of the OpenAPI document.

Each decoder, and the document, has a process and a server of its own, on as many at a time as there are cores.
"""

import logging
import os
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import structlog

from tests.conftest import IN_MEMORY
from tests.fuzzing.decoders import NAMES, decoders
from tests.fuzzing.document import ask, keyless
from tests.fuzzing.running import lines, run
from tests.integration.http.world import World

EXAMPLES = 100
"""Of one operation in one round; a round ends by itself."""
DOCUMENT = "document"


def main() -> int:
    """The exit code: whether anything was found."""
    seed = int(os.environ.get("SEED", "1"))
    inputs, cases = int(os.environ.get("INPUTS", "100000")), int(os.environ.get("CASES", "10000"))
    with ProcessPoolExecutor(os.cpu_count(), get_context("fork"), _be_quiet) as processes:
        tasks = [
            processes.submit(_document, seed, cases) if name == DOCUMENT else processes.submit(_one, name, seed, inputs)
            for name in os.environ.get("ONLY", "").split() or [DOCUMENT, *NAMES]
        ]
    return int(any(task.result() for task in tasks))


def _be_quiet() -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))


def _folder() -> "tempfile.TemporaryDirectory[str]":
    """In memory where that can be: nobody asks whether it is durable."""
    return tempfile.TemporaryDirectory(prefix="octy-fuzz-", dir=IN_MEMORY if IN_MEMORY.is_dir() else None)


def _one(name: str, seed: int, inputs: int) -> bool:
    """Whether anything was found by a decoder's inputs."""
    with _folder() as folder, decoders(Path(folder)) as known:
        result = run(known[name], seed, inputs)
        print(*lines(name, seed, result), sep="\n", flush=True)
    return bool(result.faults)


def _document(seed: int, cases: int) -> bool:
    """The same of the OpenAPI document, round after round, each with a seed and an account of its own."""
    done, is_bad = 0, False
    with _folder() as folder:
        world = World(Path(folder))
        while done < cases:
            result = ask(world, world.account(), seed, EXAMPLES, cases - done)
            done += result.cases
            is_bad |= bool(result.faults)
            seconds, operation = result.slowest
            said = f"{result.cases:,} cases, {dict(result.statuses)}, slowest {seconds:.2f} s: {operation[:80]}"
            print(f"{DOCUMENT}: seed {seed}, {said}")
            for kind, example in result.faults.items():
                print(f"  {kind}: {example[:1_000]}")
            sys.stdout.flush()
            seed += 1
        open_ones = list(keyless(world))
        world.close()
    print(f"{DOCUMENT}: {done:,} cases in all; answering without keys: {open_ones or 'none that should not'}")
    return is_bad or bool(open_ones)


if __name__ == "__main__":
    sys.exit(main())

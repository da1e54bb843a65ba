"""`make fuzz`: so many inputs to each decoder, and so many requests to the operations of the OpenAPI document."""

import logging
import os
import sys
import tempfile
from pathlib import Path

import structlog

from tests.fuzzing.decoders import decoders
from tests.fuzzing.document import ask, keyless
from tests.fuzzing.running import lines, run
from tests.integration.http.world import World

EXAMPLES = 100
"""Of one operation in one round; a round ends by itself."""


def main() -> int:
    """The exit code: whether anything was found."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    seed = int(os.environ.get("SEED", "1"))
    wanted = os.environ.get("ONLY", "").split()
    found = False
    with tempfile.TemporaryDirectory(prefix="octy-fuzz-") as folder:
        with decoders(Path(folder)) as known:
            for name in wanted or known:
                if name in known:
                    result = run(known[name], seed, int(os.environ.get("INPUTS", "100000")))
                    print(*lines(name, seed, result), sep="\n", flush=True)
                    found |= bool(result.faults)
        if not wanted or "document" in wanted:
            found |= _document(Path(folder), seed, int(os.environ.get("CASES", "10000")))
    return int(found)


def _document(folder: Path, seed: int, cases: int) -> bool:
    world, done, is_bad = World(folder / "document"), 0, False
    while done < cases:
        result = ask(world, world.account(), seed, EXAMPLES, cases - done)
        done += result.cases
        is_bad |= bool(result.faults)
        seconds, operation = result.slowest
        said = f"{result.cases:,} cases, {dict(result.statuses)}, slowest {seconds:.2f} s: {operation[:80]}"
        print(f"document: seed {seed}, {said}")
        for kind, example in result.faults.items():
            print(f"  {kind}: {example[:1_000]}")
        sys.stdout.flush()
        seed += 1
    open_ones = list(keyless(world))
    world.close()
    print(f"document: {done:,} cases in all; answering without keys: {open_ones or 'none that should not'}")
    return is_bad or bool(open_ones)


if __name__ == "__main__":
    sys.exit(main())

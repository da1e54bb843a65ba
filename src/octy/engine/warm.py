"""`python -m octy.engine.warm`: compiles every kernel once, so that no server start and no test has to."""

import os
import shutil
from concurrent.futures import ProcessPoolExecutor

import numpy as np

from octy.engine.chronicle import Instants, People, Value, chronicle_of
from octy.engine.kernels.compiled import CACHE
from octy.engine.loading import definition, live_through, load, read_history, small_runs
from octy.engine.preview import members


def warm() -> None:
    """Calls every kernel: a server's, and those of jobs and previews."""
    load()
    look_back()


def look_back() -> None:
    """What jobs and previews call."""
    runs = small_runs()
    live = definition("live", 2, ("a", "action"), ("b", "inaction"))
    past = definition("past", 1, ("a", "action"), ("c", "action"))
    members([past], {"a": 0}, runs, 1, now_us=20, threads=1)
    people = People(np.zeros(1, np.int64), np.ones(1, np.bool_), np.ones((2, 1), np.bool_))
    list(chronicle_of([live, past], {"a": 0}, runs, people, Instants([20]), "a", "a", 1, value=Value("price", float)))


def compile_on_all_cores() -> None:
    """Compiles every kernel: each of these has some of its own, which take longer than those that they share."""
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        for compiling in [pool.submit(call) for call in (look_back, live_through, read_history)]:
            compiling.result()


def tidy() -> None:
    """Removes kernels that were compiled from other sources."""
    for folder in CACHE.parent.glob("compiled-*"):
        if folder != CACHE:
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    compile_on_all_cores()
    tidy()

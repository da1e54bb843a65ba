"""A job takes no more of a core than it is allowed, also where it does not say how far it is."""

import subprocess
import sys

BUSY = """
import time
from octy.service.jobs import pace

rests = []
time.sleep = rests.append
pace.Pace(0.2).keep()
while time.process_time() < 1.0:
    pass
print(sum(rests))
"""


def test_a_job_that_says_nothing_rests_by_itself() -> None:
    """What it would have rested, in processor time of its own: four times what it has used."""
    done = subprocess.run([sys.executable, "-c", BUSY], capture_output=True, text=True, check=True)
    assert 2.0 < float(done.stdout) < 4.2


ENDING = """
import atexit, signal
from octy.service.jobs import pace

atexit.register(lambda: print(signal.getitimer(signal.ITIMER_PROF)))
pace.Pace(0.2).keep()
"""


def test_nothing_is_to_come_once_a_job_ends() -> None:
    """Else it may come when Python has given up its handlers, and then it kills."""
    done = subprocess.run([sys.executable, "-c", ENDING], capture_output=True, text=True, check=True)
    assert done.stdout == "(0.0, 0.0)\n"

"""`python -m bench.hurried 6 serve …`: the operator's command on a clock that goes six times as fast.

What is bound to hours of service time happens in minutes: windows end, tags are taken off, what is old goes. What is
bound to work that was done (moves into the archive, merges, checkpoints) comes as often as its events do, and what is
done by elapsed time alone (free memory given back, looks of the audit) comes six times less often for each event.
"""

import sys
import time
from functools import partial

from octy.server import main, serve
from octy.service.clock import SystemClock

_US_PER_NS = 1e-3


def _hurried_us(began_us: int, speed: float) -> int:
    elapsed_us = time.clock_gettime_ns(time.CLOCK_BOOTTIME) * _US_PER_NS
    return began_us + round(elapsed_us * speed)


def run() -> None:
    """Takes the speed off the arguments, and runs the command with the rest."""
    speed = float(sys.argv.pop(1))
    began_us = time.time_ns() // 1000 - _hurried_us(0, speed)
    hurried = partial(SystemClock, partial(_hurried_us, began_us, speed), partial(_hurried_us, 0, speed))
    setattr(serve, SystemClock.__name__, hurried)
    main.main()


if __name__ == "__main__":
    run()

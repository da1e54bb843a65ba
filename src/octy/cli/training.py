"""`octy-cli train`: a training begins, and is watched to its end where that is wanted."""

import time

from octy.cli.failures import LinesRefused
from octy.cli.output import complain, say
from octy.cli.progress import progress
from octy.client import Octy
from octy.client.views import TrainingView

LOOK_EVERY_SECONDS = 0.5
STEPS = 1_000
"""Of a bar."""


def train(server: Octy, algorithm: str, *, wait: bool) -> bool:
    """False where it has failed."""
    begun = server.start_training(algorithm)
    say(f"Training job {begun.training_job_id} is to begin.")
    if not wait:
        say("`octy-cli get trainings` tells how far it is.")
        return True
    ended = _watched(server, begun)
    if ended.status == "completed":
        say("It has completed; `octy-cli get churnreport` shows what it has learnt.")
        return True
    complain(f"It has failed: {ended.error}")
    return False


def _watched(server: Octy, job: TrainingView) -> TrainingView:
    shown = 0
    with progress("Training", STEPS) as advance:
        while not job.has_ended:
            time.sleep(LOOK_EVERY_SECONDS)
            found = server.trainings([job.training_job_id])
            if not found:
                raise LinesRefused([f"{job.training_job_id}: the server does not know of it any more"])
            job = found[0]
            advance(int(STEPS * job.progress) - shown)
            shown = int(STEPS * job.progress)
    return job

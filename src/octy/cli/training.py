"""`octy-cli train`: a training begins, and is watched to its end where that is wanted."""

from octy.cli.failures import Interrupted
from octy.cli.output import complain, say
from octy.cli.progress import shares
from octy.client import Octy


def train(server: Octy, algorithm: str, *, wait: bool) -> bool:
    """False where it has failed."""
    begun = server.start_training(algorithm)
    say(f"Training job {begun.training_job_id} is to begin.")
    if not wait:
        say("`octy-cli get trainings` tells how far it is.")
        return True
    try:
        with shares("Training") as show:
            ended = server.training_ended(begun.training_job_id, show)
    except KeyboardInterrupt:
        raise Interrupted("Interrupted. The training goes on; `octy-cli get trainings` tells how far it is.") from None
    if ended.status == "completed":
        say("It has completed; `octy-cli get churnreport` shows what it has learnt.")
        return True
    complain(f"It has failed: {ended.error}")
    return False

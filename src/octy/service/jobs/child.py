"""`python -m octy.service.jobs.child`: a job's process. It is told a `Task` on stdin, and says how it goes on stdout.

It is as nice as it is told, changes nothing in the data folder but its own file, and ends when its stdin does, which is
when the server that began it has ended in whatever way.
"""

import os
import sys
import threading
from collections.abc import Mapping
from io import FileIO
from traceback import print_exc

import msgspec

from octy.model.errors import OctyError, Refused
from octy.model.jobs import JobKind
from octy.service.datasets.making import make_dataset
from octy.service.jobs.pace import Pace
from octy.service.jobs.task import Failed, Made, Maker, Progress, Report, Said, Task
from octy.service.training.making import make_training

MAKERS: Mapping[JobKind, Maker] = {JobKind.DATASET: make_dataset, JobKind.TRAINING: make_training}


def main() -> None:
    """Does one job."""
    said = FileIO(os.dup(sys.stdout.fileno()), "wb")
    sys.stdout = sys.stderr  # what a library prints is no word of ours
    told = FileIO(os.dup(sys.stdin.fileno()), "rb")
    task = msgspec.json.decode(told.readline(), type=Task)
    threading.Thread(target=_end_with, args=(told,), daemon=True).start()
    os.nice(task.niceness)
    pace = Pace(task.share)
    pace.keep()

    def report(progress: float) -> None:
        _say(said, Progress(progress))
        pace.rest()

    _say(said, _came(task, report))


def _came(task: Task, report: Report) -> Made | Failed:
    try:
        return MAKERS[task.kind](task, report)
    except Refused as error:
        return Failed("; ".join(error.messages))
    except OctyError as error:
        return Failed(str(error))
    except MemoryError:
        return Failed("There was not enough memory for it.")
    except OSError as error:
        return Failed(f"It could not be written or read: {error.strerror or error}.")
    except Exception as error:  # noqa: BLE001 - whatever it is, the job has failed, and the log says where
        print_exc()
        return Failed(f"Something went wrong in it ({type(error).__name__}); the server's log says more.")


def _say(to: FileIO, what: Said) -> None:
    to.write(msgspec.json.encode(what) + b"\n")


def _end_with(server: FileIO) -> None:
    """Where nothing more can come, nobody waits for the job."""
    server.read()
    os._exit(1)


if __name__ == "__main__":
    main()

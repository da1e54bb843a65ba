"""One process: a whole Octy on a folder, whose threads and loop go on when the simulation says so.

Nothing of the product is replaced but the ends at which it meets the machine: time, `os.fsync`, chance, threads, the
receiver's connection. What a thread of its own would do is done here, a turn at a time: the writer's groups, the
archiver, the backfills, the auditor, the preparer, the dispatcher's loop.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from random import Random

from octy.model.instants import NEVER
from octy.model.segments import Tally
from octy.service.backfills import finish
from octy.service.clock import SystemClock
from octy.service.octy import Octy
from octy.service.queue import Job
from octy.service.transaction import Transaction
from octy.store.folder import open_store
from octy.webhooks.dispatcher import Dispatcher
from tests.simulation.attempts import Attempts
from tests.simulation.disk import Disk
from tests.simulation.instants import Time
from tests.simulation.loop import StepLoop
from tests.simulation.receiver import Receiver
from tests.simulation.sender import WiredSender
from tests.simulation.turns import Worker

Work = Callable[[Transaction], None]


class Server:
    """From its start until it crashes or is stopped."""

    def __init__(
        self, folder: Path, time: Time, chance: Random, receiver: Receiver, attempts: Attempts, disk: Disk
    ) -> None:
        self.disk = disk
        self.folder = folder
        self.store = open_store(folder)
        self.octy = Octy(self.store, SystemClock(), audit_share=0)  # its thread's turns are given here
        self.writer = self.octy._writer
        self.archiver = Worker("archiver", self.writer._archiver.work)
        self.backfills = Worker("backfills", self._fold)
        self.writer._archiver._submit = partial(self._submit, self.archiver)
        self.writer._backfills._submit = partial(self._submit, self.backfills)
        self.auditor = Worker("auditor", self.octy.auditor.work)
        self.octy.auditor._submit = partial(self._submit, self.auditor)
        self.octy.auditor._random = chance
        self.preparer = Worker("preparer", self.octy._preparer.work)
        self.loop = StepLoop(time)
        sender = WiredSender(self.octy, self.store, receiver, attempts)
        self.dispatcher = Dispatcher(self.octy.outbox, sender, self.octy.clock, chance=chance)

    def start(self) -> None:
        """Brings the world back, and begins with the webhooks."""
        self.writer.start = self.writer._rebuild  # type: ignore[method-assign]
        self.octy._preparer.wake = lambda: None  # type: ignore[method-assign]
        self.octy.start()
        self.octy.on_webhooks(self.dispatcher.wake, self.dispatcher.forgive)
        self.loop.run_until_complete(self.dispatcher.start())

    # What it can be told to do

    @property
    def has_requests(self) -> bool:
        """Whether something waits for the writer."""
        return bool(self.writer._queue)

    def takes_group(self) -> Sequence[Job]:
        """What waits; nothing where the writer wakes because something is due, or may be."""
        group = self.writer._next_group() if self.writer._queue else []
        assert group is not None, "nobody has stopped it"
        return group

    def serves(self, group: Sequence[Job]) -> None:
        """One group, and what falls due with it."""
        self.writer._serve(list(group))

    def turns_loop(self, times: int) -> None:
        """The dispatcher and its attempts."""
        for _ in range(times):
            self.loop.turn()

    @property
    def wants_to_fold(self) -> bool:
        """Whether a backfill waits, or is under way."""
        return self.backfills.is_busy or bool(self.writer._backfills._waiting)

    # What is seen of it

    @property
    def now_us(self) -> int:
        """The instant through which everything is applied, of what was begun at least."""
        assert self.writer._world is not None
        return self.writer._world.now_us

    @property
    def due_us(self) -> int:
        """When time alone may next change something."""
        return NEVER if self.writer._world is None else self.writer._world.due_us()

    # Its end

    @property
    def audit(self) -> Tally:
        """What the server has found when it held its tags against its log by itself."""
        return self.octy.auditor.audit.all

    def ends(self) -> None:
        """The process is gone. What its threads still do, they do in a folder that nobody will see again."""
        self.archiver.dies()
        self.backfills.dies()
        self.auditor.dies()
        self.preparer.dies()
        self.loop.end()
        self.store.close()

    def _fold(self) -> None:
        backfills = self.writer._backfills
        if backfills._waiting:
            backfills._fold(*backfills._next())

    def _submit(self, worker: Worker, work: Work) -> "Future[None]":
        worker.pauses()
        return worker.waits_for(self.writer.submit_unrefused(work))


def ended_backfill(job: Job) -> int | None:
    """The segment whose backfill the job would end."""
    work = job.work
    return work.keywords["backfill"].key if isinstance(work, partial) and work.func is finish else None

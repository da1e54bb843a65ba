"""Routes of trainings: started, and followed to their ends."""

from litestar import Router, get, post
from litestar.params import JSONBody

from octy.http.answers import Json, counted, encode, ok, success
from octy.http.body import typed
from octy.http.idempotency import write
from octy.http.queries import Ids, page_headers, split_ids
from octy.http.requests import OctyRequest
from octy.http.wire.trainings import TrainingList, TrainingStarted, TrainingToStart, shown
from octy.model.idempotency import Answer
from octy.model.jobs import Job


@get("/", sync_to_thread=True)
def list_trainings(request: OctyRequest, ids: Ids = None) -> Json[TrainingList]:
    """Which trainings are there, and how far is each? All in one page."""
    rows = [shown(job) for job in request.reading.trainings(request.account_id, split_ids(ids))]
    return ok(TrainingList(success(f"{counted(len(rows), 'training')}.", len(rows)), rows), page_headers(rows))


@post("/start", status_code=202, dto=typed(TrainingToStart))
async def start_training(request: OctyRequest, data: JSONBody[TrainingToStart]) -> Json[TrainingStarted]:
    """Have a model trained: a dataset is made first, then learnt from; profiles tell what is foretold."""

    def answer(job: Job) -> Answer:
        return Answer(202, encode(TrainingStarted(success("The training is to begin.", 1), shown(job))))

    octy, account_id = request.octy, request.account_id
    return await write(request, lambda once: octy.start_training(account_id, data.algorithm, once), answer)


def router() -> Router:
    """The routes of this module."""
    return Router("/v1/retention/training", route_handlers=[list_trainings, start_training], tags=["Churn"])

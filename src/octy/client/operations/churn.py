"""The churn model: its trainings and their report (wire.md 3.8)."""

from collections.abc import Callable, Sequence

import msgspec

from octy.client.answers import ChurnReportAnswer, TrainingsAnswer, TrainingStartedAnswer
from octy.client.envelope import ErrorLine
from octy.client.errors import refusal
from octy.client.lists import listed
from octy.client.operations.datasets import LOOK_SECONDS
from octy.client.requests import Requests
from octy.client.steps import Page, Pause, Steps
from octy.client.views import ChurnReportView, TrainingView
from octy.model.algorithms import CHURN
from octy.model.values import shown

TRAINING = "/v1/retention/training"


def churn_report(requests: Requests) -> Steps[ChurnReportView]:
    """What the last training learnt; an error where none has come to its end."""
    answer = yield from requests.get("/v1/retention/churn_prediction/report", ChurnReportAnswer)
    return answer.churn_prediction_report


def start_training(requests: Requests, algorithm: str = CHURN) -> Steps[TrainingView]:
    """Has a model trained: a dataset is made, then learnt from. `trainings` tells how far it is."""
    body = msgspec.json.encode({"algorithm": algorithm})
    answer = yield from requests.post(f"{TRAINING}/start", body, TrainingStartedAnswer)
    return answer.training_job


def trainings(requests: Requests, ids: Sequence[str] = ()) -> Steps[Page[TrainingView]]:
    """The account's trainings in the order of the requests: all, or those with these ids."""
    return listed(requests, TRAINING, TrainingsAnswer, ids)


def training_ended(
    requests: Requests, training_job_id: str, on_progress: Callable[[float], None] | None = None
) -> Steps[TrainingView]:
    """Waits until it has completed or failed; `on_progress` is told how far it is, from 0 to 1."""
    while True:
        page = yield from trainings(requests, [training_job_id])
        if not page.rows:
            raise refusal([ErrorLine(f"There is no training with the id {shown(training_job_id)}.")], 404)
        found = page.rows[0]
        if on_progress is not None:
            on_progress(found.progress)
        if found.has_ended:
            return found
        yield Pause(LOOK_SECONDS)

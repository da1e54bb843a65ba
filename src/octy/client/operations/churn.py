"""The churn model: its trainings and their report (wire.md 3.8)."""

from collections.abc import Sequence

import msgspec

from octy.client.answers import ChurnReportAnswer, TrainingsAnswer, TrainingStartedAnswer
from octy.client.requests import Requests
from octy.client.steps import Steps
from octy.client.views import ChurnReportView, TrainingView
from octy.model.algorithms import CHURN

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


def trainings(requests: Requests, ids: Sequence[str] = ()) -> Steps[list[TrainingView]]:
    """The account's trainings in the order of the requests: all, or those with these ids."""
    parameters = {"ids": ",".join(ids)} if ids else {}
    answer = yield from requests.get(TRAINING, TrainingsAnswer, parameters)
    return answer.training_jobs

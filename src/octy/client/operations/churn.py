"""The churn model (wire.md 3.8)."""

from octy.client.answers import ChurnReportAnswer
from octy.client.requests import Requests
from octy.client.steps import Steps
from octy.client.views import ChurnReportView


def churn_report(requests: Requests) -> Steps[ChurnReportView]:
    """What the last training learnt; an error where none has come to its end."""
    answer = yield from requests.get("/v1/retention/churn_prediction/report", ChurnReportAnswer)
    return answer.churn_prediction_report

"""Routes of the churn model (wire.md 3.8)."""

from litestar import Router, get

from octy.http.answers import Json, ok, success
from octy.http.requests import OctyRequest
from octy.http.wire.churn import ChurnReportShown, shown
from octy.model.errors import Refused


@get("/report", sync_to_thread=True)
def show_churn_report(request: OctyRequest) -> Json[ChurnReportShown]:
    """How much churn is there, what does it hang on, and how far can the model be trusted? Of the last training."""
    report = request.reading.churn_report(request.account_id)
    if report is None:
        raise Refused("There is no churn report yet: no training of the churn model has come to its end.")
    return ok(ChurnReportShown(success("The report of the last training."), shown(report)))


def router() -> Router:
    """The routes of this module."""
    return Router("/v1/retention/churn_prediction", route_handlers=[show_churn_report], tags=["Churn"])

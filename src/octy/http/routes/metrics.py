"""How does the server fare, in numbers? As Prometheus reads them, and without keys: they say nothing of any account."""

from collections.abc import Iterable

from litestar import Response, Router, get
from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.registry import Collector

from octy.http.requests import OctyRequest
from octy.service.octy import Octy


class _OfOcty(Collector):
    """What there is to tell, gathered when it is asked for."""

    def __init__(self, octy: Octy) -> None:
        self._octy = octy

    def collect(self) -> Iterable[Metric]:
        """A family for each number."""
        audit = self._octy.auditor.audit
        yield GaugeMetricFamily("octy_ready", "1 while requests are served.", int(self._octy.readiness()[0]))
        yield GaugeMetricFamily(
            "octy_unarchived_event_bytes", "Events that are not in the archive yet, in memory.", self._octy.recent_bytes
        )
        yield CounterMetricFamily(
            "octy_audit_profiles_checked", "Profiles whose tags were held against the log.", audit.all.checked
        )
        yield CounterMetricFamily(
            "octy_audit_profiles_differing", "Of those, profiles with a tag that was not right.", audit.all.differing
        )
        yield CounterMetricFamily("octy_audit_tags_mended", "Tags that were made right.", audit.mended_tags)
        yield CounterMetricFamily("octy_audit_seconds", "Processor time that holding them took.", audit.seconds)


@get("/metrics", media_type="text/plain", sync_to_thread=True)
def show_metrics(request: OctyRequest) -> Response[bytes]:
    """How does the server fare? Text as Prometheus reads it."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_OfOcty(request.octy))
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_PLAIN_0_0_4)


def router() -> Router:
    """The route of this module."""
    return Router("/", route_handlers=[show_metrics], tags=["Application"])

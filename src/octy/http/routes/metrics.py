"""How does the server fare, in numbers? As Prometheus reads them, and without keys: they say nothing of any account.

Numbers are kept as plain integers where things happen, and put into words when somebody asks. No label is an account, a
profile or a segment, so there are as many series with a thousand accounts as with one.
"""

from collections.abc import Iterable, Iterator, Mapping

from litestar import Response, Router, get
from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.registry import Collector

from octy import __version__
from octy.http.requests import OctyRequest
from octy.http.watch import RequestCounts
from octy.model.histogram import Histogram
from octy.model.tags import CAUSE_TEXT, ChangeKind
from octy.service.octy import Octy

REASONS = ("profile_id", "event_type", "event_properties", "created_at", "message_id")
"""The fields for which events are refused, so that each is there from the start."""
UNREADABLE = "form"


class _OfOcty(Collector):
    """What there is to tell, gathered when it is asked for."""

    def __init__(self, octy: Octy, requests: RequestCounts) -> None:
        self._octy = octy
        self._requests = requests

    def collect(self) -> Iterable[Metric]:
        """A family for each number."""
        yield _labelled_gauge("octy_build_info", "Always 1.", "version", {__version__: 1})
        yield GaugeMetricFamily("octy_ready", "1 while requests are served.", int(self._octy.readiness().is_ready))
        yield CounterMetricFamily("octy_server_deaths", "Servers before this one that died.", self._octy.deaths)
        yield from self._of_requests()
        yield from self._of_events()
        yield from self._of_queue()
        yield from self._of_tags()
        yield from self._of_webhooks()
        yield from self._of_store()
        yield from self._of_audit()

    def _of_requests(self) -> Iterator[Metric]:
        requests = self._requests
        answered = CounterMetricFamily("octy_requests", "Requests that are done.", labels=["class", "status"])
        for (name, status), count in sorted(requests.statuses.copy().items()):
            answered.add_metric([name, status], count)
        yield answered
        yield _histograms("octy_request_seconds", "From a request's head to the end of its answer.", requests.seconds)
        yield GaugeMetricFamily("octy_requests_under_way", "Requests that are not done yet.", requests.under_way)

    def _of_events(self) -> Iterator[Metric]:
        counts = self._octy.counts
        yield CounterMetricFamily("octy_events_accepted", "Events that were stored.", counts.events_accepted)
        yield CounterMetricFamily(
            "octy_events_repeated", "Events that were stored before, by their message_id.", counts.events_repeated
        )
        refused = dict.fromkeys(REASONS, 0) | counts.events_refused | {UNREADABLE: self._octy.unread_events}
        yield _labelled_counter("octy_events_refused", "Events refused, by the field at fault.", "reason", refused)

    def _of_queue(self) -> Iterator[Metric]:
        octy, load = self._octy, self._octy.load()
        yield GaugeMetricFamily("octy_queue_requests", "Requests that wait for the writer.", load.requests)
        yield GaugeMetricFamily("octy_queue_objects", "Events, profiles and items in them.", load.objects)
        yield GaugeMetricFamily(
            "octy_queue_bytes", "Bodies of requests that are not answered.", self._requests.bytes_inside()
        )
        yield _histogram("octy_commit_seconds", "How long a group of requests took, with its commit.", octy.commits)
        yield CounterMetricFamily("octy_commits_failed", "Groups that could not be stored.", octy.commits_failed)

    def _of_tags(self) -> Iterator[Metric]:
        counts, load = self._octy.counts, self._octy.load()
        changes = CounterMetricFamily("octy_tag_changes", "Changes of tags.", labels=["kind", "cause"])
        for kind in ChangeKind:
            for cause, text in CAUSE_TEXT.items():
                changes.add_metric([kind.name.lower(), text], counts.changes[kind, cause])
        yield changes
        yield CounterMetricFamily("octy_matches", "Matches of live segments.", counts.matches)
        yield CounterMetricFamily("octy_engine_seconds", "Time that the engine took.", counts.engine_seconds)
        yield GaugeMetricFamily("octy_timers_pending", "Instants at which time may change a tag.", load.timers)
        yield CounterMetricFamily("octy_timers_set", "Instants that were noted since the start.", counts.timers_set)
        yield CounterMetricFamily(
            "octy_timers_fired", "Those of them at which time changed a tag.", counts.timers_fired
        )
        yield CounterMetricFamily(
            "octy_timers_cancelled", "Those that changed nothing, for something else had come.", counts.timers_cancelled
        )
        yield _histogram("octy_timer_lateness_seconds", "By how much a change by time came late.", counts.lateness)
        yield GaugeMetricFamily("octy_backfills_waiting", "Segments that are not backfilled yet.", load.backfills)
        yield CounterMetricFamily("octy_backfills", "Segments that were backfilled.", counts.backfills)

    def _of_webhooks(self) -> Iterator[Metric]:
        attempts = self._octy.attempts
        yield _labelled_counter(
            "octy_webhook_attempts", "Attempts to deliver a webhook.", "outcome", attempts.outcomes.copy()
        )
        yield _histogram("octy_webhook_attempt_seconds", "How long attempts took.", attempts.attempts)
        yield _histogram(
            "octy_webhook_first_attempt_seconds",
            "From the instant of what a webhook tells to its first attempt.",
            attempts.first_attempts,
        )
        yield GaugeMetricFamily("octy_webhooks_in_flight", "Webhooks that are being sent.", attempts.in_flight)

    def _of_store(self) -> Iterator[Metric]:
        octy, load, archiver = self._octy, self._octy.load(), self._octy.archiver
        yield _labelled_gauge("octy_stored_bytes", "The store's files.", "part", octy.stored_bytes())
        yield GaugeMetricFamily(
            "octy_unarchived_event_bytes", "Events that are not in the archive yet, in memory.", octy.recent_bytes
        )
        rows = {"events": load.unarchived_events, "changes": load.unarchived_changes}
        yield _labelled_gauge("octy_unarchived_rows", "Rows that are not in the archive yet.", "log", rows)
        yield CounterMetricFamily("octy_archive_moves", "Times that rows became a file.", archiver.moves)
        yield CounterMetricFamily("octy_archive_merges", "Times that files became one.", archiver.merges)
        yield CounterMetricFamily("octy_archive_failures", "Times that this failed.", archiver.failures)
        lag_seconds, broken_off = (0.0, 0) if octy.backup is None else (octy.backup.lag_seconds, octy.backup.failures)
        yield GaugeMetricFamily(
            "octy_continuous_backup_lag_seconds", "Since when no moment can be restored.", lag_seconds
        )
        yield CounterMetricFamily("octy_continuous_backup_failures", "Times that it was broken off.", broken_off)
        for name, count in {"accounts": load.accounts, "profiles": load.profiles, "segments": load.segments}.items():
            yield GaugeMetricFamily(f"octy_{name}", f"How many {name} there are.", count)
        yield GaugeMetricFamily(
            "octy_accounts_set_aside", "Accounts whose segments cannot be evaluated.", load.accounts_set_aside
        )

    def _of_audit(self) -> Iterator[Metric]:
        audit = self._octy.auditor.audit
        yield CounterMetricFamily(
            "octy_audit_profiles_checked", "Profiles whose tags were held against the log.", audit.all.checked
        )
        yield CounterMetricFamily(
            "octy_audit_profiles_differing", "Of those, profiles with a tag that was not right.", audit.all.differing
        )
        yield CounterMetricFamily("octy_audit_tags_mended", "Tags that were made right.", audit.mended_tags)
        yield CounterMetricFamily("octy_audit_seconds", "Processor time that holding them took.", audit.seconds)


def _labelled_counter(name: str, what: str, label: str, counts: Mapping[str, float]) -> Metric:
    family = CounterMetricFamily(name, what, labels=[label])
    for value, count in counts.items():
        family.add_metric([value], count)
    return family


def _labelled_gauge(name: str, what: str, label: str, counts: Mapping[str, float]) -> Metric:
    family = GaugeMetricFamily(name, what, labels=[label])
    for value, count in counts.items():
        family.add_metric([value], count)
    return family


def _histogram(name: str, what: str, histogram: Histogram) -> Metric:
    return HistogramMetricFamily(name, what, buckets=list(histogram.cumulated()), sum_value=histogram.sum)


def _histograms(name: str, what: str, histograms: Mapping[str, Histogram]) -> Metric:
    family = HistogramMetricFamily(name, what, labels=["class"])
    for value, histogram in histograms.items():
        family.add_metric([value], buckets=list(histogram.cumulated()), sum_value=histogram.sum)
    return family


MEDIA_TYPE = CONTENT_TYPE_PLAIN_0_0_4.partition("; charset")[0]
"""Litestar says the charset of every text."""


@get("/metrics", media_type="text/plain", sync_to_thread=True)
def show_metrics(request: OctyRequest) -> Response[bytes]:
    """How does the server fare? Text as Prometheus reads it."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_OfOcty(request.octy, request.app.state.requests))
    ProcessCollector(registry=registry)
    return Response(generate_latest(registry), media_type=MEDIA_TYPE)


def router() -> Router:
    """The route of this module."""
    return Router("/", route_handlers=[show_metrics], tags=["Application"])

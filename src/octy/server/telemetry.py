"""Spans for whoever collects them: sent in OpenTelemetry's protocol, OTLP over HTTP, to a collector that is named.

OpenTelemetry's own library sends them, from a thread of its own and in batches. A collector that does not answer costs
spans and a warning in the log, never a request.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from octy import __version__
from octy.model.errors import StoreError
from octy.model.tracing import Report, Span, Trace

NS_PER_SECOND = 1_000_000_000
SEND_SECONDS_MAX = 2
"""How long a collector may take for a batch, repeats among it: the end waits for the last one."""


@contextmanager
def reporting(endpoint: str) -> Iterator[Report]:
    """Sends spans to a collector's URL until the end, which sends what is left. StoreError without the library."""
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import ReadableSpan
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
        from opentelemetry.sdk.util.instrumentation import InstrumentationScope
        from opentelemetry.trace import SpanContext, SpanKind, TraceFlags
        from opentelemetry.trace.status import Status, StatusCode
    except ImportError:
        wanted = "pip install 'octy-segmentation[opentelemetry]'"
        raise StoreError(f"--otlp-endpoint needs OpenTelemetry's library: {wanted}") from None

    resource = Resource.create({"service.name": "octy", "service.version": __version__})
    scope = InstrumentationScope("octy", __version__)
    processor = BatchSpanProcessor(OTLPSpanExporter(endpoint=endpoint, timeout=SEND_SECONDS_MAX))

    def context(trace: Trace, span: str) -> SpanContext:
        flags = TraceFlags(int(trace.flags, 16))
        return SpanContext(int(trace.id, 16), int(span, 16), is_remote=False, trace_flags=flags)

    def report(span: Span) -> None:
        trace = span.trace
        processor.on_end(
            ReadableSpan(
                name=span.name,
                context=context(trace, trace.span),
                parent=context(trace, trace.caller) if trace.caller else None,
                resource=resource,
                attributes=span.facts,
                kind=SpanKind.CLIENT if span.is_call else SpanKind.SERVER,
                status=Status(StatusCode.ERROR if span.has_failed else StatusCode.UNSET),
                start_time=span.ended_ns - round(span.took_seconds * NS_PER_SECOND),
                end_time=span.ended_ns,
                instrumentation_scope=scope,
            )
        )

    try:
        yield report
    finally:
        processor.shutdown()  # type: ignore[no-untyped-call]

"""One trace from a request to the webhook that it causes, and to what is logged (C40)."""

import json

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests import canaries
from tests.acceptance.account import Account, step
from tests.acceptance.processes import Machine, wait_for
from tests.acceptance.receiver import Receiver

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


def test_a_request_s_trace_is_its_answer_s_its_webhook_s_and_its_log_s(machine: Machine, receiver: Receiver) -> None:
    server = machine.serve("--allow-private-webhooks", "--log-level", "debug")
    account = Account(server)
    account.send_webhooks_to(receiver.url)
    account.event_type("payment_error", "bank")
    account.segment("payment trouble", "live", 1, step("payment_error"))
    ana, ben = account.profiles("ana", "ben")
    sent = {"traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"}
    event = {"event_type": "payment_error", "profile_id": ana}
    answer = account.http.post("/v1/retention/events/create", json=event, headers=sent)
    assert answer.headers["x-request-id"] == TRACE
    (told,) = receiver.wait_for(1)
    version, trace_id, parent, flags = told.headers["traceparent"].split("-")
    assert (version, trace_id, flags) == ("00", TRACE, "01")
    assert parent != "00f067aa0ba902b7"
    own = account.http.post("/v1/retention/events/create", json=event | {"profile_id": ben}).headers["x-request-id"]
    assert receiver.wait_for(2)[1].headers["traceparent"].split("-")[1] == own != TRACE
    wait_for("both to be logged", lambda: server.stderr.count("webhooks.delivered") == 2)
    lines = [json.loads(line) for line in server.stderr.splitlines()]
    assert [one["trace_id"] for one in lines if one["event"] == "webhooks.delivered"] == [TRACE, own]
    server.stop()


def test_who_collects_spans_can_draw_who_called_whom(machine: Machine, receiver: Receiver) -> None:
    """OpenTelemetry's protocol, as its own library reads it; what a caller does not want recorded is not sent."""
    collector = Receiver()
    server = machine.serve(
        "--allow-private-webhooks", "--otlp-endpoint", f"{collector.url}/v1/traces", "--trace-share", "0"
    )
    account = Account(server)
    account.send_webhooks_to(receiver.url)
    account.event_type("payment_error", "bank")
    account.segment("payment trouble", "live", 1, step("payment_error"))
    ana, ben = account.profiles("ana", "ben")
    for who, flags in ((ana, "01"), (ben, "00")):
        sent = {"traceparent": f"00-{TRACE}-00f067aa0ba902b7-{flags}"}
        account.http.post(
            "/v1/retention/events/create", json={"event_type": "payment_error", "profile_id": who}, headers=sent
        )
    told = receiver.wait_for(2)
    server.stop()
    request, webhook = sorted(_spans(collector), key=lambda span: span.start_time_unix_nano)
    assert {request.trace_id.hex(), webhook.trace_id.hex()} == {TRACE}
    assert request.parent_span_id.hex() == "00f067aa0ba902b7"
    assert webhook.parent_span_id == request.span_id
    assert webhook.span_id.hex() in {one.headers["traceparent"].split("-")[2] for one in told}
    assert [(span.name, Span.SpanKind.Name(span.kind)) for span in (request, webhook)] == [
        ("event", "SPAN_KIND_SERVER"),
        ("webhook", "SPAN_KIND_CLIENT"),
    ]
    facts = {one.key: one.value.int_value for one in request.attributes}
    assert facts["http.response.status_code"] == 201
    assert all(0 < span.end_time_unix_nano - span.start_time_unix_nano < 60e9 for span in (request, webhook))


def test_a_collector_that_is_not_there_costs_spans_alone(machine: Machine) -> None:
    server = machine.serve("--otlp-endpoint", "http://127.0.0.1:9/v1/traces", "--trace-share", "1")
    account = Account(server)
    account.profiles("ana")
    assert "Failed to export spans" in server.stop(had_trouble=True).stderr
    refused = machine.run("octy", "serve", "--otlp-endpoint", "collector:4318")
    assert refused.code == 2
    assert "'collector:4318' is no URL of a collector; expected such as http" in refused.stderr


def _spans(collector: Receiver) -> list[Span]:
    for one in collector.deliveries:
        canaries.keep_spans(one.body)
    requests = [ExportTraceServiceRequest.FromString(one.body) for one in collector.deliveries]
    scopes = [scope for one in requests for resource in one.resource_spans for scope in resource.scope_spans]
    return [span for scope in scopes for span in scope.spans]

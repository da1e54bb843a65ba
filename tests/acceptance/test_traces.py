"""One trace from a request to the webhook that it causes, and to what is logged (C40)."""

import json

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

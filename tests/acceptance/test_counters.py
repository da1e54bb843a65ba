"""The instruments are right (C40): after a run, /metrics says to the last event what clients and the store say.

In a sandbox, so that time alone changes tags too; its receiver fails, delivers and gives up.
"""

import re
from collections import Counter
from collections.abc import Mapping
from functools import partial
from itertools import count, cycle
from typing import Any

from prometheus_client.parser import text_string_to_metric_families

from octy.model.instants import US_PER_DAY, US_PER_MINUTE, iso, parse_instant
from octy.model.tags import CAUSE_TEXT, Cause, ChangeKind
from tests.acceptance.account import CONFIGURATION, CONTACT, Account, Json, step
from tests.acceptance.ledger import EVENTS
from tests.acceptance.processes import Machine, Server, wait_for
from tests.acceptance.receiver import Receiver
from tests.logs import opened

SINGLE = "/v1/retention/events/create"
CUSTOMERS = 20
START = "2024-01-01T00:00:00Z"
START_US = parse_instant(START)


class Ledger:
    """What a client knows of its events and its requests."""

    def __init__(self, account: Account) -> None:
        self.events: Counter[str] = Counter()
        """Accepted, repeated, or the field for which they were refused."""
        self.requests: Counter[tuple[str, str]] = Counter()
        self._http = account.http

    def batch(self, *events: Json) -> None:
        """Sends some; notes what is said of each."""
        answer = self._http.post(EVENTS, json={"events": events})
        self.requests["event_batch", f"{answer.status_code // 100}xx"] += 1
        body = answer.json()
        failed = body["failed_to_create"] if answer.status_code == 201 else body["error"]["errors"]
        self.events.update(re.split(r"[:\[.]", line["error_message"])[0] for line in failed)
        created = body.get("created_events", [])
        self.events.update("repeated" if one.get("duplicate") else "accepted" for one in created)
        assert len(created) + len(failed) == len(events)

    def single(self, event: Json) -> None:
        """One alone."""
        answer = self._http.post(SINGLE, json=event)
        self.requests["event", f"{answer.status_code // 100}xx"] += 1
        if answer.status_code == 201:
            self.events["repeated" if answer.json().get("duplicate") else "accepted"] += 1
        else:
            (line,) = answer.json()["error"]["errors"]
            self.events[line["error_message"].partition(":")[0]] += 1


def test_every_counter_is_what_clients_and_the_store_say(machine: Machine, receiver: Receiver) -> None:
    server = machine.sandbox(START, "--allow-private-webhooks", "--webhook-pauses", "60s")
    account = Account(server)
    account.post(CONFIGURATION, CONTACT | {"webhook_url": receiver.url, "authenticated_id_key": ""})
    receiver.moods = partial(next, cycle((500, 204)))
    account.event_type("view", "page")
    account.segment("viewers", "past", 1, step("view"), days=30)
    account.segment("paid", "live", 1, step("charged"))
    account.segment("left", "live", 2, step("view", minutes=5), step("charged", "inaction"))
    ledger, ids = Ledger(account), account.profiles(*(f"customer {number}" for number in range(CUSTOMERS)))
    for number, who in enumerate(ids):
        view = {"event_type": "view", "profile_id": who, "message_id": f"view {number}"}
        paid = {"event_type": "charged", "profile_id": who}
        wrong = [view | {"profile_id": "nobody"}, view | {"event_type": "none"}, paid | {"created_at": "never"}]
        ledger.batch(view, view, *wrong[: number % 4], *[paid] * (number % 3))
        ledger.single(wrong[number % 3])
        ledger.single(view)
    account.segment("viewers too", "past", 1, step("view"), days=3)
    days = count(1)
    account.move_clock(iso(START_US + 5 * US_PER_MINUTE))
    while _rests(account, server) and _rows(server, "SELECT 1 FROM store.outbox WHERE state = 'pending'"):
        account.move_clock(iso(START_US + next(days) * US_PER_DAY))
    _check_webhooks(_metrics(account), server, receiver)
    account.move_clock(iso(START_US + 100 * US_PER_DAY))
    told = _metrics(account)
    server.stop()
    _check_events(told, ledger, server)
    _check_tags(told, server)
    _check_timers(told, server)
    assert told["octy_timers_pending"] == 0, "all has fallen due"


def _check_events(told: Mapping[str, float], ledger: Ledger, server: Server) -> None:
    assert told["octy_events_accepted_total"] == ledger.events.pop("accepted")
    assert told["octy_events_accepted_total"] == _rows(server, "SELECT count(*) FROM events")[0][0]
    assert told["octy_events_repeated_total"] == ledger.events.pop("repeated")
    refused = _labelled(told, "octy_events_refused_total")
    assert ledger.events
    assert refused == ledger.events
    for (name, status), requests in ledger.requests.items():
        assert told[f"octy_requests_total {name} {status}"] == requests
        assert told[f"octy_request_seconds_count {name}"] == sum(
            number for (other, _), number in ledger.requests.items() if other == name
        )


def _check_tags(told: Mapping[str, float], server: Server) -> None:
    history = _rows(server, "SELECT kind, cause, count(*) FROM tag_history GROUP BY 1, 2")
    changes = {f"{CAUSE_TEXT[Cause(cause)]} {ChangeKind(kind).name.lower()}": number for kind, cause, number in history}
    assert {"event created", "elapsed time created", "elapsed time removed", "backfill created"} <= set(changes)
    assert _labelled(told, "octy_tag_changes_total") == changes
    gone = sum(number for kind, _, number in history if kind == ChangeKind.REMOVED)
    made = sum(number for kind, _, number in history if kind == ChangeKind.CREATED)
    assert _rows(server, "SELECT count(*) FROM store.tags") == [(made - gone,)]


def _check_timers(told: Mapping[str, float], server: Server) -> None:
    """A customer's open window is an instant, and so is each end of a membership that a customer's view moves on."""
    ((fired,),) = _rows(server, f"SELECT count(*) FROM tag_history WHERE cause = {int(Cause.TIME)}")
    assert told["octy_timers_fired_total"] == fired
    assert told["octy_timers_cancelled_total"] == told["octy_timers_set_total"] - fired - told["octy_timers_pending"]
    assert told["octy_timers_cancelled_total"] > 0, "some customers paid before their windows ended"


def _check_webhooks(told: Mapping[str, float], server: Server, receiver: Receiver) -> None:
    ((made, attempts),) = _rows(server, "SELECT count(*), sum(attempts) FROM store.outbox")
    ends = dict(_rows(server, "SELECT state, count(*) FROM store.outbox GROUP BY 1"))
    assert set(ends) == {"delivered", "failed"}
    assert told["octy_matches_total"] == made
    assert len(receiver.deliveries) == attempts
    assert _labelled(told, "octy_webhook_attempts_total") == {
        "delivered": ends["delivered"],
        "given_up": ends["failed"],
        "postponed": attempts - made,
    }
    assert told["octy_webhook_attempt_seconds_count"] == attempts
    assert told["octy_webhook_first_attempt_seconds_count"] == made


def _rests(account: Account, server: Server) -> bool:
    """Waits until nothing is due; then true."""
    due = f"SELECT 1 FROM store.outbox WHERE state = 'pending' AND next_attempt_us <= {parse_instant(account.clock())}"
    wait_for("webhooks to be sent", lambda: not _rows(server, due))
    return True


def _rows(server: Server, question: str) -> list[tuple[Any, ...]]:
    with opened(server.data) as connection:
        return connection.execute(question).fetchall()


def _metrics(account: Account) -> dict[str, float]:
    """Every sample, under its name and labels."""
    return {
        " ".join((sample.name, *sample.labels.values())): sample.value
        for family in text_string_to_metric_families(account.http.get("/metrics").text)
        for sample in family.samples
    }


def _labelled(told: Mapping[str, float], name: str) -> dict[str, float]:
    """What is not nought, by label."""
    return {key.partition(" ")[2]: value for key, value in told.items() if key.split()[0] == name and value}

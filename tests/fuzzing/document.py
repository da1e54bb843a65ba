"""Does the server do what its OpenAPI document says? Asked by schemathesis: all its phases, all its checks (C26).

What no schema can say is written down here, each with a sentence why; everything else that a check finds is a fault.
"""

import re
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import schemathesis
from schemathesis.config import SchemathesisConfig
from schemathesis.core.transport import Response
from schemathesis.engine import events, from_schema

from tests.integration.http.test_every_route import KEYLESS
from tests.integration.http.world import ERROR_CODES, Api, World

UNSAYABLE = {
    "it names something that must be stored, or must not be yet": (
        r"existing|no other|is no system|the id of a dataset|the id of a delivery|an event type of the account"
    ),
    "the key was used for another request before": r"Idempotency-Key came with another body",
    "no store keeps it, and a schema says it only of texts that it describes": r"without NUL|lone surrogates",
    "values of properties are whatever their sender wants, within limits": (
        r"at most \d+ (characters|keys|levels)|bytes as JSON"
    ),
    "JSON's numbers have no end, those of a store have": r"64 bits|finite number|an integer from 0",
    "to JSON Schema 5.0 is an integer, and not here": r"an integer.*; found (a number|[-0-9.e+]+)$",
    "a rule of definitions looks at several fields at once": r"^D\d+ ",
    "a pattern knows neither the days of a month nor offsets that lead before 1970": r"'YYYY-MM-DD",
    "it depends on what happened before": (
        r"no churn report yet|no webhook URL|has not ended|does not move back|are waiting already|are not stopped"
    ),
    "it depends on other fields": (
        r"^configurations\.|^(every|label|as_known_at|value|from|to|as_of|rfm): |in several ways|between the two"
        r"|^ids: expected profile or customer ids"
    ),
    "not every text is an address to which webhooks may go": r"^webhook_url: |^The webhook URL",
}
"""Why a request that the document allows may be refused all the same, and what the refusal says then."""

FAILED_ALONE = re.compile(rb'"failed_to_\w+":\[\{')
"""One bad object of a batch never voids the others (wire.md 1.2): so a body with one may be accepted."""


@dataclass
class Findings:
    """What came out."""

    cases: int = 0
    faults: dict[str, str] = field(default_factory=dict)
    """An example of each kind."""
    statuses: Counter[int] = field(default_factory=Counter)
    slowest: tuple[float, str] = (0.0, "")
    cpu_seconds: float = 0.0


def ask(world: World, api: Api, seed: int, examples: int, cases_max: int) -> Findings:
    """Sends requests of every kind to every operation, until there are `cases_max` of them or nothing more to try."""
    found = Findings()
    config = SchemathesisConfig.from_dict(
        {
            "seed": seed,
            "headers": api.headers,
            "continue-on-failure": True,
            "request-timeout": 600,  # a machine may stand still; what takes the server's own time is seen anyway
            "generation": {"max-examples": examples, "database": "none", "no-shrink": True},
        }
    )
    document = schemathesis.openapi.from_asgi("/openapi.json", world.door, config=config)
    began = time.process_time()
    stream = from_schema(document).execute()
    for event in stream:
        if isinstance(event, events.ScenarioFinished):
            _note(found, event)
        elif isinstance(event, events.NonFatalError | events.FatalError):
            found.faults[f"schemathesis itself: {event}"] = repr(vars(event) if hasattr(event, "__dict__") else event)
        if found.cases >= cases_max:
            stream.stop()
    found.cpu_seconds = time.process_time() - began
    return found


def _note(found: Findings, event: events.ScenarioFinished) -> None:
    recorder = event.recorder
    found.cases += len(recorder.cases)
    for case_id, interaction in recorder.interactions.items():
        response = interaction.response
        if response is None:
            continue
        operation = f"{interaction.request.method} {interaction.request.uri}"
        found.statuses[response.status_code] += 1
        found.slowest = max(found.slowest, (response.elapsed, operation))
        for fault in _shape_faults(response):
            found.faults.setdefault(f"{fault}: {operation.partition('?')[0]}", response.text[:500])
        for check in recorder.checks.get(case_id, []):
            if check.failure_info is not None and not _is_excused(check.name, response):
                kind = f"{check.name}: {recorder.cases[case_id].value.operation.label}"
                failure = check.failure_info.failure
                found.faults.setdefault(kind, f"{failure} {check.failure_info.code_sample} → {response.text[:500]}")


def _is_excused(check: str, response: Response) -> bool:
    if check == "positive_data_acceptance":
        messages = [line["error_message"] for line in response.json()["error"]["errors"]]
        return all(any(re.search(said, message) for said in UNSAYABLE.values()) for message in messages)
    return check == "negative_data_rejection" and FAILED_ALONE.search(response.content) is not None


def _shape_faults(response: Response) -> Iterator[str]:
    """Every refusal has the one shape (wire.md 1.1); nothing but what is public is told without keys."""
    if response.status_code >= 500 and response.status_code != 503:
        yield "a fault of the server"
    if response.status_code >= 400 and not _has_error_shape(response):
        yield "an error of another shape"


def _has_error_shape(response: Response) -> bool:
    try:
        body: Any = response.json()
        error = body["error"]
        lines = [line["error_message"] for line in error["errors"]]
    except (ValueError, KeyError, TypeError):
        return False
    return type(error["code"]) is int and error["code"] in ERROR_CODES and bool(lines) and all(lines)


def keyless(world: World) -> Iterator[str]:
    """The operations that answer without keys, and should not."""
    for path, item in world.client.get("/openapi.json").json()["paths"].items():
        for method in item:
            answer = world.client.request(method, path.replace("{delivery_id}", "d"), json={})
            if answer.status_code != 401 and path not in KEYLESS:
                yield f"{method} {path}: {answer.status_code}"

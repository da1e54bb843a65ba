"""`kind: accountConfigurations` and `kind: algorithmConfigurations` (wire.md 3.2, 3.3, 5)."""

import re
from collections.abc import Callable
from typing import Any

import msgspec

from octy.cli.checks import Checks, Fields
from octy.cli.documents import Document, Trail
from octy.cli.locate import follow
from octy.cli.output import complain, say
from octy.client import Octy, RequestRefused
from octy.client.envelope import Done
from octy.client.settings import is_http_url
from octy.model.limits import RETENTION_DAYS_MAX
from octy.model.values import shown

ACCOUNT_FIELDS = {
    "contactName": "contact_name",
    "contactSurname": "contact_surname",
    "contactEmail": "contact_email_address",
    "webhookURL": "webhook_url",
    "authenticatedIDKey": "authenticated_id_key",
}
ACCOUNT_LISTS = {"webhookEvents": "webhook_events", "webhookCauses": "webhook_causes"}
ACCOUNT_NUMBERS = {"webhooksPerMinute": "webhooks_per_minute", "webhookBreakerShare": "webhook_breaker_share"}
"""Both stay as they are where the file does not say them."""
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")
RETENTION = "retentionDays"
OPTIONAL_ACCOUNT_FIELDS = frozenset({"authenticatedIDKey"})
ALGORITHMS = ("rec", "churn")
ALGORITHM_KEYS = {
    "rec": ("recommendInteractedItems", "itemIDStopList", "profileFeatures"),
    "churn": ("profileFeatures",),
}


def apply_account(document: Document) -> Callable[[Octy], bool]:
    """Judges the account's configuration; the result sends it."""
    checks = Checks(document)
    root = checks.mapping(document.root, ())
    trail: Trail = ("configurations",)
    fields = checks.mapping(root.get("configurations"), trail)
    texts = {
        wire: checks.text(fields, (*trail, key), is_optional=key in OPTIONAL_ACCOUNT_FIELDS)
        for key, wire in ACCOUNT_FIELDS.items()
    }
    lists = {
        wire: checks.texts(fields, (*trail, key), count_min=0)
        for key, wire in ACCOUNT_LISTS.items()
        if fields.get(key) is not None
    }
    numbers = {
        wire: checks.number(fields, (*trail, key))
        for key, wire in ACCOUNT_NUMBERS.items()
        if fields.get(key) is not None
    }
    _check_addresses(checks, texts, trail)
    retention_days = checks.integer(fields, (*trail, RETENTION), 0, RETENTION_DAYS_MAX)
    checks.done()
    checks.warn_of_unknown(fields, trail, [*ACCOUNT_FIELDS, *ACCOUNT_LISTS, *ACCOUNT_NUMBERS, RETENTION])

    def send(server: Octy) -> bool:
        try:
            server.configure(
                **texts,
                webhook_events=lists.get("webhook_events"),
                webhook_causes=lists.get("webhook_causes"),
                webhooks_per_minute=numbers.get("webhooks_per_minute"),
                webhook_breaker_share=numbers.get("webhook_breaker_share"),
                retention_days=retention_days,
            )
        except RequestRefused as refused:
            for line in refused.lines:
                complain(_placed(document, line.path, line.error_message))
            return False
        say("Set the account's configuration:")
        for key, wire in ACCOUNT_FIELDS.items():
            say(f"  {key:<20}{texts[wire] or '(none)'}")
        for key, wire in ACCOUNT_LISTS.items():
            if wire in lists:
                say(f"  {key:<20}{', '.join(lists[wire]) or '(none)'}")
        for key, wire in ACCOUNT_NUMBERS.items():
            if wire in numbers:
                say(f"  {key:<20}{numbers[wire] or '(none)'}")
        if retention_days is not None:
            say(f"  {RETENTION:<20}{retention_days or '(for ever)'}")
        return True

    return send


def apply_algorithms(document: Document) -> Callable[[Octy], bool]:
    """Judges the algorithms' configurations; the result sends one after another."""
    checks = Checks(document)
    root = checks.mapping(document.root, ())
    requests = [
        (trail, _algorithm(checks, checks.mapping(element, trail), trail))
        for trail, element in checks.elements(root, ("configurations",))
    ]
    checks.done()

    def send(server: Octy) -> bool:
        is_all_done = True
        for trail, request in requests:
            try:
                server.post("/v1/configurations/retention/algorithms/set", msgspec.json.encode(request), Done)
                say(f"Set the configuration of the algorithm {request['algorithm_name']!r}.")
            except RequestRefused as refused:
                is_all_done = False
                for message in refused.messages:
                    complain(f"{document.place(trail)}: {message}")
        return is_all_done

    return send


def _check_addresses(checks: Checks, configuration: dict[str, str], trail: Trail) -> None:
    email, webhook_url = configuration["contact_email_address"], configuration["webhook_url"]
    if email and not _EMAIL.fullmatch(email):
        checks.wrong((*trail, "contactEmail"), "an email address", shown(email))
    if webhook_url and not is_http_url(webhook_url):
        checks.wrong((*trail, "webhookURL"), "a URL such as https://example.com/octy", shown(webhook_url))


def _algorithm(checks: Checks, fields: Fields, trail: Trail) -> dict[str, Any]:
    name = checks.text(fields, (*trail, "algorithmName"))
    if name and name not in ALGORITHMS:
        checks.wrong((*trail, "algorithmName"), "rec or churn", shown(name))
    inner: Trail = (*trail, "configurations")
    given = checks.mapping(fields.get("configurations"), inner)
    configuration: dict[str, Any] = {"profile_features": checks.texts(given, (*inner, "profileFeatures"), count_min=1)}
    if name == "rec":
        configuration["item_id_stop_list"] = checks.texts(given, (*inner, "itemIDStopList"), count_min=1)
        recommend = given.get("recommendInteractedItems") or False
        if not isinstance(recommend, bool):
            checks.wrong((*inner, "recommendInteractedItems"), "true or false", shown(recommend))
        configuration["recommend_interacted_items"] = recommend
    checks.warn_of_unknown(given, inner, ALGORITHM_KEYS.get(name, ()))
    return {"algorithm_name": name, "configurations": configuration}


def _placed(document: Document, wire_path: str | None, message: str) -> str:
    """The server's message, with the place of the field, or of the element of a list, that it names."""
    keys = {wire: key for key, wire in (ACCOUNT_FIELDS | ACCOUNT_LISTS | ACCOUNT_NUMBERS).items()}
    keys["retention_days"] = RETENTION
    field, bracket, index = (wire_path or "").partition("[")
    key = keys.get(field)
    if key is None:
        return f"{document.place(('configurations',))}: {message}"
    named = f"{key}{bracket}{index}"
    rest = message.removeprefix(f"{wire_path}: ")
    trail = follow(document.root, f"configurations.{named}")
    return f"{document.place(trail)}: {named}: {rest}"

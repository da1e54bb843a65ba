"""`kind: accountConfigurations` and `kind: algorithmConfigurations` (wire.md 3.2, 3.3, 5)."""

import re
from collections.abc import Callable
from typing import Any

import msgspec

from octy.cli.answers import Done
from octy.cli.checks import Checks, Fields
from octy.cli.documents import Document, Trail
from octy.cli.output import complain, say
from octy.cli.settings import is_http_url
from octy.cli.transport import RequestRefused, Server
from octy.model.limits import RETENTION_DAYS_MAX
from octy.model.values import shown

ACCOUNT_FIELDS = {
    "contactName": "contact_name",
    "contactSurname": "contact_surname",
    "contactEmail": "contact_email_address",
    "webhookURL": "webhook_url",
    "authenticatedIDKey": "authenticated_id_key",
}
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")
RETENTION = "retentionDays"
OPTIONAL_ACCOUNT_FIELDS = frozenset({"authenticatedIDKey"})
ALGORITHMS = ("rec", "churn")
ALGORITHM_KEYS = {
    "rec": ("recommendInteractedItems", "itemIDStopList", "profileFeatures"),
    "churn": ("profileFeatures",),
}


def apply_account(document: Document) -> Callable[[Server], bool]:
    """Judges the account's configuration; the result sends it."""
    checks = Checks(document)
    root = checks.mapping(document.root, ())
    trail: Trail = ("configurations",)
    fields = checks.mapping(root.get("configurations"), trail)
    configuration = {
        wire: checks.text(fields, (*trail, key), is_optional=key in OPTIONAL_ACCOUNT_FIELDS)
        for key, wire in ACCOUNT_FIELDS.items()
    }
    _check_addresses(checks, configuration, trail)
    retention_days = checks.integer(fields, (*trail, RETENTION), 0, RETENTION_DAYS_MAX)
    checks.done()
    checks.warn_of_unknown(fields, trail, [*ACCOUNT_FIELDS, RETENTION])
    request = configuration if retention_days is None else configuration | {"retention_days": retention_days}

    def send(server: Server) -> bool:
        try:
            server.post("/v1/configurations/account/set", msgspec.json.encode(request), Done)
        except RequestRefused as refused:
            for line in refused.lines:
                complain(_placed(document, line.path, line.error_message))
            return False
        say("Set the account's configuration:")
        for key, wire in ACCOUNT_FIELDS.items():
            say(f"  {key:<20}{configuration[wire] or '(none)'}")
        if retention_days is not None:
            say(f"  {RETENTION:<20}{retention_days or '(for ever)'}")
        return True

    return send


def apply_algorithms(document: Document) -> Callable[[Server], bool]:
    """Judges the algorithms' configurations; the result sends one after another."""
    checks = Checks(document)
    root = checks.mapping(document.root, ())
    requests = [
        (trail, _algorithm(checks, checks.mapping(element, trail), trail))
        for trail, element in checks.elements(root, ("configurations",))
    ]
    checks.done()

    def send(server: Server) -> bool:
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
    """The server's message, with the place of the field that it names."""
    keys = {wire: key for key, wire in ACCOUNT_FIELDS.items()} | {"retention_days": RETENTION}
    key = keys.get(wire_path or "")
    if key is None:
        return f"{document.place(('configurations',))}: {message}"
    rest = message.removeprefix(f"{wire_path}: ")
    return f"{document.place(('configurations', key))}: {key}: {rest}"

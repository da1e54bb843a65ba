"""`kind: accountConfigurations` and `kind: algorithmConfigurations` (wire.md 3.2, 3.3, 5)."""

import re
from collections.abc import Sequence
from typing import Any

import msgspec

from octy.cli.checks import Checks, Fields
from octy.cli.documents import Document, Trail
from octy.cli.failures import LinesRefused
from octy.cli.locate import follow
from octy.cli.output import complain, say
from octy.cli.plan import Change, Sign, Stage
from octy.client import Octy, RequestRefused
from octy.client.settings import is_http_url
from octy.client.views import AccountData, AlgorithmView
from octy.model.accounts import CHOICE_OF_CAUSES
from octy.model.algorithms import ALGORITHMS, AlgorithmConfiguration
from octy.model.limits import (
    CHURN_HORIZON_DAYS_MAX,
    RETENTION_DAYS_MAX,
    TRAINING_EVERY_DAYS_MAX,
    WEBHOOKS_PER_MINUTE_MAX,
)
from octy.model.values import shown
from octy.model.webhooks import CHOICE_OF_EVENTS

ACCOUNT_FIELDS = {
    "contactName": "contact_name",
    "contactSurname": "contact_surname",
    "contactEmail": "contact_email_address",
    "webhookURL": "webhook_url",
    "authenticatedIDKey": "authenticated_id_key",
}
RETENTION = "retentionDays"
BREAKER_SHARE = "webhookBreakerShare"
ACCOUNT_CHOICES: dict[str, Sequence[str]] = {"webhookEvents": CHOICE_OF_EVENTS, "webhookCauses": CHOICE_OF_CAUSES}
"""Lists, and what may stand in them."""
ACCOUNT_INTEGERS_MAX = {"webhooksPerMinute": WEBHOOKS_PER_MINUTE_MAX, RETENTION: RETENTION_DAYS_MAX}
BREAKER_SHARE_MAX = 1
ALL_ACCOUNT_FIELDS = ACCOUNT_FIELDS | {
    "webhookEvents": "webhook_events",
    "webhookCauses": "webhook_causes",
    "webhooksPerMinute": "webhooks_per_minute",
    BREAKER_SHARE: "webhook_breaker_share",
    RETENTION: "retention_days",
}
"""Those that are no texts stay as they are where the file does not say them."""
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")
EMAIL_WANTED = "an email address"
OPTIONAL_ACCOUNT_FIELDS = frozenset({"authenticatedIDKey"})
ALGORITHM_KEYS = {
    "rec": ("recommendInteractedItems", "itemIDStopList", "profileFeatures"),
    "churn": ("profileFeatures", "eventType", "horizonDays", "trainingEveryDays"),
}
CHURN_INTEGERS = {
    "horizonDays": ("horizon_days", 1, CHURN_HORIZON_DAYS_MAX),
    "trainingEveryDays": ("training_every_days", 0, TRAINING_EVERY_DAYS_MAX),
}
"""In the wire's words, with their bounds. Like `eventType`, they stay as they are where the file does not say them."""
CONFIGURATIONS = "configurations"


class Accounts:
    """The account's configuration, if any file has one."""

    def __init__(self) -> None:
        self._document: Document | None = None
        self._texts: dict[str, str] = {}
        self._others: dict[str, Any] = {}

    @property
    def is_named(self) -> bool:
        """Whether a file has one."""
        return self._document is not None

    @property
    def _configuration(self) -> dict[str, Any]:
        return {**self._texts, **self._others}

    def read(self, document: Document) -> None:
        """Judges the account's configuration."""
        if self._document is not None:
            first = self._document.place(())
            raise LinesRefused([f"{document.place(())}: the account's configuration was given before, at {first}"])
        checks = Checks(document)
        root = checks.mapping(document.root, ())
        trail: Trail = (CONFIGURATIONS,)
        fields = checks.mapping(root.get(CONFIGURATIONS), trail)
        self._texts = {
            wire: checks.text(fields, (*trail, key), is_optional=key in OPTIONAL_ACCOUNT_FIELDS)
            for key, wire in ACCOUNT_FIELDS.items()
        }
        self._others = _others(checks, fields, trail)
        _check_addresses(checks, self._texts, trail)
        checks.done()
        checks.warn_of_unknown(fields, trail, list(ALL_ACCOUNT_FIELDS))
        self._document = document

    def stages(self, server: Octy) -> list[Stage]:
        """What is to change of it."""
        if self._document is None:
            return []
        after = account_in_yaml(self._configuration)
        there = account_in_yaml(msgspec.structs.asdict(server.account().account_data))
        before = {key: there[key] for key in after}
        noun = "account configuration"
        changes = [Change(Sign.CHANGE, noun, "", before, after)] if after != before else []
        return [Stage(noun, changes, 1 - len(changes), self._send if changes else _nothing)]

    def _send(self, server: Octy) -> bool:
        assert self._document is not None, "there is something to send"
        try:
            server.configure(**self._configuration)
        except RequestRefused as refused:
            for line in refused.lines:
                complain(_placed(self._document, line.path, line.error_message))
            return False
        say("Set the account's configuration:")
        for key, wire in ACCOUNT_FIELDS.items():
            say(f"  {key:<20}{self._texts[wire] or '(none)'}")
        for key, wire in ALL_ACCOUNT_FIELDS.items():
            if wire in self._others:
                say(f"  {key:<20}{_said(key, self._others[wire])}")
        return True


class Algorithms:
    """The algorithms' configurations of all files."""

    def __init__(self) -> None:
        self.requests: list[tuple[Document, Trail, dict[str, Any]]] = []

    def read(self, document: Document) -> None:
        """Judges a document of them."""
        checks = Checks(document)
        root = checks.mapping(document.root, ())
        found = [
            (document, trail, _algorithm(checks, checks.mapping(element, trail), trail))
            for trail, element in checks.elements(root, (CONFIGURATIONS,))
        ]
        checks.done()
        self.requests += found

    def stages(self, server: Octy) -> list[Stage]:
        """All that differ; a server that does not tell them is sent all."""
        if not self.requests:
            return []
        known = _algorithms_of(server)
        different = [one for one in self.requests if not _is_set(known.get(one[2]["algorithm_name"]), one[2])]
        changes = [
            Change(Sign.CHANGE, "algorithm", after["algorithm_name"], known.get(after["algorithm_name"]), after)
            for _, _, after in different
        ]

        def send(server: Octy) -> bool:
            refused = [request for request in different if not _set_algorithm(server, *request)]
            return not refused

        return [Stage("algorithm", changes, len(self.requests) - len(different), send)]


def account_in_yaml(configuration: Fields) -> dict[str, Any]:
    """What the configuration says, in the words of the file; a text that is not set is empty."""
    said = {key: configuration[wire] for key, wire in ALL_ACCOUNT_FIELDS.items() if wire in configuration}
    lists = {key: sorted(said[key]) for key in ACCOUNT_CHOICES if key in said}
    return said | {key: said[key] or "" for key in ACCOUNT_FIELDS} | lists


def account_document(account: AccountData) -> dict[str, Any]:
    """A file that says what is there."""
    return {"kind": "accountConfigurations", CONFIGURATIONS: account_in_yaml(msgspec.structs.asdict(account))}


def _nothing(_: Octy) -> bool:
    return True


def _is_set(known: dict[str, Any] | None, wanted: dict[str, Any]) -> bool:
    """Whether the server has all that is wanted; of what the file cannot name it may have more."""
    return known is not None and wanted[CONFIGURATIONS].items() <= known[CONFIGURATIONS].items()


def _set_algorithm(server: Octy, document: Document, trail: Trail, request: dict[str, Any]) -> bool:
    try:
        server.configure_algorithm(AlgorithmConfiguration(request["algorithm_name"], **request[CONFIGURATIONS]))
    except RequestRefused as refused:
        for message in refused.messages:
            complain(f"{document.place(trail)}: {message}")
        return False
    say(f"Set the configuration of the algorithm {request['algorithm_name']!r}.")
    return True


def _algorithms_of(server: Octy) -> dict[str, dict[str, Any]]:
    """What the server has configured, in the form in which it is set (wire.md 3.3); nothing where it does not say."""
    try:
        views = server.algorithms()
    except RequestRefused:
        return {}
    return {view.algorithm_name: _in_wire_form(view) for view in views}


def _in_wire_form(view: AlgorithmView) -> dict[str, Any]:
    fields = view.configurations
    inner = {
        "recommend_interacted_items": bool(fields.recommend_interacted_items),
        "item_id_stop_list": [item.item_id for item in fields.item_id_stop_list or ()],
        "profile_features": fields.profile_features or [],
        "event_type": fields.event_type,
        "horizon_days": fields.horizon_days,
        "training_every_days": fields.training_every_days,
    }
    return {"algorithm_name": view.algorithm_name, CONFIGURATIONS: inner}


def _others(checks: Checks, fields: Fields, trail: Trail) -> dict[str, Any]:
    """What the file says beside the texts."""
    found: dict[str, Any] = {}
    for key, wire in ALL_ACCOUNT_FIELDS.items():
        if key in ACCOUNT_FIELDS or fields.get(key) is None:
            continue
        inner: Trail = (*trail, key)
        if key in ACCOUNT_CHOICES:
            found[wire] = checks.choices(fields, inner, ACCOUNT_CHOICES[key])
        elif key in ACCOUNT_INTEGERS_MAX:
            found[wire] = checks.integer(fields, inner, 0, ACCOUNT_INTEGERS_MAX[key])
        else:
            found[wire] = checks.number(fields, inner, 0, BREAKER_SHARE_MAX)
    return found


def _said(key: str, value: Any) -> str:  # noqa: ANN401 - a list or a number
    if isinstance(value, list):
        return ", ".join(value) or "(none)"
    return str(value or ("(for ever)" if key == RETENTION else "(none)"))


def _check_addresses(checks: Checks, configuration: dict[str, str], trail: Trail) -> None:
    email, webhook_url = configuration["contact_email_address"], configuration["webhook_url"]
    if email and not _EMAIL.fullmatch(email):
        checks.wrong((*trail, "contactEmail"), EMAIL_WANTED, shown(email))
    if webhook_url and not is_http_url(webhook_url):
        checks.wrong((*trail, "webhookURL"), "a URL such as https://example.com/octy", shown(webhook_url))


def _algorithm(checks: Checks, fields: Fields, trail: Trail) -> dict[str, Any]:
    name = checks.text(fields, (*trail, "algorithmName"))
    if name and name not in ALGORITHMS:
        checks.wrong((*trail, "algorithmName"), "rec or churn", shown(name))
    inner: Trail = (*trail, CONFIGURATIONS)
    given = checks.mapping(fields.get(CONFIGURATIONS), inner)
    configuration: dict[str, Any] = {"profile_features": checks.texts(given, (*inner, "profileFeatures"), count_min=1)}
    if name == "rec":
        configuration["item_id_stop_list"] = checks.texts(given, (*inner, "itemIDStopList"), count_min=1)
        recommend = given.get("recommendInteractedItems") or False
        if not isinstance(recommend, bool):
            checks.wrong((*inner, "recommendInteractedItems"), "true or false", shown(recommend))
        configuration["recommend_interacted_items"] = recommend
    elif name == "churn":
        configuration |= _churn(checks, given, inner)
    checks.warn_of_unknown(given, inner, ALGORITHM_KEYS.get(name, ()))
    return {"algorithm_name": name, CONFIGURATIONS: configuration}


def _churn(checks: Checks, given: Fields, inner: Trail) -> dict[str, Any]:
    """What the file says of it beside the features."""
    found: dict[str, Any] = {}
    if given.get("eventType") is not None:
        found["event_type"] = checks.text(given, (*inner, "eventType"))
    for key, (wire, least, most) in CHURN_INTEGERS.items():
        if (value := checks.integer(given, (*inner, key), least, most)) is not None:
            found[wire] = value
    return found


def _placed(document: Document, wire_path: str | None, message: str) -> str:
    """The server's message, with the place of the field, or of the element of a list, that it names."""
    keys = {wire: key for key, wire in ALL_ACCOUNT_FIELDS.items()}
    field, bracket, index = (wire_path or "").partition("[")
    key = keys.get(field)
    if key is None:
        return f"{document.place((CONFIGURATIONS,))}: {message}"
    named = f"{key}{bracket}{index}"
    rest = message.removeprefix(f"{wire_path}: ")
    trail = follow(document.root, f"{CONFIGURATIONS}.{named}")
    return f"{document.place(trail)}: {named}: {rest}"

"""`kind: accountConfigurations` and `kind: algorithmConfigurations` (wire.md 3.2, 3.3, 5)."""

import re
from typing import Any

import msgspec

from octy.cli.checks import Checks, Fields
from octy.cli.documents import Document, Trail
from octy.cli.failures import LinesRefused
from octy.cli.output import complain, say
from octy.cli.plan import Change, Sign, Stage
from octy.client import Octy, RequestRefused
from octy.client.envelope import Done
from octy.client.settings import is_http_url
from octy.client.views import AccountData
from octy.model.values import shown

ACCOUNT_FIELDS = {
    "contactName": "contact_name",
    "contactSurname": "contact_surname",
    "contactEmail": "contact_email_address",
    "webhookURL": "webhook_url",
    "authenticatedIDKey": "authenticated_id_key",
}
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")
EMAIL_WANTED = "an email address"
OPTIONAL_ACCOUNT_FIELDS = frozenset({"authenticatedIDKey"})
ALGORITHMS = ("rec", "churn")
ALGORITHM_KEYS = {
    "rec": ("recommendInteractedItems", "itemIDStopList", "profileFeatures"),
    "churn": ("profileFeatures",),
}
ALGORITHMS_PATH = "/v1/configurations/retention/algorithms"
CONFIGURATIONS = "configurations"


class Accounts:
    """The account's configuration, if any file has one."""

    def __init__(self) -> None:
        self._document: Document | None = None
        self._configuration: dict[str, str] = {}

    @property
    def is_named(self) -> bool:
        """Whether a file has one."""
        return self._document is not None

    def read(self, document: Document) -> None:
        """Judges the account's configuration."""
        if self._document is not None:
            first = self._document.place(())
            raise LinesRefused([f"{document.place(())}: the account's configuration was given before, at {first}"])
        checks = Checks(document)
        root = checks.mapping(document.root, ())
        trail: Trail = (CONFIGURATIONS,)
        fields = checks.mapping(root.get(CONFIGURATIONS), trail)
        self._configuration = {
            wire: checks.text(fields, (*trail, key), is_optional=key in OPTIONAL_ACCOUNT_FIELDS)
            for key, wire in ACCOUNT_FIELDS.items()
        }
        _check_addresses(checks, self._configuration, trail)
        checks.done()
        checks.warn_of_unknown(fields, trail, list(ACCOUNT_FIELDS))
        self._document = document

    def stages(self, server: Octy) -> list[Stage]:
        """What is to change of it."""
        if self._document is None:
            return []
        after = account_in_yaml(self._configuration)
        before = account_in_yaml(msgspec.structs.asdict(server.account().account_data))
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
            say(f"  {key:<20}{self._configuration[wire] or '(none)'}")
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


def account_in_yaml(configuration: Fields) -> dict[str, str]:
    """The configuration in the words of the file; what is not set is empty."""
    return {key: configuration[wire] or "" for key, wire in ACCOUNT_FIELDS.items()}


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
        server.post(f"{ALGORITHMS_PATH}/set", msgspec.json.encode(request), Done)
    except RequestRefused as refused:
        for message in refused.messages:
            complain(f"{document.place(trail)}: {message}")
        return False
    say(f"Set the configuration of the algorithm {request['algorithm_name']!r}.")
    return True


def _algorithms_of(server: Octy) -> dict[str, dict[str, Any]]:
    """What the server has configured, in the form in which it is set (wire.md 3.3); nothing where it does not say."""
    try:
        answer = server.get(ALGORITHMS_PATH, dict[str, Any])
    except RequestRefused:
        return {}
    known: dict[str, dict[str, Any]] = {}
    for one in answer.get(CONFIGURATIONS) or []:
        inner = dict(one.get(CONFIGURATIONS) or {})
        if "item_id_stop_list" in inner:
            inner["item_id_stop_list"] = [item["item_id"] for item in inner["item_id_stop_list"] or []]
        known[one["algorithm_name"]] = {"algorithm_name": one["algorithm_name"], CONFIGURATIONS: inner}
    return known


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
    checks.warn_of_unknown(given, inner, ALGORITHM_KEYS.get(name, ()))
    return {"algorithm_name": name, CONFIGURATIONS: configuration}


def _placed(document: Document, wire_path: str | None, message: str) -> str:
    """The server's message, with the place of the field that it names."""
    keys = {wire: key for key, wire in ACCOUNT_FIELDS.items()}
    key = keys.get(wire_path or "")
    if key is None:
        return f"{document.place((CONFIGURATIONS,))}: {message}"
    rest = message.removeprefix(f"{wire_path}: ")
    return f"{document.place((CONFIGURATIONS, key))}: {key}: {rest}"

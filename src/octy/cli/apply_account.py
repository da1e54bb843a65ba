"""`kind: accountConfigurations` (wire.md 3.2, 5)."""

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
from octy.client.views import AccountData
from octy.model.accounts import CHOICE_OF_CAUSES
from octy.model.limits import RETENTION_DAYS_MAX, WEBHOOKS_PER_MINUTE_MAX
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
KIND = "accountConfigurations"
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
            wire: checks.text_or_none(fields, (*trail, key), is_optional=key in OPTIONAL_ACCOUNT_FIELDS)
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


def account_in_yaml(configuration: Fields) -> dict[str, Any]:
    """What the configuration says, in the words of the file; a text that is not set is empty."""
    said = {key: configuration[wire] for key, wire in ALL_ACCOUNT_FIELDS.items() if wire in configuration}
    lists = {key: sorted(said[key]) for key in ACCOUNT_CHOICES if key in said}
    return said | {key: said[key] or "" for key in ACCOUNT_FIELDS} | lists


def account_document(account: AccountData) -> dict[str, Any]:
    """A file that says what is there."""
    return {"kind": KIND, CONFIGURATIONS: account_in_yaml(msgspec.structs.asdict(account))}


def _nothing(_: Octy) -> bool:
    return True


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

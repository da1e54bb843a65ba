"""`octy-cli get …`: what does the account have, as a table, JSON, YAML or CSV?"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Generic, TypeVar

import msgspec

from octy.cli.apply_account import ALL_ACCOUNT_FIELDS, account_document
from octy.cli.choices import Format
from octy.cli.formats import show_csv, show_json, show_json_rows, show_yaml
from octy.cli.kinds import NONE, Kind
from octy.cli.output import complain_all, counted, say
from octy.cli.tables import show_table
from octy.client.answers import AccountAnswer
from octy.client.views import ReceiverView

View = TypeVar("View", bound=msgspec.Struct)


def show_account(answer: AccountAnswer, form: Format) -> bool:
    """What is configured; as YAML what `apply` takes."""
    account = answer.account_data
    match form:
        case Format.JSON:
            show_json(answer)
        case Format.YAML:
            show_yaml(account_document(account))
        case Format.CSV:
            fields = list(ALL_ACCOUNT_FIELDS.values())
            show_csv(fields, [account], lambda one: [getattr(one, field) for field in fields])
        case Format.TABLE:
            rows = {
                "Contact name": account.contact_name,
                "Contact surname": account.contact_surname,
                "Contact email": account.contact_email_address,
                "Webhook URL": account.webhook_url,
                "Webhooks": _receiver(answer.webhook_receiver),
                "Webhook events": ", ".join(account.webhook_events),
                "Webhook causes": ", ".join(account.webhook_causes),
                "Webhooks per minute": str(account.webhooks_per_minute or "any number"),
                "Webhook breaker share": str(account.webhook_breaker_share or NONE),
                "Authenticated ID key": account.authenticated_id_key,
                "Events are kept": f"{account.retention_days} days" if account.retention_days else "for ever",
            }
            for label, value in rows.items():
                say(f"{label:<22}{value or NONE}")
            for one in answer.webhook_stops:
                again = f"`octy-cli webhooks release {one.segment_id}` sends them again."
                said = f"since {one.stopped_at}, {counted(one.withheld, 'change')} not told. {again}"
                say(f"Webhooks stopped      {one.segment_tag}: {said}")
    return True


def show_rows(
    kind: Kind[View], view: type[View], rows: Iterable[View], asked: Sequence[str], form: Format, *, ids_only: bool
) -> bool:
    """All rows; False if any of the ids that were asked for was not found."""
    found = _Found(kind, rows, asked)
    if ids_only:
        for row in found:
            say(kind.ids(row)[0])
    else:
        _show(kind, view, found, form)
    if form is Format.TABLE and not ids_only:
        say(f"Found a total of {counted(found.count, kind.noun)}")
    complain_all(f"No {kind.noun} found with ID: {one}" for one in found.missing)
    return not found.missing


class _Found(Generic[View]):
    """Rows on their way through: how many there were, and which ids were not among them."""

    def __init__(self, kind: Kind[View], rows: Iterable[View], asked: Sequence[str]) -> None:
        self.count = 0
        self.missing = dict.fromkeys(asked)
        self._kind = kind
        self._rows = rows

    def __iter__(self) -> Iterator[View]:
        for row in self._rows:
            self.count += 1
            for one in self._kind.ids(row):
                self.missing.pop(one, None)
            yield row


def _show(kind: Kind[View], view: type[View], rows: Iterable[View], form: Format) -> None:
    match form:
        case Format.TABLE:
            show_table(kind.columns, rows)
        case Format.JSON:
            show_json_rows(rows)
        case Format.YAML:
            show_yaml(kind.document(list(rows)))
        case Format.CSV:
            fields = view.__struct_fields__
            show_csv(fields, rows, msgspec.structs.astuple)


def _receiver(receiver: ReceiverView) -> str:
    if not receiver.enabled:
        again = "`octy-cli webhooks enable` sends them again."
        return f"disabled since {receiver.disabled_at}. {receiver.disabled_reason} {again}"
    return f"enabled; failing since {receiver.failing_since}" if receiver.failing_since else "enabled"

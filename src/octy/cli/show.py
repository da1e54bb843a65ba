"""How does a resource look on the terminal? Blocks of `Field: value`, as the public client prints them (wire.md 6)."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Generic, TypeVar

from octy.cli.output import complain_all, counted, say
from octy.client.answers import AccountAnswer
from octy.client.views import EventTypeView, ProfileView, ReceiverView, SegmentView, StepView
from octy.model.values import canonical

View = TypeVar("View")

NONE = "(none)"


def show_account(answer: AccountAnswer) -> None:
    """Two columns."""
    account = answer.account_data
    rows = {
        "Contact name": account.contact_name,
        "Contact surname": account.contact_surname,
        "Contact email": account.contact_email_address,
        "Webhook URL": account.webhook_url,
        "Webhooks": _receiver(answer.webhook_receiver),
        "Webhook events": ", ".join(account.webhook_events),
        "Webhook causes": ", ".join(account.webhook_causes),
        "Webhooks per minute": str(account.webhooks_per_minute or "any number"),
        "Webhook breaker share": str(account.webhook_breaker_share or "(none)"),
        "Authenticated ID key": account.authenticated_id_key,
        "Events are kept": f"{account.retention_days} days" if account.retention_days else "for ever",
    }
    for label, value in rows.items():
        say(f"{label:<22}{value or NONE}")
    for one in answer.webhook_stops:
        again = f"`octy-cli webhooks release {one.segment_id}` sends them again."
        said = f"since {one.stopped_at}, {counted(one.withheld, 'change')} not told. {again}"
        say(f"Webhooks stopped      {one.segment_tag}: {said}")


def _receiver(receiver: ReceiverView) -> str:
    if not receiver.enabled:
        again = "`octy-cli webhooks enable` sends them again."
        return f"disabled since {receiver.disabled_at}. {receiver.disabled_reason} {again}"
    return f"enabled; failing since {receiver.failing_since}" if receiver.failing_since else "enabled"


class Showing(Generic[View]):
    """How one kind of resource is printed."""

    def __init__(
        self, noun: str, ids_of: Callable[[View], Sequence[str]], lines_of: Callable[[View], Mapping[str, str]]
    ) -> None:
        """`ids_of` are the ids by which a resource can be asked for, its own first."""
        self._noun = noun
        self._ids_of = ids_of
        self._lines_of = lines_of

    def print(self, views: Iterable[View], asked: Sequence[str], *, ids_only: bool) -> bool:
        """Prints each as it comes; False if any of the ids that were asked for was not found."""
        count = 0
        missing = dict.fromkeys(asked)
        for count, view in enumerate(views, 1):
            ids = self._ids_of(view)
            for one in ids:
                missing.pop(one, None)
            if ids_only:
                say(ids[0])
            else:
                _block(self._lines_of(view), is_first=count == 1)
        if not ids_only:
            say(f"Found a total of {counted(count, self._noun)}")
        complain_all(f"No {self._noun} found with ID: {one}" for one in missing)
        return not missing


def _event_type_lines(view: EventTypeView) -> dict[str, str]:
    return {
        "Event type ID": view.event_type_id,
        "Event type": view.event_type,
        "Event properties": ", ".join(view.event_properties or ()) or NONE,
        "Created at": view.created_at or NONE,
    }


def _segment_lines(view: SegmentView) -> dict[str, str]:
    lines = {
        "Segment ID": view.segment_id,
        "Segment name": view.segment_name,
        "Segment type": view.segment_type,
        "Segment sub type": str(view.segment_sub_type),
        "Segment timeframe": counted(view.segment_timeframe, "day") if view.segment_timeframe else NONE,
    }
    lines |= {f"Event {number}": _step(step) for number, step in enumerate(view.event_sequence, 1)}
    if view.profile_property_name:
        lines["Profile property"] = f"{view.profile_property_name} = {view.profile_property_value}"
    return lines | {
        "Segment status": view.segment_status or NONE,
        "Profile count": f"{view.profile_count:,}",
        "Created at": view.created_at or NONE,
    }


def _profile_lines(view: ProfileView) -> dict[str, str]:
    tags = [f"{tag.segment_tag} (since {tag.created_at or 'unknown'})" for tag in view.segment_tags or ()]
    return {
        "Profile ID": view.profile_id,
        "Customer ID": view.customer_id,
        "Has charged": canonical(view.has_charged) or "",
        "Profile data": _pairs(view.profile_data),
        "Platform info": _pairs(view.platform_info),
        "Segment tags": ", ".join(tags) or NONE,
        "Status": view.status or NONE,
        "Created at": view.created_at or NONE,
        "Updated at": view.updated_at or NONE,
    }


def _block(lines: Mapping[str, str], *, is_first: bool) -> None:
    if not is_first:
        say("--")
    for label, value in lines.items():
        say(f"{label}: {value}")


def _step(step: StepView) -> str:
    text = f"{step.action_inaction} {step.event_type}"
    if step.event_properties:
        text += f" where {_pairs(step.event_properties)}"
    if step.exp_timeframe:
        text += f", within {counted(step.exp_timeframe, 'minute')}"
    return text


def _pairs(data: Mapping[str, Any] | None) -> str:
    return ", ".join(f"{key} = {_value(value)}" for key, value in (data or {}).items()) or NONE


def _value(value: object) -> str:
    text = canonical(value)
    return text if text is not None else "null" if value is None else str(value)


EVENT_TYPES = Showing[EventTypeView]("event type", lambda view: [view.event_type_id], _event_type_lines)
SEGMENTS = Showing[SegmentView]("segment", lambda view: [view.segment_id], _segment_lines)
PROFILES = Showing[ProfileView]("profile", lambda view: [view.profile_id, view.customer_id], _profile_lines)

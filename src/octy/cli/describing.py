"""`octy-cli describe …`: all that there is to know of one thing at a glance."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

from octy.cli.choices import Format
from octy.cli.formats import show_csv, show_json, show_yaml
from octy.cli.kinds import EVENT_TYPES, NONE, PROFILES, RECEIPTS, SEGMENTS, Kind, pairs, value_text
from octy.cli.output import complain, say
from octy.cli.styles import Style, say_styled
from octy.client import NotThere, Octy
from octy.client.views import EventView, ProfileView, ReceiptView, TagChangeView
from octy.model.values import shown

View = TypeVar("View")

EVENTS_SHOWN = 10


def describe_event_type(server: Octy, name: str, form: Format) -> bool:
    """By its name or id."""
    named = (one for one in server.event_types() if name in (one.event_type, one.event_type_id))
    return _describe(EVENT_TYPES, named, name, form)


def describe_segment(server: Octy, name: str, form: Format) -> bool:
    """By its name or id: its definition in words, its status, how many are in it. Where it was purged, its receipt."""
    named = [one for one in server.segments() if name in (one.segment_name, one.segment_id)]
    purged = [] if named else _receipts(server, name)
    return _describe(RECEIPTS, purged[-1:], name, form) if purged else _describe(SEGMENTS, named, name, form)


def _receipts(server: Octy, name: str) -> list[ReceiptView]:
    """Of segments with this name or id; of none, where the server keeps no receipts."""
    try:
        return [one for one in server.purge_receipts() if name in (one.segment_name, one.segment_id)]
    except NotThere:
        return []


def describe_profile(server: Octy, identifier: str, form: Format) -> bool:
    """By profile or customer id: data, tags and when each came and why, what happened lately."""
    profile = server.profile(identifier)
    history = server.tag_history(profile)
    events = server.profile_events(profile, EVENTS_SHOWN)
    if form is not Format.TABLE:
        _show_as(form, {"profile": profile, "segment_tag_history": history, "events": events})
        return True
    lines = dict(PROFILES.lines(profile))
    for label in ("Profile data", "Platform info", "Segment tags"):
        del lines[label]
    _show_lines(lines)
    _show_section("Profile data", _property_lines(profile.profile_data))
    _show_section("Platform info", _property_lines(profile.platform_info))
    _show_section("Segment tags", _tag_lines(profile, history))
    _show_section(f"Latest events (at most {EVENTS_SHOWN})", [_event_line(event) for event in events])
    return True


def _describe(kind: Kind[View], named: Iterable[View], name: str, form: Format) -> bool:
    view = next(iter(named), None)
    if view is None:
        complain(f"There is no {kind.noun} with the name or id {shown(name)}.")
        return False
    if form is Format.TABLE:
        _show_lines(kind.lines(view))
    elif form is Format.YAML:
        show_yaml(kind.document([view]))
    else:
        _show_as(form, view)
    return True


def _show_as(form: Format, value: Any) -> None:  # noqa: ANN401 - whatever msgspec encodes
    match form:
        case Format.JSON:
            show_json(value)
        case Format.YAML:
            show_yaml(value)
        case _:
            fields = list(value) if isinstance(value, dict) else list(value.__struct_fields__)
            read = value.__getitem__ if isinstance(value, dict) else lambda field: getattr(value, field)
            show_csv(["field", "value"], fields, lambda field: [field, read(field)])


def _show_lines(lines: Mapping[str, str]) -> None:
    for label, text in lines.items():
        say_styled((f"{label}:", Style.HEADING), f" {text}")


def _show_section(heading: str, lines: Sequence[str]) -> None:
    say_styled((f"{heading}:", Style.HEADING), "" if lines else f" {NONE}")
    for line in lines:
        say(f"  {line}")


def _property_lines(data: Mapping[str, Any] | None) -> list[str]:
    return [f"{key} = {value_text(value)}" for key, value in (data or {}).items()]


def _tag_lines(profile: ProfileView, history: Sequence[TagChangeView]) -> list[str]:
    """Each tag with the change that put it there, or moved its instant (G3)."""
    latest = {change.segment_tag: change for change in history}
    lines = []
    for tag in profile.segment_tags or ():
        change = latest.get(tag.segment_tag)
        since = f"since {change.effective_at} ({_cause(change)})" if change else f"since {tag.created_at}"
        lines.append(f"{tag.segment_tag}  {since}")
    return lines


def _cause(change: TagChangeView) -> str:
    return f"{change.cause} {change.event_id}" if change.event_id else change.cause


def _event_line(event: EventView) -> str:
    properties = f"  {pairs(event.event_properties)}" if event.event_properties else ""
    return f"{event.occurred_at or event.created_at}  {event.event_type}{properties}"

"""`octy-cli events send`: one event, and what it does to the profile's segment tags."""

from collections.abc import Mapping, Sequence

from octy.cli.cells import property_value
from octy.cli.failures import WrongUsage
from octy.cli.kinds import NONE
from octy.cli.output import say
from octy.client import Octy
from octy.model.values import Scalar, shown


def properties_of(given: Sequence[str]) -> dict[str, Scalar]:
    """Of `key=value`, typed by their looks as in CSV files. WrongUsage where one has no `=`, or comes twice."""
    found: dict[str, Scalar] = {}
    for one in given:
        key, equals, text = one.partition("=")
        if not equals or not key or key in found:
            raise WrongUsage(f"--property: expected a new KEY=VALUE; found {shown(one)}")
        found[key] = property_value(text)
    return found


def send_event(
    server: Octy,
    event_type: str,
    identifier: str,
    properties: Mapping[str, Scalar],
    created_at: str | None,
    message_id: str | None,
) -> bool:
    """Stores it; the profile may be named by its id, or by the customer's."""
    profile = server.profile(identifier)
    event = server.create_event(profile, event_type, properties, created_at=created_at, message_id=message_id)
    again = " (it had been stored before)" if event.duplicate else ""
    say(f"Created event: '{event.event_type}' with ID: {event.event_id}{again}")
    tags = [tag.segment_tag for tag in server.profile(profile.profile_id).segment_tags or ()]
    say(f"Segment tags of {profile.customer_id}: {', '.join(tags) or NONE}")
    return True

"""Profiles: what is known of customers, their tags and their story (wire.md 3.9; semantics E4, E6, G1, G5, X3)."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from octy.client.answers import (
    HistoryAnswer,
    MetadataAnswer,
    ProfilesAnswer,
    ProfilesCreated,
    ProfilesDeleted,
    ProfilesUpdated,
    StoryAnswer,
)
from octy.client.batches import sent
from octy.client.envelope import ErrorLine
from octy.client.errors import NotThere, refusal
from octy.client.lists import IDS_PER_REQUEST_MAX, listed
from octy.client.requests import Requests
from octy.client.steps import Page, Steps
from octy.client.views import EventView, MetadataView, ProfileView, TagChangeView
from octy.model.limits import PROFILES_PER_BATCH_MAX
from octy.model.profiles import ProfileDraft, ProfileUpdate
from octy.model.values import Scalar, shown

PATH = "/v1/retention/profiles"
EVENTS_SHOWN = 100


def profiles(
    requests: Requests,
    *,
    tag: str | None = None,
    churn: str | None = None,
    rfm: str | None = None,
    ids: Sequence[str] = (),
) -> Steps[Page[ProfileView]]:
    """Profiles: all, or those with these profile or customer ids, or those that fit.

    `tag` is a segment's name, `churn` the label `high`, `medium` or `low`, `rfm` a score or its bounds: `300-400`.
    """
    filters = {"segment_tag": tag, "churn_prob": churn, "rfm": rfm}
    parameters = {name: value for name, value in filters.items() if value is not None}
    try:
        return (yield from listed(requests, PATH, ProfilesAnswer, ids, parameters))
    except NotThere:  # of the ids there is none
        return Page([], None)


def profile(requests: Requests, identifier: str) -> Steps[ProfileView]:
    """The profile with this profile or customer id; NotThere where there is none."""
    page = yield from profiles(requests, ids=[identifier])
    if not page.rows:
        raise refusal([ErrorLine(f"There is no profile with the id {shown(identifier)}.")], 404)
    return page.rows[0]


def create_profile(
    requests: Requests,
    customer_id: str,
    profile_data: Mapping[str, Scalar] | None = None,
    platform_info: Mapping[str, Scalar] | None = None,
    *,
    has_charged: bool = False,
) -> Steps[ProfileView]:
    """A new profile."""
    draft = ProfileDraft(customer_id, has_charged, dict(profile_data or {}), dict(platform_info or {}))
    (created,) = yield from create_profiles(requests, [draft])
    return created


def create_profiles(requests: Requests, drafts: Iterable[ProfileDraft]) -> Steps[list[ProfileView]]:
    """New profiles; SomeFailed tells which were refused, and why."""
    return sent(requests, f"{PATH}/create", "profiles", drafts, PROFILES_PER_BATCH_MAX, ProfilesCreated)


def update_profile(
    requests: Requests,
    profile: ProfileView | str,
    profile_data: Mapping[str, Scalar] | None = None,
    platform_info: Mapping[str, Scalar] | None = None,
    *,
    has_charged: bool = False,
    status: str | None = None,
) -> Steps[ProfileView]:
    """Given keys replace, a None removes the key, absent keys stay (E6)."""
    data, info = dict(profile_data or {}), dict(platform_info or {})
    update = ProfileUpdate(profile_id_of(profile), None, has_charged, status, data, info)
    (changed,) = yield from update_profiles(requests, [update])
    return changed


def update_profiles(requests: Requests, updates: Iterable[ProfileUpdate]) -> Steps[list[ProfileView]]:
    """As `update_profile`, for many; SomeFailed tells which were refused, and why."""
    return sent(requests, f"{PATH}/update", "profiles", updates, PROFILES_PER_BATCH_MAX, ProfilesUpdated)


def delete_profiles(requests: Requests, ids: Iterable[str]) -> Steps[list[str]]:
    """Deletes profiles, by profile or customer ids, with their events, tags and history (X3)."""
    return sent(requests, f"{PATH}/delete", "profiles", ids, IDS_PER_REQUEST_MAX, ProfilesDeleted)


def metadata(requests: Requests, ids: Sequence[str]) -> Steps[list[MetadataView]]:
    """Whether these customers exist: one answer for each id, in their order. At most 100 ids."""
    answer = yield from requests.get(f"{PATH}/metadata", MetadataAnswer, {"ids": ",".join(ids)})
    return answer.profiles_meta


def tag_history(requests: Requests, profile: ProfileView | str) -> Steps[list[TagChangeView]]:
    """Which tag was put on the profile or taken off it when, and why, the oldest first (G5)."""
    answer = yield from requests.get(f"{PATH}/history", HistoryAnswer, {"id": profile_id_of(profile)})
    return answer.segment_tag_history


def profile_events(requests: Requests, profile: ProfileView | str, limit: int = EVENTS_SHOWN) -> Steps[list[EventView]]:
    """What the profile did lately, the newest first."""
    parameters = {"id": profile_id_of(profile), "limit": str(limit)}
    answer = yield from requests.get(f"{PATH}/events", StoryAnswer, parameters)
    return answer.events


def export_profile(requests: Requests, profile: ProfileView | str) -> Steps[dict[str, Any]]:
    """All that is known of the profile: data, tags and their history, all events, webhooks."""
    answer = yield from requests.get(f"{PATH}/export", dict[str, Any], {"id": profile_id_of(profile)})
    return {name: value for name, value in answer.items() if name != "request_meta"}


def profile_id_of(profile: ProfileView | str) -> str:
    """A profile may be given as what the server showed of it, or by its id."""
    return profile.profile_id if isinstance(profile, ProfileView) else profile

"""Routes that show profiles: lists, metadata, the story of one (wire.md 3.9; semantics G1, G5)."""

from typing import Annotated

from litestar import Router, get
from litestar.params import QueryParameter

from octy.http.answers import Json, counted, ok, success
from octy.http.queries import CursorHeader, CursorQuery, Ids, Limit, page_headers, prediction_filter, split_ids
from octy.http.requests import OctyRequest
from octy.http.wire.events import PastEventList, past
from octy.http.wire.exports import ProfileExported, exported
from octy.http.wire.history import TagHistory
from octy.http.wire.history import shown as shown_change
from octy.http.wire.metadata import ProfileMetaList, meta_of
from octy.http.wire.profiles import ProfileList, shown
from octy.model import limits
from octy.model.errors import NotFound, Problem, Refused
from octy.model.profiles import Profile
from octy.model.values import shown as shown_value

CustomerId = Annotated[str | None, QueryParameter(name="id", description="A customer id.")]
ProfileId = Annotated[str, QueryParameter(name="id", description="A profile id, or a customer id.")]
TagName = Annotated[str | None, QueryParameter(description="A segment's name: the profiles that bear its tag.")]
ChurnProb = Annotated[str | None, QueryParameter(description="`high`, `medium` or `low`: who is foretold that.")]
Rfm = Annotated[str | None, QueryParameter(description="Their RFM score, or its bounds: `444`, `300-400`.")]


@get("/", sync_to_thread=True)
def list_profiles(
    request: OctyRequest,
    id_query: CustomerId = None,
    ids: Ids = None,
    segment_tag: TagName = None,
    limit: Limit = limits.PROFILES_PER_PAGE_MAX,
    cursor: CursorHeader = None,
    cursor_query: CursorQuery = None,
    churn_prob: ChurnProb = None,
    rfm: Rfm = None,
) -> Json[ProfileList]:
    """Which profiles are there, in pages: by customer id, by profile or customer ids, or all that fit the filters?"""
    named = split_ids(ids)
    foretold = prediction_filter(churn_prob, rfm)
    is_filtered = segment_tag is not None or not foretold.is_any
    if sum((id_query is not None, bool(named), is_filtered)) > 1:
        raise Refused("The request names profiles in several ways; give id, or ids, or filters.")
    page = request.reading.profiles(
        request.account_id,
        customer_id=id_query,
        ids=named,
        segment_tag=segment_tag,
        foretold=foretold,
        offset=(cursor if cursor is not None else cursor_query) or 0,
        limit=limit,
    )
    if not page.total and (id_query is not None or named):
        raise NotFound("There is no such profile.")  # never a success with an empty list (wire.md 0.10)
    rows = [shown(profile) for profile in page.profiles]
    meta = success(f"{counted(len(rows), 'profile')}.", len(rows), page.total)
    return ok(ProfileList(meta, rows), page_headers(rows))


@get("/metadata", sync_to_thread=True)
def show_metadata(request: OctyRequest, ids: Ids = None) -> Json[ProfileMetaList]:
    """Do these customers exist? One answer for each id, in their order, also for unknown ones."""
    named = split_ids(ids)
    if not named:
        raise Refused("The request names no profile.", [Problem("ids", "nothing", "profile or customer ids")])
    found = _by_any_id(request, named)
    rows = [meta_of(identifier, found.get(identifier)) for identifier in named]
    return ok(ProfileMetaList(success(f"{counted(len(rows), 'id')}.", len(rows)), rows))


@get("/history", sync_to_thread=True)
def show_history(request: OctyRequest, id_query: ProfileId) -> Json[TagHistory]:
    """Who put which tag on this profile, or took it off, when and why (G5)?"""
    profile = _profile(request, id_query)
    rows = [shown_change(change) for change in request.reading.tag_history(request.account_id, profile.profile_id)]
    meta = success(f"{counted(len(rows), 'change')}.", len(rows))
    return ok(TagHistory(meta, profile.profile_id, profile.customer_id, rows))


@get("/events", sync_to_thread=True)
def show_events(request: OctyRequest, id_query: ProfileId, limit: Limit = 100) -> Json[PastEventList]:
    """What did this profile do lately? Newest first."""
    profile = _profile(request, id_query)
    found = request.reading.profile_events(request.account_id, profile.profile_id, limit)
    rows = [past(event) for event in found]
    return ok(PastEventList(success(f"{counted(len(rows), 'event')}.", len(rows)), profile.profile_id, rows))


@get("/export", sync_to_thread=True)
def export_profile(request: OctyRequest, id_query: ProfileId) -> Json[ProfileExported]:
    """What is known of this profile? Everything: data, tags and their history, all events, webhooks."""
    profile = _profile(request, id_query)
    found = request.reading.export(request.account_id, profile.profile_id)
    return ok(exported(found, success(f"{counted(len(found.events), 'event')}.", len(found.events))))


def router() -> Router:
    """The routes of this module."""
    return Router(
        "/v1/retention/profiles",
        route_handlers=[list_profiles, show_metadata, show_history, show_events, export_profile],
        tags=["Profiles"],
    )


def _profile(request: OctyRequest, identifier: str) -> Profile:
    found = _by_any_id(request, [identifier]).get(identifier)
    if found is None:
        raise NotFound(f"There is no profile with the id {shown_value(identifier)}.")
    return found


def _by_any_id(request: OctyRequest, identifiers: list[str]) -> dict[str, Profile]:
    """The profiles behind profile or customer ids; should an id be both, it means the customer."""
    page = request.reading.profiles(request.account_id, ids=identifiers, limit=limits.PROFILES_PER_PAGE_MAX)
    by_profile_id = {profile.profile_id: profile for profile in page.profiles}
    return by_profile_id | {profile.customer_id: profile for profile in page.profiles}

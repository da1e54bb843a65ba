"""Profiles' metadata on the wire: does a customer exist, and was it merged? (wire.md 3.9)

Merging belongs to a neighbouring service, so here nobody ever was; the shape is what the clients index into.
"""

from msgspec import Struct

from octy.http.answers import RequestMeta, date
from octy.model.profiles import Profile


class ProfileIdentity(Struct):
    """The profile behind an id, if there is one."""

    profile_exists: bool
    profile_id: str | None = None
    customer_id: str | None = None
    created_at: str | None = None
    updated_at: str | None = None


class ParentProfile(Struct, frozen=True):
    """The profile that this one was merged into."""

    parent_profile_id: str | None = None
    parent_customer_id: str | None = None


class MergedChild(Struct):
    """A profile that was merged into this one."""

    profile_id: str
    customer_id: str


class MergedInfo(Struct):
    """Whether and how the profile was merged."""

    was_merged: bool = False
    merged_at: str | None = None
    authenticated_id_key: str | None = None
    authenticated_id_value: str | None = None
    parent_or_child: str | None = None
    parent_profile: ParentProfile = ParentProfile()
    merged_child_profiles: list[MergedChild] | None = None


class ProfileMeta(Struct):
    """What is known of one of the ids that were asked for."""

    provided_identifier: str
    profile: ProfileIdentity
    merged_info: MergedInfo


class ProfileMetaList(Struct):
    """One element for each id, in the order in which they were asked for; never empty."""

    request_meta: RequestMeta
    profiles_meta: list[ProfileMeta]


def meta_of(identifier: str, profile: Profile | None) -> ProfileMeta:
    """What is known of an id."""
    if profile is None:
        return ProfileMeta(identifier, ProfileIdentity(profile_exists=False), MergedInfo())
    identity = ProfileIdentity(
        profile_exists=True,
        profile_id=profile.profile_id,
        customer_id=profile.customer_id,
        created_at=date(profile.created_us),
        updated_at=date(profile.updated_us),
    )
    return ProfileMeta(identifier, identity, MergedInfo())

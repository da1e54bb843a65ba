"""Profiles on the wire: what is sent of them, and how they are shown (wire.md 3.9)."""

from typing import Annotated, Any

from msgspec import Meta, Struct

from octy.http.answers import RequestMeta, date
from octy.model import limits
from octy.model.profiles import Profile, ProfileDraft, ProfileUpdate
from octy.model.values import Scalar


class ProfileToCreate(Struct):
    """A profile that the account wants."""

    customer_id: Annotated[
        str | int, Meta(description="The account's own id of the customer. A number is taken as its text.")
    ]
    has_charged: bool | None = None
    profile_data: Annotated[dict[str, Any] | None, Meta(description="Flat: strings, numbers, booleans (E6).")] = None
    platform_info: dict[str, Any] | None = None

    def draft(self) -> ProfileDraft:
        """As the service takes it."""
        return ProfileDraft(
            str(self.customer_id), bool(self.has_charged), self.profile_data or {}, self.platform_info or {}
        )


class ProfileToUpdate(Struct):
    """What is to change of a profile, named by its profile id, or else by its customer id.

    Given keys replace, a null removes the key, absent keys stay (E6); `has_charged` never goes back to false (E4).
    """

    profile_id: str | None = None
    customer_id: str | int | None = None
    has_charged: bool | None = None
    status: Annotated[str | None, Meta(description="`active` or `inactive`; empty for no change.")] = None
    profile_data: dict[str, Any] | None = None
    platform_info: dict[str, Any] | None = None

    def draft(self) -> ProfileUpdate:
        """As the service takes it."""
        return ProfileUpdate(
            profile_id=self.profile_id or None,
            customer_id=None if self.customer_id in (None, "") else str(self.customer_id),
            has_charged=bool(self.has_charged),
            status=self.status or None,
            profile_data=self.profile_data or {},
            platform_info=self.platform_info or {},
        )


class ProfilesToCreate(Struct):
    """Several profiles."""

    profiles: Annotated[list[ProfileToCreate], Meta(min_length=1, max_length=limits.PROFILES_PER_BATCH_MAX)]


class ProfilesToUpdate(Struct):
    """Changes of several profiles."""

    profiles: Annotated[list[ProfileToUpdate], Meta(min_length=1, max_length=limits.PROFILES_PER_BATCH_MAX)]


class ProfilesToDelete(Struct):
    """Profiles by their profile or customer ids."""

    profiles: Annotated[list[str], Meta(min_length=1, max_length=limits.PROFILES_PER_DELETION_MAX)]


class Tag(Struct):
    """A segment that the profile is in (G1)."""

    segment_tag: str
    created_at: str


class ProfileWritten(Struct):
    """A profile as it is after a change."""

    profile_id: str
    customer_id: str
    profile_data: dict[str, Scalar]
    platform_info: dict[str, Scalar]
    has_charged: bool
    status: str
    created_at: str
    last_updated: str


class ProfileShown(Struct):
    """A profile as it is."""

    profile_id: str
    customer_id: str
    profile_data: dict[str, Scalar]
    platform_info: dict[str, Scalar]
    segment_tags: list[Tag]
    rfm_score: Annotated[
        int | None,
        Meta(
            description="111 to 444: a digit each for recency, frequency and monetary. Null: no charge, or no training."
        ),
    ]
    churn_probability: Annotated[
        str | None, Meta(description="`high`, `medium` or `low`. Null: no training has known the profile.")
    ]
    churn_probability_value: Annotated[float | None, Meta(description="The same as a number from 0 to 1.")]
    training_job_id: Annotated[str | None, Meta(description="The training that foretold both.")]
    has_charged: bool
    status: str
    created_at: str
    updated_at: str


class ProfileList(Struct):
    """Some profiles; `request_meta.total` says how many match."""

    request_meta: RequestMeta
    profiles: list[ProfileShown]


class ProfileFailure(Struct):
    """A profile that was not created."""

    customer_id: str
    error_message: str
    index: int


class ProfilesCreated(Struct):
    """What became of a request to create profiles."""

    request_meta: RequestMeta
    profiles: list[ProfileWritten]
    failed_to_create: list[ProfileFailure]


class ProfileUpdateFailure(Struct):
    """A profile that was not changed."""

    profile_id: str
    customer_id: str
    error_message: str
    index: int


class ProfilesUpdated(Struct):
    """What became of a request to change profiles."""

    request_meta: RequestMeta
    profiles: list[ProfileWritten]
    failed_to_update: list[ProfileUpdateFailure]


class DeletedProfile(Struct):
    """A profile that is no more, under the id by which it was named."""

    profile_id: str


class ProfileDeleteFailure(Struct):
    """A profile that was not deleted."""

    profile_id: str
    error_message: str
    index: int


class ProfilesDeleted(Struct):
    """What became of a request to delete profiles."""

    request_meta: RequestMeta
    deleted_profiles: list[DeletedProfile]
    failed_to_delete: list[ProfileDeleteFailure]


def written(profile: Profile) -> ProfileWritten:
    """As answers to changes show it."""
    return ProfileWritten(
        profile_id=profile.profile_id,
        customer_id=profile.customer_id,
        profile_data=profile.profile_data,
        platform_info=profile.platform_info,
        has_charged=profile.has_charged,
        status=profile.status,
        created_at=date(profile.created_us),
        last_updated=date(profile.updated_us),
    )


def shown(profile: Profile) -> ProfileShown:
    """As answers to questions show it."""
    foretold = profile.prediction
    return ProfileShown(
        profile_id=profile.profile_id,
        customer_id=profile.customer_id,
        profile_data=profile.profile_data,
        platform_info=profile.platform_info,
        segment_tags=[Tag(tag.segment_tag, date(tag.created_us)) for tag in profile.segment_tags],
        rfm_score=None if foretold is None else foretold.rfm_score,
        churn_probability=None if foretold is None else foretold.level,
        churn_probability_value=None if foretold is None else foretold.churn_probability,
        training_job_id=None if foretold is None else foretold.training_job_id,
        has_charged=profile.has_charged,
        status=profile.status,
        created_at=date(profile.created_us),
        updated_at=date(profile.updated_us),
    )

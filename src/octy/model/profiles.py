"""Profiles: the customers, what is known of them (E6) and the segment tags that they bear (G1)."""

from msgspec import Struct

from octy.model.churn import Prediction
from octy.model.tags import SegmentTag
from octy.model.values import Scalar


class ProfileDraft(Struct, frozen=True):
    """A profile that an account wants."""

    customer_id: str
    has_charged: bool = False
    profile_data: dict[str, Scalar] = {}
    platform_info: dict[str, Scalar] = {}


class ProfileUpdate(Struct, frozen=True):
    """What changes of a profile; named by its profile id, or else by its customer id.

    Given keys replace, a null removes the key, absent keys stay (E6). `has_charged` never goes back to false (E4).
    """

    profile_id: str | None = None
    customer_id: str | None = None
    has_charged: bool = False
    status: str | None = None
    profile_data: dict[str, Scalar] = {}
    platform_info: dict[str, Scalar] = {}


class Profile(Struct, frozen=True):
    """A profile as an account sees it."""

    profile_id: str
    customer_id: str
    has_charged: bool
    profile_data: dict[str, Scalar]
    platform_info: dict[str, Scalar]
    status: str
    created_us: int
    updated_us: int
    segment_tags: tuple[SegmentTag, ...] = ()
    prediction: Prediction | None = None
    """None until a training has known the profile."""


class ProfilePage(Struct, frozen=True):
    """Some of the profiles that a question matches, and how many match in all."""

    profiles: tuple[Profile, ...]
    total: int

"""What would make a difference go: data, for `octy.service.checking.repair` to act upon."""

from typing import TypeAlias

from msgspec import Struct


class TagRemedy(Struct, frozen=True):
    """A profile's tag of a segment, and the end of its history, become what they must be."""

    account_id: int
    segment_key: int
    profile_key: int
    told_us: int | None
    """What the history says now: since when the profile bears the tag; None where it does not."""
    wanted_us: int | None
    """As `told_us`, what is right."""
    is_segment_gone: bool = False


class StrayTag(Struct, frozen=True):
    """A tag of a segment or a profile that there is not, goes."""

    segment_key: int
    profile_key: int


class Charged(Struct, frozen=True):
    """A profile has charged (E4)."""

    account_id: int
    profile_key: int


class StrayMessageId(Struct, frozen=True):
    """The message id of an event that there is not, is forgotten."""

    seq: int


class StrayDelivery(Struct, frozen=True):
    """A webhook about a profile, for an account or of a segment that there is not, goes."""

    delivery_id: int


class StrayDigested(Struct, frozen=True):
    """What digests tell of a profile that there is not, goes."""

    account_id: int
    profile_key: int


class StrayToldMatch(Struct, frozen=True):
    """What was told of a segment or a profile that there is not, is forgotten."""

    segment_key: int
    profile_key: int


class StrayStorm(Struct, frozen=True):
    """The minute, or the stop, of a segment that there is not, goes."""

    segment_key: int


class LedgerLine(Struct, frozen=True):
    """What the archive's ledger says of a file that is sound, is read from the file anew."""

    run_id: int
    row_count: int
    created_min_us: int
    created_max_us: int
    type_ids: tuple[int, ...]


class Nobody(Struct, frozen=True):
    """What is left of a profile that there is not, goes (X3)."""

    account_id: int
    profile_key: int


class LostFile(Struct, frozen=True):
    """A job of which the file is not there, or is not what it has made, has none, and says so."""

    job_id: str


class StrayUse(Struct, frozen=True):
    """That a job uses a segment is forgotten, where one of them is not there."""

    segment_key: int
    job_id: str


class StrayFile(Struct, frozen=True):
    """A file of the archive's folder that the ledger does not know, goes."""

    file: str


class ChangedPage(Struct, frozen=True):
    """A part of the database that is not what was written is taken as it is: what it says is looked at elsewhere."""

    first_byte: int


Remedy: TypeAlias = (
    TagRemedy
    | StrayTag
    | Charged
    | StrayMessageId
    | StrayDelivery
    | StrayDigested
    | StrayToldMatch
    | StrayStorm
    | LedgerLine
    | Nobody
    | LostFile
    | StrayUse
    | StrayFile
    | ChangedPage
)

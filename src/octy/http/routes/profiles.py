"""Routes that change profiles (wire.md 3.9; semantics E4, E6, X3)."""

from litestar import Router, post
from litestar.params import JSONBody

from octy.http.answers import Json, counted, encode, success
from octy.http.auth import INGESTS
from octy.http.batches import BatchReader, Sent
from octy.http.body import body
from octy.http.errors import speakable
from octy.http.idempotency import write_batch
from octy.http.requests import OctyRequest
from octy.http.wire.profiles import (
    DeletedProfile,
    ProfileDeleteFailure,
    ProfileFailure,
    ProfilesCreated,
    ProfilesDeleted,
    ProfilesToCreate,
    ProfilesToDelete,
    ProfilesToUpdate,
    ProfilesUpdated,
    ProfileToCreate,
    ProfileToUpdate,
    ProfileUpdateFailure,
    written,
)
from octy.model import limits
from octy.model.idempotency import Answer
from octy.model.outcomes import Failure, Outcome
from octy.model.profiles import Profile, ProfileDraft, ProfileUpdate

_read_created = BatchReader("profiles", ProfileToCreate, limits.PROFILES_PER_BATCH_MAX, ProfileToCreate.draft).read
_read_updated = BatchReader("profiles", ProfileToUpdate, limits.PROFILES_PER_BATCH_MAX, ProfileToUpdate.draft).read
_read_deleted = BatchReader[str, str]("profiles", str, limits.PROFILES_PER_DELETION_MAX).read


@post("/create", dto=body(ProfilesToCreate, _read_created), opt=INGESTS)
async def create_profiles(request: OctyRequest, data: JSONBody[Sent[ProfileDraft]]) -> Json[ProfilesCreated]:
    """Create profiles."""

    def answer(outcome: Outcome[Profile]) -> Answer:
        failed = [
            ProfileFailure(data.fields(one.index).text("customer_id"), speakable(one.message), one.index)
            for one in outcome.failed
        ]
        done = len(outcome.done)
        meta = success(f"{counted(done, 'profile')} created.", done, done + len(failed))
        return Answer(201, encode(ProfilesCreated(meta, [written(one) for one in outcome.done], failed)))

    octy, account_id = request.octy, request.account_id
    return await write_batch(
        request,
        data,
        lambda drafts, once: octy.create_profiles(account_id, drafts, once),
        answer,
        lambda failure: _naming_customer(data, failure),
    )


@post("/update", status_code=200, dto=body(ProfilesToUpdate, _read_updated), opt=INGESTS)
async def update_profiles(request: OctyRequest, data: JSONBody[Sent[ProfileUpdate]]) -> Json[ProfilesUpdated]:
    """Merge what is given into profiles (E6)."""

    def failure_of(one: Failure) -> ProfileUpdateFailure:
        fields = data.fields(one.index)
        return ProfileUpdateFailure(
            fields.text("profile_id"), fields.text("customer_id"), speakable(one.message), one.index
        )

    def answer(outcome: Outcome[Profile]) -> Answer:
        failed = [failure_of(one) for one in outcome.failed]
        done = len(outcome.done)
        meta = success(f"{counted(done, 'profile')} updated.", done, done + len(failed))
        return Answer(200, encode(ProfilesUpdated(meta, [written(one) for one in outcome.done], failed)))

    octy, account_id = request.octy, request.account_id
    return await write_batch(
        request,
        data,
        lambda updates, once: octy.update_profiles(account_id, updates, once),
        answer,
        lambda failure: _naming_customer(data, failure),
    )


@post("/delete", status_code=200, dto=body(ProfilesToDelete, _read_deleted))
async def delete_profiles(request: OctyRequest, data: JSONBody[Sent[str]]) -> Json[ProfilesDeleted]:
    """Delete profiles with their events, tags and history (X3)."""

    def answer(outcome: Outcome[str]) -> Answer:
        failed = [
            ProfileDeleteFailure(data.fields(one.index).whole_text(), speakable(one.message), one.index)
            for one in outcome.failed
        ]
        done = len(outcome.done)
        meta = success(f"{counted(done, 'profile')} deleted.", done, done + len(failed))
        return Answer(200, encode(ProfilesDeleted(meta, [DeletedProfile(one) for one in outcome.done], failed)))

    octy, account_id = request.octy, request.account_id
    return await write_batch(request, data, lambda ids, once: octy.delete_profiles(account_id, ids, once), answer)


def router() -> Router:
    """The routes of this module."""
    return Router(
        "/v1/retention/profiles", route_handlers=[create_profiles, update_profiles, delete_profiles], tags=["Profiles"]
    )


def _naming_customer(sent: Sent[ProfileDraft] | Sent[ProfileUpdate], failure: Failure) -> str:
    """The message with the customer's id at its end, where the public client looks for the row to name (wire.md 4)."""
    customer_id = sent.fields(failure.index).text("customer_id")
    return f"{failure.message}, customer_id : {customer_id}" if customer_id else failure.message

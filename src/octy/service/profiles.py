"""Profiles come, change and go (E4, E6, V3, X3)."""

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from octy.model import limits
from octy.model.errors import Problem, Refused
from octy.model.outcomes import Failure, Outcome
from octy.model.profiles import Profile, ProfileDraft, ProfileUpdate
from octy.model.values import Scalar, flat_problems, id_problems, shown
from octy.service.erasing import forget
from octy.service.ids import new_id
from octy.service.jobs import keeping
from octy.service.transaction import Transaction
from octy.store import profiles, tags
from octy.store.profiles import StoredProfile

STATUSES = ("active", "inactive")


def create(tx: Transaction, account_id: int, drafts: Sequence[ProfileDraft]) -> Outcome[Profile]:
    """Creates those whose customer id is free, in their order."""
    _check_count(len(drafts))
    tenant = tx.tenant(account_id)
    wanted = [draft.customer_id for draft in drafts]
    taken = {stored.profile.customer_id for stored in profiles.by_customer_ids(tx.connection, account_id, wanted)}
    new: list[StoredProfile] = []
    failed: list[Failure] = []
    for index, draft in enumerate(drafts):
        problems = [*id_problems(draft.customer_id, "customer_id"), *_data_problems(draft)]
        if not problems and draft.customer_id in taken:
            problems = [Problem("customer_id", shown(draft.customer_id), "an id that no other profile has")]
        if problems:
            failed.append(Failure(index, "; ".join(map(str, problems))))
            continue
        taken.add(draft.customer_id)
        new.append(StoredProfile(len(tenant.profile_ids) + len(new), _profile(draft, tx.now_us)))
    profiles.insert_many(tx.connection, account_id, new)
    for stored in new:
        tenant.add_profile(stored.profile_key, stored.profile.profile_id)
        tx.record(tenant, tenant.engine.profile_changed(stored.profile_key, stored.profile.profile_data))
    return Outcome([stored.profile for stored in new], failed)


def update(tx: Transaction, account_id: int, updates: Sequence[ProfileUpdate]) -> Outcome[Profile]:
    """Merges what is given into the profiles, in order (E6)."""
    _check_count(len(updates))
    tenant = tx.tenant(account_id)
    found = _named(tx, account_id, updates)
    changed: dict[int, StoredProfile] = {}
    failed: list[Failure] = []
    done: list[int] = []
    for index, change in enumerate(updates):
        key = found.key_of(change)
        problems = list(_update_problems(change, None if key is None else found.by_key[key].profile))
        if problems or key is None:
            failed.append(Failure(index, "; ".join(map(str, problems))))
            continue
        stored = found.by_key[key]
        found.by_key[key] = changed[key] = StoredProfile(key, _merged(stored.profile, change, tx.now_us))
        done.append(key)
    profiles.update_many(tx.connection, account_id, list(changed.values()))
    for key, stored in changed.items():
        tx.record(tenant, tenant.engine.profile_changed(key, stored.profile.profile_data))
    tenant.refresh_due()
    borne = tags.of_profiles(tx.connection, account_id, list(changed))
    return Outcome(
        [msgspec.structs.replace(changed[key].profile, segment_tags=borne.get(key, ())) for key in done], failed
    )


def delete(tx: Transaction, account_id: int, ids: Sequence[str]) -> Outcome[str]:
    """Removes profiles with their events, tags and history (X3). An id is a profile id or a customer id."""
    tenant = tx.tenant(account_id)
    named = _named_by_any_id(tx, account_id, ids)
    gone: dict[int, str] = {}
    done: list[str] = []
    failed: list[Failure] = []
    for index, given in enumerate(ids):
        key = next((key for key in named.get(given, {}) if key not in gone), None)
        if key is None:
            wanted = "the profile_id or customer_id of an existing profile"
            failed.append(Failure(index, str(Problem(f"profiles[{index}]", shown(given), wanted))))
            continue
        gone[key] = named[given][key]
        done.append(given)
    if gone:
        forget(tx.connection, tx.world.archive, account_id, gone, tx.now_us)
        tx.erased_profile_ids += gone.values()
        for profile_id in gone.values():
            tenant.remove_profile(profile_id)
        keeping.forget_profiles(tx, account_id)
    tenant.refresh_due()
    return Outcome(done, failed)


def _named_by_any_id(tx: Transaction, account_id: int, ids: Sequence[str]) -> dict[str, dict[int, str]]:
    """By each id that names any, the ids of those profiles by key: first the one with this profile id."""
    found: dict[str, dict[int, str]] = {}
    for one in profiles.by_profile_ids(tx.connection, account_id, ids):
        found.setdefault(one.profile.profile_id, {})[one.profile_key] = one.profile.profile_id
    for one in profiles.by_customer_ids(tx.connection, account_id, ids):
        found.setdefault(one.profile.customer_id, {})[one.profile_key] = one.profile.profile_id
    return found


class _Named:
    """The profiles that some updates name."""

    def __init__(self, stored: Sequence[StoredProfile]) -> None:
        self.by_key = {one.profile_key: one for one in stored}
        self._by_profile_id = {one.profile.profile_id: one.profile_key for one in stored}
        self._by_customer_id = {one.profile.customer_id: one.profile_key for one in stored}

    def key_of(self, change: ProfileUpdate) -> int | None:
        """The profile that an update names: by its profile id, or else by its customer id."""
        if change.profile_id:
            return self._by_profile_id.get(change.profile_id)
        return self._by_customer_id.get(change.customer_id or "")


def _named(tx: Transaction, account_id: int, updates: Sequence[ProfileUpdate]) -> _Named:
    profile_ids = [change.profile_id for change in updates if change.profile_id]
    customer_ids = [change.customer_id for change in updates if change.customer_id]
    return _Named(
        [
            *profiles.by_customer_ids(tx.connection, account_id, customer_ids),
            *profiles.by_profile_ids(tx.connection, account_id, profile_ids),
        ]
    )


def _profile(draft: ProfileDraft, now_us: int) -> Profile:
    return Profile(
        profile_id=new_id("profile"),
        customer_id=draft.customer_id,
        has_charged=draft.has_charged,
        profile_data=_without_nulls(draft.profile_data),
        platform_info=_without_nulls(draft.platform_info),
        status="active",
        created_us=now_us,
        updated_us=now_us,
    )


def _merged(profile: Profile, change: ProfileUpdate, now_us: int) -> Profile:
    return msgspec.structs.replace(
        profile,
        has_charged=profile.has_charged or change.has_charged,
        profile_data=_without_nulls(profile.profile_data | change.profile_data),
        platform_info=_without_nulls(profile.platform_info | change.platform_info),
        status=change.status or profile.status,
        updated_us=now_us,
    )


def _without_nulls(data: Mapping[str, Scalar]) -> dict[str, Scalar]:
    return {key: value for key, value in data.items() if value is not None}


def _data_problems(given: ProfileDraft | ProfileUpdate) -> Iterator[Problem]:
    yield from flat_problems(given.profile_data, "profile_data")
    yield from flat_problems(given.platform_info, "platform_info")


def _update_problems(change: ProfileUpdate, profile: Profile | None) -> Iterator[Problem]:
    if profile is None:
        field, value = ("profile_id", change.profile_id) if change.profile_id else ("customer_id", change.customer_id)
        yield Problem(field, shown(value), "the id of an existing profile")
    elif change.customer_id and change.customer_id != profile.customer_id:
        wanted = f"the profile's own customer id, {shown(profile.customer_id)}"
        yield Problem("customer_id", shown(change.customer_id), wanted)
    if change.status and change.status not in STATUSES:
        yield Problem("status", shown(change.status), " or ".join(map(shown, STATUSES)))
    yield from _data_problems(change)


def _check_count(count: int) -> None:
    if not 1 <= count <= limits.PROFILES_PER_BATCH_MAX:
        wanted = f"1 to {limits.PROFILES_PER_BATCH_MAX} profiles"
        raise Refused(f"A request holds {wanted}; this one holds {count}.")

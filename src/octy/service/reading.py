"""Questions that change nothing, answered from one consistent snapshot of the store, in whichever thread asks."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path

import msgspec
from sqlalchemy import Connection

from octy.model import limits
from octy.model.accounts import Account
from octy.model.algorithms import AlgorithmConfiguration
from octy.model.churn import ANYTHING, ChurnReport, PredictionFilter
from octy.model.errors import NotFound, Problem, Refused
from octy.model.events import EventInstance, EventType
from octy.model.exports import ExportedDigested, ExportedEvent, ExportedWebhook, ProfileExport
from octy.model.items import Item
from octy.model.jobs import Job, JobFile, JobKind
from octy.model.lifetimes import Segment
from octy.model.profiles import Profile, ProfilePage
from octy.model.receipts import Receipt
from octy.model.tags import Cause, TagChange
from octy.model.values import shown
from octy.model.webhooks import (
    DeliveryAttempt,
    DeliveryFilter,
    DeliveryPage,
    DeliveryStory,
    DigestPage,
    Receiver,
    Stop,
)
from octy.service import deliveries, receivers
from octy.service.algorithms import completed
from octy.service.auditing import Audit
from octy.service.ids import EventIds
from octy.store import (
    accounts,
    algorithms,
    churn_trainings,
    digests,
    event_types,
    events,
    items,
    job_files,
    jobs,
    message_ids,
    outbox,
    predictions,
    profiles,
    receipts,
    segments,
    tags,
    training_uses,
)
from octy.store import deliveries as stored_deliveries
from octy.store.digests import ProfileChangeRow
from octy.store.folder import Store
from octy.store.outbox import KeptDelivery
from octy.store.profiles import StoredProfile
from octy.store.training_uses import Uses


class Reading:
    """The store's answers, in the model's terms."""

    def __init__(self, store: Store, event_ids: EventIds, audit: Audit) -> None:
        self._store = store
        self._event_ids = event_ids
        self._audit = audit

    def _snapshot(self) -> AbstractContextManager[Connection]:
        return self._store.reading()

    def account(self, account_id: int) -> Account:
        """The account as configured."""
        with self._snapshot() as connection:
            return accounts.by_id(connection, account_id)

    def receiver(self, account_id: int) -> Receiver:
        """How the account's receiver of webhooks fares."""
        with self._snapshot() as connection:
            return receivers.of_account(connection, account_id)

    def event_types(self, account_id: int, ids: Sequence[str] = (), offset: int = 0) -> list[EventType]:
        """Custom event types in the order of creation: those named, or all from `offset` on."""
        with self._snapshot() as connection:
            found = [stored.event_type for stored in event_types.of_account(connection, account_id)]
        custom = [one for one in found if not one.is_system and (not ids or one.event_type_id in ids)]
        return custom[offset:]

    def segments(self, account_id: int, ids: Sequence[str] = (), offset: int = 0) -> list[Segment]:
        """Segments in the order of creation: those named, or all from `offset` on."""
        with self._snapshot() as connection:
            stored = segments.of_account(connection, account_id)
            counts = segments.counts(connection, account_id)
            uses = training_uses.of_segments(connection, [one.segment_key for one in stored])
        found = [
            Segment(
                one.segment_id,
                one.definition,
                one.lifetime,
                one.created_us,
                counts.get(one.segment_key, 0),
                self._audit.of_segment(one.segment_key),
                *msgspec.structs.astuple(uses.get(one.segment_key, Uses())),
            )
            for one in stored
            if not ids or one.segment_id in ids
        ]
        return found[offset:]

    def receipts(self, account_id: int, ids: Sequence[str], offset: int, limit: int) -> tuple[list[Receipt], int]:
        """Receipts of purged segments, by their own ids or the segments', or a page of all; and how many there are."""
        with self._snapshot() as connection:
            return receipts.page(connection, account_id, ids, offset, limit)

    def profiles(
        self,
        account_id: int,
        *,
        customer_id: str | None = None,
        ids: Sequence[str] = (),
        segment_tag: str | None = None,
        foretold: PredictionFilter = ANYTHING,
        offset: int = 0,
        limit: int = limits.PROFILES_PER_PAGE_MAX,
    ) -> ProfilePage:
        """Profiles by customer id, by profile or customer ids, by tag and by what is foretold, or all; with both."""
        with self._snapshot() as connection:
            if customer_id is not None:
                found = profiles.by_customer_ids(connection, account_id, [customer_id])
                total = len(found)
            elif ids:
                found = profiles.by_any_ids(connection, account_id, ids)
                total = len(found)
                found = found[offset : offset + limit]
            else:
                segment_key = None if segment_tag is None else _segment_key(connection, account_id, segment_tag)
                found, total = profiles.page(connection, account_id, offset, limit, segment_key, foretold)
            return ProfilePage(tuple(_complete(connection, account_id, found)), total)

    def tag_history(self, account_id: int, profile_id: str) -> list[TagChange]:
        """Every change of a profile's tags, as it was recorded (G5)."""
        with self._snapshot() as connection:
            key = _profile_key(connection, account_id, profile_id)
            return self._history(connection, account_id, key)

    def _history(self, connection: Connection, account_id: int, profile_key: int) -> list[TagChange]:
        stored = tags.history(connection, self._store.archive, account_id, profile_key)
        return [
            TagChange(
                segment_id=one.segment_id,
                segment_tag=one.segment_tag,
                kind=one.kind,
                effective_us=one.effective_us,
                recorded_us=one.recorded_us,
                cause=one.cause,
                event_id=None if one.event_seq is None else self._event_ids.of(one.event_seq),
            )
            for one in stored
        ]

    def profile_events(self, account_id: int, profile_id: str, limit: int) -> list[EventInstance]:
        """A profile's latest events, newest first."""
        with self._snapshot() as connection:
            key = _profile_key(connection, account_id, profile_id)
            stored = events.of_profile(connection, self._store.archive, account_id, key, limit)
            types = {one.type_id: one.event_type for one in event_types.of_account(connection, account_id)}
        return [
            EventInstance(
                event_id=self._event_ids.of(one.seq),
                event_type_id=types[one.type_id].event_type_id,
                event_type=types[one.type_id].event_type,
                profile_id=profile_id,
                event_properties=None if one.properties is None else msgspec.json.decode(one.properties),
                created_us=one.created_us,
            )
            for one in stored
        ]

    def export(self, account_id: int, profile_id: str) -> ProfileExport:
        """All that is known of a profile, as of one moment."""
        with self._snapshot() as connection:
            found = profiles.by_any_ids(connection, account_id, [profile_id])[:1]
            if not found:
                raise NotFound(f"There is no profile with the id {shown(profile_id)}.")
            key, (profile,) = found[0].profile_key, _complete(connection, account_id, found)
            return ProfileExport(
                profile=profile,
                events=self._exported_events(connection, account_id, key),
                history=self._history(connection, account_id, key),
                webhooks=[_exported_webhook(one) for one in outbox.of_profile(connection, account_id, key)],
                digested=[_exported_change(one) for one in digests.of_profile(connection, account_id, key)],
            )

    def _exported_events(self, connection: Connection, account_id: int, profile_key: int) -> list[ExportedEvent]:
        stored = events.of_profile(connection, self._store.archive, account_id, profile_key)[::-1]
        types = {one.type_id: one.event_type for one in event_types.of_account(connection, account_id)}
        message = message_ids.of_events(connection, account_id, [one.seq for one in stored])
        return [
            ExportedEvent(
                event_id=self._event_ids.of(one.seq),
                event_type_id=types[one.type_id].event_type_id,
                event_type=types[one.type_id].event_type,
                event_properties=None if one.properties is None else msgspec.json.decode(one.properties),
                created_us=one.created_us,
                accepted_us=one.accepted_us,
                message_id=message.get(one.seq),
            )
            for one in stored
        ]

    def deliveries(self, account_id: int) -> dict[str, int]:
        """How many webhooks are in which state."""
        with self._snapshot() as connection:
            return outbox.counts(connection, account_id)

    def delivery_page(
        self, account_id: int, asked: DeliveryFilter, limit: int, before: str | None = None
    ) -> DeliveryPage:
        """Webhooks, the newest first: those that were made before the one with the id `before`."""
        with self._snapshot() as connection:
            before_id = None if before is None else deliveries.number_of(connection, account_id, before, "before")
            wanted = deliveries.wanted(connection, account_id, asked)
            rows = stored_deliveries.page(connection, account_id, wanted, limit + 1, before_id)
        shown_rows = tuple(deliveries.delivery_of(row) for row in rows[:limit])
        return DeliveryPage(shown_rows, shown_rows[-1].delivery_id if len(rows) > limit else None)

    def digest_page(self, account_id: int, delivery_id: str, limit: int, after: int) -> DigestPage:
        """What a digest tells, in its order, after the change with a number."""
        with self._snapshot() as connection:
            return deliveries.digest_page(connection, account_id, delivery_id, limit, after)

    def webhook_stops(self, account_id: int) -> list[Stop]:
        """The segments of which nothing is told, because too many profiles flipped."""
        with self._snapshot() as connection:
            return deliveries.stops_of(connection, account_id)

    def delivery(self, account_id: int, delivery_id: str) -> DeliveryStory:
        """A webhook, with every attempt."""
        with self._snapshot() as connection:
            row, body = deliveries.found(connection, account_id, delivery_id)
            attempts = stored_deliveries.attempts_of(connection, row.delivery_id)
        told = tuple(DeliveryAttempt(**msgspec.structs.asdict(one)) for one in attempts)
        return DeliveryStory(deliveries.delivery_of(row), body, told)

    def algorithms(self, account_id: int) -> list[AlgorithmConfiguration]:
        """What the account has configured of algorithms."""
        with self._snapshot() as connection:
            return [completed(one) for one in algorithms.of_account(connection, account_id)]

    def churn_report(self, account_id: int) -> ChurnReport | None:
        """What the last training of the churn model learnt; None before the first."""
        with self._snapshot() as connection:
            return churn_trainings.latest(connection, account_id)

    def datasets(self, account_id: int, ids: Sequence[str] = (), offset: int = 0) -> list[Job]:
        """The jobs that make or have made datasets, in the order of the requests: those named, or all from there on."""
        with self._snapshot() as connection:
            found = jobs.of_account(connection, account_id, JobKind.DATASET)
        return [one for one in found if not ids or one.job_id in ids][offset:]

    def trainings(self, account_id: int, ids: Sequence[str] = ()) -> list[Job]:
        """The account's trainings, in the order of the requests: those named, or all."""
        with self._snapshot() as connection:
            found = jobs.of_account(connection, account_id, JobKind.TRAINING)
        return [one for one in found if not ids or one.job_id in ids]

    def dataset_file(self, account_id: int, job_id: str) -> tuple[Path, JobFile]:
        """Where the file of a dataset is. NotFound where there is none."""
        found = self.datasets(account_id, [job_id])
        if not found:
            raise NotFound(f"There is no dataset with the id {shown(job_id)}.")
        if found[0].file is None:
            raise NotFound(f"There is no file of the dataset {job_id}. {found[0].error or 'It is not made yet.'}")
        return job_files.path_of(self._store.folder, found[0].file), found[0].file

    def items(self, account_id: int, ids: Sequence[str], offset: int, limit: int) -> tuple[list[Item], int]:
        """Items by id, or a page of all, and how many there are."""
        with self._snapshot() as connection:
            return items.page(connection, account_id, ids, offset, limit)


def _complete(connection: Connection, account_id: int, found: Sequence[StoredProfile]) -> list[Profile]:
    """With their tags (G1) and what is foretold of them."""
    keys = [stored.profile_key for stored in found]
    borne = tags.of_profiles(connection, account_id, keys)
    foretold = predictions.of_profiles(connection, account_id, keys)
    return [
        msgspec.structs.replace(
            stored.profile,
            segment_tags=borne.get(stored.profile_key, ()),
            prediction=foretold.get(stored.profile_key),
        )
        for stored in found
    ]


def _exported_webhook(kept: KeptDelivery) -> ExportedWebhook:
    return ExportedWebhook(
        webhook_id=kept.webhook_id,
        body=msgspec.json.decode(kept.body),
        state=kept.state,
        attempts=kept.attempts,
        created_us=kept.created_us,
        finished_us=kept.finished_us,
        last_error=kept.last_error,
    )


def _exported_change(row: ProfileChangeRow) -> ExportedDigested:
    return ExportedDigested(row.webhook_id, row.segment_tag, row.event, Cause(row.cause), row.effective_us)


def _segment_key(connection: Connection, account_id: int, name: str) -> int:
    for stored in segments.of_account(connection, account_id):
        if stored.definition.name == name:
            return stored.segment_key
    problem = Problem("segment_tag", shown(name), "the name of an existing segment")
    raise Refused("There is no such segment.", [problem])


def _profile_key(connection: Connection, account_id: int, profile_id: str) -> int:
    found = profiles.by_any_ids(connection, account_id, [profile_id])
    if not found:
        raise NotFound(f"There is no profile with the id {shown(profile_id)}.")
    return found[0].profile_key

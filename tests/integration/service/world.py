"""A shop with an account at an Octy: `shop.views("ana", at="12:00")`, `shop.tags("ana")`.

Instants are said as in `tests.unit.engine.shop`: `12:00` of the first day, `3d 12:00` of a later one. Without one, an
event happens now.
"""

import json
from collections.abc import Sequence
from functools import partial
from typing import Any

from octy.model.accounts import AccountConfiguration
from octy.model.events import EventDraft, EventInstance, EventTypeDraft, PlainEventDraft
from octy.model.idempotency import Once
from octy.model.instants import iso
from octy.model.outcomes import Outcome
from octy.model.profiles import Profile, ProfileDraft, ProfileUpdate
from octy.service.keys import new_keys
from octy.service.octy import Octy
from octy.service.trainings import training_completed
from tests.integration.service.serving import Service, done, eventually
from tests.unit.engine.shop import Did, instant, said, told

TYPES = {"view": ("product", "a", "b"), "cart": ("product", "a", "b"), "pay": ("product", "a", "b")}
Dataset = dict[str, int]
"""By segment id, which of its deletions was pending when it was built."""
URL = "https://hooks.example.org/octy"


class Shop:
    """An account: its customers and its segments by name, its clock in words."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.account = self.octy.create_account(new_keys()).account_id
        self.customers: dict[str, str] = {}
        self.segments: dict[str, str] = {}
        self.types = {
            one.event_type: one.event_type_id
            for one in done(
                self.octy.create_event_types(self.account, [EventTypeDraft(*item) for item in TYPES.items()])
            ).done
        }

    @property
    def octy(self) -> Octy:
        """The one that serves now."""
        return self.service.octy

    # The customers

    def has(self, *names: str, **data: Any) -> None:
        """New customers, of whom this is known."""
        drafts = [ProfileDraft(name, profile_data=data) for name in names]
        outcome = done(self.octy.create_profiles(self.account, drafts))
        assert not outcome.failed, outcome.failed
        self.customers |= {one.customer_id: one.profile_id for one in outcome.done}

    def learns(self, who: str, **data: Any) -> Profile:
        """An update of a customer's data (E6)."""
        (profile,) = done(
            self.octy.update_profiles(self.account, [ProfileUpdate(customer_id=who, profile_data=data)])
        ).done
        return profile

    def forgets(self, *names: str) -> None:
        """X3."""
        assert not done(self.octy.delete_profiles(self.account, names)).failed

    def profile(self, who: str) -> Profile:
        """As the account sees it."""
        (found,) = self.octy.reading.profiles(self.account, customer_id=who).profiles
        return found

    # What they do

    def views(self, who: str, at: str | None = None, **properties: Any) -> EventInstance:
        """An event of type `view`."""
        return self.does(who, "view", at, **properties)

    def pays(self, who: str, at: str | None = None, **properties: Any) -> EventInstance:
        """An event of type `pay`."""
        return self.does(who, "pay", at, **properties)

    def does(
        self, who: str, what: str, at: str | None = None, message_id: str | None = None, **properties: Any
    ) -> EventInstance:
        """An event of any type, which is accepted."""
        outcome = self.sends(self.draft(who, what, at, message_id, **properties))
        assert not outcome.failed, outcome.failed
        return outcome.done[0]

    def draft(
        self, who: str, what: str = "view", at: str | None = None, message_id: str | None = None, **properties: Any
    ) -> EventDraft:
        """An event before it is sent."""
        created_at = None if at is None else iso(instant(at))
        return PlainEventDraft(what, self.customers.get(who, who), properties or None, created_at, message_id)

    def sends(self, *drafts: EventDraft, once: Once | None = None) -> Outcome[EventInstance]:
        """A batch."""
        return done(self.octy.ingest(self.account, drafts, once))

    def log(self, who: str) -> list[tuple[str, str]]:
        """(event type, instant) of a customer's stored events, oldest first."""
        found = self.octy.reading.profile_events(self.account, self.customers[who], 1000)
        return [(one.event_type, said(one.created_us)) for one in reversed(found)]

    # The segments

    def live(self, name: str, action: str | Did, *, unless: str | Did | None = None, within_minutes: int = 5) -> str:
        """Live 1; with `unless`, live 2. Returns the segment's id."""
        steps = [step(action, "action", within_minutes if unless else 0), *_inaction(unless)]
        return self._creates(name, "live", 2 if unless else 1, 0, steps)

    def past(
        self, name: str, *actions: str | Did, days: int = 30, unless: str | Did | None = None, **wants: str
    ) -> str:
        """Past 1 to 4: with an inaction, with a profile property. Returns the segment's id, after its backfill (P6)."""
        steps = [*(step(action) for action in actions), *_inaction(unless)]
        return self._creates(name, "past", (2 if unless else 1) + (2 if wants else 0), days, steps, **wants)

    def deletes(self, *names: str) -> None:
        """X1."""
        ids = [self.segments[name] for name in names]
        assert not done(self.octy.delete_segments(self.account, ids)).failed

    def restores(self, *names: str) -> None:
        """Cancels deletions; past segments are backfilled once more."""
        ids = [self.segments[name] for name in names]
        assert not done(self.octy.restore_segments(self.account, ids)).failed
        if self.service.ends_backfills:
            eventually(lambda: {self.statuses()[name] for name in names} == {"active"})

    def builds_dataset(self) -> Dataset:
        """What one would leave out that is built now."""
        found = self.octy.reading.segments(self.account)
        return {one.segment_id: one.lifetime.deletion for one in found if one.lifetime.deletion is not None}

    def trained(self, job_id: str, *names: str, dataset: Dataset) -> list[str]:
        """A training job completes that has used some segments' tags; the names of the segments that it purges."""
        ids = [self.segments[name] for name in names]
        job = partial(
            training_completed,
            account_id=self.account,
            job_id=job_id,
            left_out=dataset,
            segment_ids=ids,
        )
        purged = done(self.octy._writer.submit(self.account, job))
        return [name for name, segment_id in self.segments.items() if segment_id in purged]

    def receipts(self) -> list[str]:
        """`viewing of 12:00 purged at 3d 12:00 by elapsed with 2 tags`: where it was asked for, and what went."""
        found, _ = self.octy.reading.receipts(self.account, (), 0, 100)
        return [
            f"{one.definition.name} of {said(one.requested_us)} purged at {said(one.purged_us)}"
            f" by {one.job_id or one.cause} with {one.tags_removed} tags"
            for one in found
        ]

    def statuses(self) -> dict[str, str]:
        """The status of each segment there is."""
        return {one.definition.name: one.status.value for one in self.octy.reading.segments(self.account)}

    def _creates(self, name: str, kind: str, sub_type: int, days: int, steps: list[Any], **wants: str) -> str:
        raw = definition(name, kind, sub_type, days, steps, **wants)
        segment, _ = done(self.octy.create_segment(self.account, raw))
        self.segments[name] = segment.segment_id
        if self.service.ends_backfills:
            eventually(lambda: self.statuses()[name] == "active")
        return segment.segment_id

    # The clock

    def waits_until(self, at: str) -> None:
        """Time passes, and all that is due on the way is done."""
        if self.octy.is_sandbox:
            done(self.octy.move_clock(instant(at)))
        else:
            self.service.clock.move_to(instant(at))
            self.service.asks_nothing()

    @property
    def now(self) -> str:
        """By the clock."""
        return said(self.service.clock.now_us())

    # What is seen

    def tags(self, who: str) -> dict[str, str]:
        """The customer's tags and since when, in the order of creation (G1)."""
        return {tag.segment_tag: said(tag.created_us) for tag in self.profile(who).segment_tags}

    def history(self, who: str) -> list[str]:
        """What became of the customer's tags, line by line (`told`)."""
        changes = self.octy.reading.tag_history(self.account, self.customers[who])
        return [told(change.segment_tag, change) for change in changes]

    def causes(self, who: str) -> list[str | None]:
        """The id of the event that caused each line of the history."""
        return [one.event_id for one in self.octy.reading.tag_history(self.account, self.customers[who])]

    def wants_webhooks(self, url: str = URL, **choice: Any) -> None:
        """From now on, live matches (H1), or what is chosen, are told to somebody."""
        done(self.octy.configure(self.account, AccountConfiguration(webhook_url=url, **choice)))

    def bodies(self) -> list[dict[str, Any]]:
        """The webhooks that were made, in their order."""
        question = "SELECT body FROM outbox WHERE account_id = :account ORDER BY delivery_id"
        return [json.loads(body) for (body,) in self.service.rows(question, account=self.account)]

    def deliveries(self) -> list[str]:
        """Their ids."""
        question = "SELECT webhook_id FROM outbox WHERE account_id = :account ORDER BY delivery_id"
        return [webhook_id for (webhook_id,) in self.service.rows(question, account=self.account)]

    def webhooks(self) -> list[str]:
        """`created checkout for ana`."""
        return [
            f"{body['subject'].split()[-1]} {body['body']['segment']['segment_tag']}"
            f" for {self.name_of(body['body']['profile_id'])}"
            for body in self.bodies()
        ]

    def heard(self) -> list[str]:
        """`3 entered loyal: ana (event)`: each webhook's number, event, segment, profile if any, and cause."""
        return [_heard(self, body) for body in self.bodies()]

    def name_of(self, profile_id: str) -> str:
        """The customer's."""
        return next(name for name, known in self.customers.items() if known == profile_id)


def _heard(shop: Shop, told: dict[str, Any]) -> str:
    body, meta = told["body"], told["meta"]
    who = f": {shop.name_of(body['profile_id'])}" if "profile_id" in body else ""
    event = meta["event"].partition(".")[2]
    return f"{meta['sequence']} {event} {body['segment']['segment_tag']}{who} ({meta['cause']})"


def step(what: str | Did, action_inaction: str = "action", exp_timeframe: int = 0) -> dict[str, Any]:
    """A step of a definition, as the wire has it."""
    event_type, properties = what if isinstance(what, Did) else Did(what)
    return {
        "event_type": event_type,
        "event_properties": properties,
        "action_inaction": action_inaction,
        "exp_timeframe": exp_timeframe,
    }


def definition(
    name: str, kind: str, sub_type: int, days: int, steps: Sequence[dict[str, Any]], **wants: str
) -> dict[str, Any]:
    """A whole definition, as the wire has it."""
    [(property_name, value)] = wants.items() or [("", "")]
    return {
        "segment_name": name,
        "segment_type": kind,
        "segment_sub_type": sub_type,
        "segment_timeframe": days,
        "event_sequence": list(steps),
        "profile_property_name": property_name,
        "profile_property_value": value,
    }


def _inaction(what: str | Did | None) -> list[dict[str, Any]]:
    return [] if what is None else [step(what, "inaction")]

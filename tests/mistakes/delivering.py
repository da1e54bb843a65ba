"""Mistakes with webhooks: not sent, sent wrongly, too soon, too often, in another order."""

import asyncio
from collections.abc import Mapping
from typing import Any

import msgspec

from octy.model.instants import US_PER_DAY
from octy.service import backfills, notifying, webhook_secrets, writer
from octy.service import outbox as service_outbox
from octy.service.choosing import Choice
from octy.service.octy import Octy
from octy.service.outbox import WriterOutbox
from octy.service.webhook_secrets import SigningKeys
from octy.store import outbox, receivers, told_matches, webhook_sequences
from octy.store.outbox import DELIVERED, Done
from octy.store.told_matches import ToldMatch
from octy.webhooks import dispatcher, schedule, sender, signing
from octy.webhooks.outbox import Busy, Delivery
from octy.webhooks.outcome import Delivered
from octy.webhooks.sender import Sender
from tests.mistakes.making import Mistake, Patch, changed, instead, without

TELLING = "tests/integration/service/test_telling.py"
WEBHOOKS = "tests/integration/service/test_webhooks.py"
ENDINGS = "tests/integration/webhooks/test_endings.py"


def _id_per_attempt(patch: Patch) -> None:
    headers = Sender._headers

    def other(self: Sender, delivery: Delivery) -> dict[str, str]:
        said = headers(self, delivery)
        return said | {"webhook-id": f"{said['webhook-id']}-{delivery.attempts}"}

    patch.setattr(Sender, "_headers", other)


def _id_of_the_profile(patch: Patch) -> None:
    headers = Sender._headers

    def other(self: Sender, delivery: Delivery) -> dict[str, str]:
        return headers(self, delivery) | {"webhook-id": f"msg_{delivery.profile_key}"}

    patch.setattr(Sender, "_headers", other)


def _no_webhook_for_updates(patch: Patch) -> None:
    add = outbox.add

    def some(connection: Any, rows: Any, wait_us: int) -> None:
        add(connection, [one for one in rows if b"tag updated" not in one.body], wait_us)

    patch.setattr(outbox, "add", some)


def _whatever_the_cause(patch: Patch) -> None:
    init = Choice.__init__

    def other(self: Choice, configuration: Any) -> None:
        init(self, configuration)
        self._of_cause[:] = True

    patch.setattr(Choice, "__init__", other)


def _done_before_it_is_sent(patch: Patch) -> None:
    due = WriterOutbox.due

    async def claimed(self: WriterOutbox, now_us: int, *others: Any) -> Any:
        found = await due(self, now_us, *others)
        done = [Done(one.delivery_id, DELIVERED, one.attempts + 1, now_us) for one in found]
        if done:
            work = self._writer.submit(0, lambda tx: outbox.record(tx.connection, done))
            await asyncio.wrap_future(work)
        return found

    patch.setattr(WriterOutbox, "due", claimed)


def _retries_end_with_their_process(patch: Patch) -> None:
    start = Octy.start

    def forgetful(self: Octy) -> None:
        start(self)
        retried = "UPDATE outbox_lanes SET due_us = 9e18 WHERE profile_key IN "
        which = "(SELECT profile_key FROM outbox WHERE state = 'pending' AND attempts > 0)"
        self._writer.submit_unrefused(lambda tx: tx.connection.exec_driver_sql(retried + which).close())

    patch.setattr(Octy, "start", forgetful)


def _signed_for_another_time(patch: Patch) -> None:
    def other(keys: Any, webhook_id: str, timestamp: int, body: bytes) -> str:
        return signing.signatures(keys, webhook_id, timestamp - 60, body)

    patch.setattr(sender, "signatures", other)


def _other_bytes_with_each_attempt(patch: Patch) -> None:
    found = WriterOutbox._due

    def longer(self: WriterOutbox, now_us: int, limit: int, each: int, busy: Busy) -> list[Delivery]:
        due = found(self, now_us, limit, each, busy)
        return [msgspec.structs.replace(one, body=one.body + b" " * one.attempts) for one in due]

    patch.setattr(WriterOutbox, "_due", longer)


def _last_told_whatever_it_was(patch: Patch) -> None:
    """By its instant, every match is taken for the one from which the tag dates."""
    told = told_matches.told

    def other(connection: Any, account: int, dated_us: Mapping[tuple[int, int], int]) -> dict[tuple[int, int], Any]:
        found = told(connection, account, dated_us)
        return {pair: ToldMatch(one.webhook_id, dated_us[pair]) for pair, one in found.items()}

    patch.setattr(told_matches, "told", other)


def _no_overlap(patch: Patch) -> None:
    renew = webhook_secrets.renew
    patch.setattr(webhook_secrets, "renew", lambda tx, vault, keys, account, _: renew(tx, vault, keys, account, 0))


MISTAKES: Mapping[str, Mistake] = {
    "any answer of a receiver will do": Mistake(
        instead(Sender, "_judged", lambda _, answer, __: Delivered(answer.status))
    ),
    "a webhook is done before it is sent": Mistake(_done_before_it_is_sent),
    "a webhook is given up after two attempts": Mistake(instead(schedule.Schedule, "attempts_max", 2)),
    "a webhook has another id with each attempt": Mistake(_id_per_attempt),
    "a webhook's id is its profile's": Mistake(_id_of_the_profile),
    "a webhook has other bytes with each attempt": Mistake(_other_bytes_with_each_attempt),
    "a tag that moves is told to nobody": Mistake(_no_webhook_for_updates),
    "what is told does not depend on its cause": Mistake(_whatever_the_cause),
    "the end of a backfill is told to nobody": Mistake(instead(backfills, "tell_backfilled", lambda *_: False)),
    "a retraction does not say of what": Mistake(
        instead(told_matches, "told", lambda _, __, pairs: dict.fromkeys(pairs, told_matches.NOTHING))
    ),
    "a retraction names what was told last, whatever went in between": Mistake(
        _last_told_whatever_it_was,
        f"{TELLING}::test_a_tag_that_a_match_has_moved_of_which_nobody_was_told_is_taken_back_by_name_of_nothing",
    ),
    "what became of attempts is not stored": Mistake(instead(outbox, "record", lambda *_: [])),
    "numbers of webhooks are given again": Mistake(without(webhook_sequences, "insert_rows")),
    "retries end with their process": Mistake(_retries_end_with_their_process),
    "pauses are half as long": Mistake(
        changed(schedule.Schedule, "pause_us", lambda pause_us: lambda *of: (found := pause_us(*of)) and found // 2)
    ),
    "Retry-After is ignored": Mistake(instead(sender, "retry_after_seconds", lambda *_: None)),
    "a webhook waits for no earlier one": Mistake(
        instead(notifying, "WAIT_US_MAX", 0),
        f"{WEBHOOKS}::test_a_webhook_waits_ten_minutes_for_an_earlier_one_about_its_profile",
    ),
    "a webhook does not say that it is ahead": Mistake(instead(service_outbox, "overtaking", lambda body, _: body)),
    "a webhook is signed for another time": Mistake(_signed_for_another_time),
    "a webhook is signed with the present secret alone": Mistake(
        changed(SigningKeys, "valid", lambda valid: lambda *of: valid(*of)[:1])
    ),
    "a secret that is replaced is invalid at once": Mistake(_no_overlap),
    "webhooks are forgotten after a day": Mistake(instead(writer, "DELIVERIES_KEPT_US", US_PER_DAY)),
    "a disabled receiver is sent webhooks": Mistake(instead(receivers, "AT_WORK", ())),
    "a receiver that is gone is asked again": Mistake(instead(dispatcher, "GONE", 0), ENDINGS),
    "what waited for a receiver is sent though nobody wants it": Mistake(
        instead(receivers, "enable", lambda connection, account_id, _: receivers.has_succeeded(connection, account_id)),
        WEBHOOKS,
    ),
}

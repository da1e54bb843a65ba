"""Is an account's receiver sent anything at all? Not once it has said that it is gone, nor after days of failures.

Webhooks that are made meanwhile wait. When the receiver is enabled again they are sent, or else given up: some at a
time, so that nobody has to wait for a million of them, and nothing is sent before that is done.
"""

from collections.abc import Collection, Sequence

import structlog
from sqlalchemy import Connection

from octy.model.instants import NEVER, US_PER_DAY
from octy.model.webhooks import Receiver
from octy.service.transaction import Transaction
from octy.store import deliveries, outbox, receivers
from octy.store.outbox import DELIVERED, Done

log = structlog.get_logger()

GONE = "The receiver answered 410: it wants no webhooks any more."
FAILING = "For 5 days every attempt has failed."
FAILING_US_MAX = 5 * US_PER_DAY
NOT_SENT = "It was made while the receiver was disabled, and not sent when that was enabled again."
FORGOTTEN = "It has waited for a disabled receiver for 30 days."

DROPPED_AT_ONCE = 1_000


def note_results(tx: Transaction, results: Sequence[tuple[int, Done]], gone: Collection[int]) -> None:
    """What results, each with its account, say of the receivers. `gone` are the deliveries that were answered 410."""
    tried = [(account_id, one) for account_id, one in results if one.attempt is not None]
    for account_id in {account_id for account_id, _ in tried}:
        mine = [one for other, one in tried if other == account_id]
        if any(one.delivery_id in gone for one in mine):
            _disable(tx, account_id, GONE)
        elif any(one.state == DELIVERED for one in mine):
            receivers.has_succeeded(tx.connection, account_id)
        else:
            _note_failure(tx, account_id, max(one.at_us for one in mine))


def of_account(connection: Connection, account_id: int) -> Receiver:
    """As the account sees it."""
    stored = receivers.of_account(connection, account_id)
    return Receiver(stored.failing_since_us, stored.disabled_us, stored.disabled_reason)


def enable(tx: Transaction, account_id: int, *, replay: bool) -> Receiver:
    """It is sent something again: also what waits, where that is wanted, and else only what is made from now on.

    Enabling one that is enabled changes nothing. The caller then has `drop_some` called.
    """
    if receivers.of_account(tx.connection, account_id).disabled_us is not None:
        through_id = 0 if replay else deliveries.last_id(tx.connection, account_id)
        receivers.enable(tx.connection, account_id, through_id)
        tx.added_webhooks = True
    return of_account(tx.connection, account_id)


def replaced(tx: Transaction, account_id: int) -> None:
    """The account has another one, of which nothing is known."""
    enable(tx, account_id, replay=False)
    receivers.has_succeeded(tx.connection, account_id)


def drop_some(tx: Transaction, account_id: int) -> bool:
    """Gives up some of what is not to be sent; true where that was not all."""
    through_id = receivers.of_account(tx.connection, account_id).dropped_through
    if not through_id:
        return False
    dropped = outbox.give_up(
        tx.connection, account_id, DROPPED_AT_ONCE, tx.now_us, NOT_SENT, through_id=through_id, before_us=NEVER
    )
    if dropped == DROPPED_AT_ONCE:
        return True
    receivers.dropped(tx.connection, account_id)
    tx.added_webhooks = True
    return False


def tidy(tx: Transaction, before_us: int) -> None:
    """Gives up some of what is not to be sent, whoever began that, and of what has waited since before an instant."""
    for one in receivers.being_dropped(tx.connection):
        drop_some(tx, one.account_id)
    for account_id in receivers.disabled(tx.connection):
        outbox.give_up(
            tx.connection, account_id, DROPPED_AT_ONCE, tx.now_us, FORGOTTEN, through_id=NEVER, before_us=before_us
        )


def _note_failure(tx: Transaction, account_id: int, at_us: int) -> None:
    receivers.has_failed(tx.connection, account_id, at_us)
    since_us = receivers.of_account(tx.connection, account_id).failing_since_us
    if since_us is not None and at_us - since_us >= FAILING_US_MAX:
        _disable(tx, account_id, FAILING)


def _disable(tx: Transaction, account_id: int, reason: str) -> None:
    if receivers.of_account(tx.connection, account_id).disabled_us is None:
        receivers.disable(tx.connection, account_id, tx.now_us, reason)
        log.warning("webhooks.disabled", account_id=account_id, reason=reason)

"""Is an account's receiver sent anything at all? Not once it has said that it is gone, nor after days of failures."""

from collections.abc import Collection, Sequence

import structlog

from octy.model.instants import US_PER_DAY
from octy.service.transaction import Transaction
from octy.store import receivers
from octy.store.outbox import DELIVERED, Done

log = structlog.get_logger()

GONE = "The receiver answered 410: it wants no webhooks any more."
FAILING = "For 5 days every attempt has failed."
FAILING_US_MAX = 5 * US_PER_DAY


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


def _note_failure(tx: Transaction, account_id: int, at_us: int) -> None:
    receivers.has_failed(tx.connection, account_id, at_us)
    since_us = receivers.of_account(tx.connection, account_id).failing_since_us
    if since_us is not None and at_us - since_us >= FAILING_US_MAX:
        _disable(tx, account_id, FAILING)


def _disable(tx: Transaction, account_id: int, reason: str) -> None:
    if receivers.of_account(tx.connection, account_id).disabled_us is None:
        receivers.disable(tx.connection, account_id, tx.now_us, reason)
        log.warning("webhooks.disabled", account_id=account_id, reason=reason)

"""Whose churn model is to be trained by itself, now? As often as its account has said, from the last request on."""

import structlog

from octy.model.algorithms import CHURN
from octy.model.errors import Refused
from octy.model.instants import US_PER_DAY
from octy.model.jobs import JobKind
from octy.service.training.asking import ask, configuration_of
from octy.service.transaction import Transaction
from octy.store import algorithms, jobs

log = structlog.get_logger()


def ask_for_due(tx: Transaction) -> bool:
    """Asks for the trainings that are due; whether there was any. What cannot be is tried again the next time."""
    asked = False
    for account_id in algorithms.scheduled(tx.connection, CHURN):
        every_days = configuration_of(tx, account_id).training_every_days
        assert every_days, "it has a schedule"
        known = jobs.of_account(tx.connection, account_id, JobKind.TRAINING)
        if known and tx.now_us - known[-1].requested_us < every_days * US_PER_DAY:
            continue
        try:
            ask(tx, account_id, CHURN)
        except Refused as refused:
            log.warning("training.not_begun", account_id=account_id, reason="; ".join(refused.messages))
        else:
            asked = True
    return asked

"""A training is asked for: a job that makes its dataset, and behind it the one that learns from that.

Instants lie half a horizon apart, up to a year's worth of the default horizon, and end now; a whole horizon apart where
there are so many profiles that only a few instants can be taken. None is so early that a row would look back on events
that are not kept.
"""

from importlib.util import find_spec

import msgspec

from octy.model.algorithms import CHURN, AlgorithmConfiguration
from octy.model.datasets import CHURN as CHURN_LABEL
from octy.model.datasets import DatasetRequest
from octy.model.durations import duration
from octy.model.errors import Problem, Refused
from octy.model.instants import US_PER_DAY, iso
from octy.model.jobs import Job, JobKind
from octy.model.trainings import TrainingParameters
from octy.model.values import shown
from octy.service.algorithms import completed
from octy.service.datasets import asking
from octy.service.datasets.judging import LOOKBACK_DAYS
from octy.service.jobs import keeping
from octy.service.tenant import Tenant
from octy.service.trainings import training_begun
from octy.service.transaction import Transaction
from octy.store import algorithms, jobs

INSTANTS_MAX = 24
INSTANTS_MIN = 5
"""One to foretell from, and two horizons to learn from and to measure with, at half a horizon each."""
ROWS_MAX = 2_000_000
NEEDED = ("sklearn", "skops")
NOT_INSTALLED = "The server lacks what trainings need; `pip install 'octy-segmentation[training]'` brings it."


def ask(tx: Transaction, account_id: int, algorithm: str) -> Job:
    """The job that learns. Refused where one of the account has not ended, or where it cannot be."""
    if algorithm != CHURN:
        raise Refused("There is no such training.", [Problem("algorithm", shown(algorithm), shown(CHURN))])
    if any(find_spec(name) is None for name in NEEDED):
        raise Refused(NOT_INSTALLED)
    unended = [one for one in jobs.of_account(tx.connection, account_id, JobKind.TRAINING) if not one.has_ended]
    if unended:
        raise Refused(f"A training of the account, {unended[0].job_id}, has not ended; ask again when it has.")
    configured = configuration_of(tx, account_id)
    assert configured.event_type is not None, "completed"
    assert configured.horizon_days is not None, "completed"
    wanted = _dataset(tx.tenant(account_id), configured.event_type, configured.horizon_days, tx.now_us)
    parameters = TrainingParameters(
        algorithm,
        asking.ask(tx, account_id, wanted).job_id,
        configured.event_type,
        configured.horizon_days,
        configured.profile_features,
    )
    job = keeping.add(tx, account_id, JobKind.TRAINING, msgspec.json.encode(parameters).decode())
    used = [one.segment_id for one in tx.tenant(account_id).segments.values() if not one.lifetime.is_pending]
    training_begun(tx, account_id, job.job_id, used)
    return job


def configuration_of(tx: Transaction, account_id: int) -> AlgorithmConfiguration:
    """What the account has configured of churn, or the defaults."""
    found = {one.algorithm_name: one for one in algorithms.of_account(tx.connection, account_id)}
    return completed(found.get(CHURN, AlgorithmConfiguration(CHURN)))


def _dataset(tenant: Tenant, event_type: str, horizon_days: int, now_us: int) -> DatasetRequest:
    count = min(INSTANTS_MAX, ROWS_MAX // max(len(tenant.profile_keys), 1))
    horizon_us = horizon_days * US_PER_DAY
    every_us = horizon_us // 2 if count >= INSTANTS_MIN else horizon_us
    steps_back = max(count, INSTANTS_MIN) - 1
    if aged_us := tenant.account.aged_us:
        windows_us = (segment.definition.window_us for segment in tenant.segments.values())
        first_us = aged_us + max([LOOKBACK_DAYS * US_PER_DAY, *windows_us])
        steps_back = min(steps_back, max(now_us - first_us, 0) // every_us)
    return DatasetRequest(
        every=duration(every_us),
        from_=iso(max(now_us - steps_back * every_us, now_us % every_us)),
        to=iso(now_us),
        label=f"{CHURN_LABEL}:{horizon_days}d:{event_type}",
    )

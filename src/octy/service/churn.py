"""What a training of the churn model brings: its report and model are kept, and profiles bear what it foretells.

Predictions are stored in portions, each a request of its own to the writer, so that no event waits for more than one.
"""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from typing import TypeAlias

from octy.model.churn import ChurnReport, Prediction
from octy.service.transaction import Transaction
from octy.store import churn_trainings, predictions, profiles
from octy.store.rows import in_chunks

PROFILES_PER_PORTION = 500


Work: TypeAlias = Callable[[Transaction], None]
Submit: TypeAlias = "Callable[[Work], Future[None]]"
"""The writer's queue, for what nobody waits for and has to be done."""


def record_predictions(submit: Submit, account_id: int, foretold: Mapping[str, Prediction]) -> Iterator[int]:
    """Stores what is foretold, by profile id; after each portion, how many profiles have been seen to.

    A portion is put into the queue when the one before is durable. Profiles that were deleted meanwhile are left out.
    """
    done = 0
    for ids in in_chunks(list(foretold), PROFILES_PER_PORTION):
        portion = {profile_id: foretold[profile_id] for profile_id in ids}
        submit(_recording(account_id, portion)).result()
        done += len(portion)
        yield done


def record_training(tx: Transaction, account_id: int, report: ChurnReport, model: bytes) -> None:
    """Keeps a training's report and its model."""
    churn_trainings.add(tx.connection, account_id, report, model)


def _recording(account_id: int, portion: Mapping[str, Prediction]) -> Work:
    def work(tx: Transaction) -> None:
        there = profiles.keys_of(tx.connection, account_id, list(portion))
        predictions.put(tx.connection, account_id, {key: portion[profile_id] for profile_id, key in there.items()})

    return work

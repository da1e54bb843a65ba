"""Configurations of algorithms (wire.md 3.3): churn's for its trainings, rec's for a neighbouring product."""

from collections.abc import Iterator

import msgspec

from octy.model.algorithms import ALGORITHMS, CHURN, CHURN_EVENT_TYPE, CHURN_HORIZON_DAYS, NO_SCHEDULE
from octy.model.algorithms import AlgorithmConfiguration as Configuration
from octy.model.errors import Problem, Refused
from octy.model.limits import CHURN_HORIZON_DAYS_MAX, TRAINING_EVERY_DAYS_MAX
from octy.model.values import problems_in, shown
from octy.service.transaction import Transaction
from octy.store import algorithms, event_types

CHURN_DEFAULTS = {
    "event_type": CHURN_EVENT_TYPE,
    "horizon_days": CHURN_HORIZON_DAYS,
    "training_every_days": NO_SCHEDULE,
}
"""What holds until an account says otherwise."""


def configure(tx: Transaction, account_id: int, configuration: Configuration) -> Configuration:
    """Replaces what is configured of one algorithm; what only churn has stays where it is not given.

    Refused where there is no such algorithm, or a value is not acceptable.
    """
    problems = [*_general_problems(configuration), *_churn_problems(tx, account_id, configuration)]
    if problems:
        raise Refused("The configuration is not acceptable.", problems)
    before = {one.algorithm_name: one for one in algorithms.of_account(tx.connection, account_id)}
    whole = completed(configuration, before.get(configuration.algorithm_name))
    algorithms.put(tx.connection, account_id, whole, tx.now_us)
    return whole


def completed(given: Configuration, before: Configuration | None = None) -> Configuration:
    """With all that churn has: as given, or as it was, or the default."""
    if given.algorithm_name != CHURN:
        return given
    values = {name: getattr(given, name) for name in CHURN_DEFAULTS}
    was = {} if before is None else {name: getattr(before, name) for name in CHURN_DEFAULTS}
    for name, default in CHURN_DEFAULTS.items():
        if values[name] is None:
            values[name] = default if was.get(name) is None else was[name]
    return msgspec.structs.replace(given, **values)


def _general_problems(configuration: Configuration) -> Iterator[Problem]:
    if configuration.algorithm_name not in ALGORITHMS:
        name = shown(configuration.algorithm_name)
        yield Problem("algorithm_name", name, " or ".join(map(shown, ALGORITHMS)))
    for field in ("item_id_stop_list", "profile_features"):
        yield from problems_in(list(getattr(configuration, field)), f"configurations.{field}")


def _churn_problems(tx: Transaction, account_id: int, configuration: Configuration) -> Iterator[Problem]:
    given = {name: value for name in CHURN_DEFAULTS if (value := getattr(configuration, name)) is not None}
    if configuration.algorithm_name != CHURN:
        for name, value in given.items():
            yield Problem(f"configurations.{name}", shown(value), f"nothing: {shown(CHURN)} alone has it")
        return
    for name, least, most in (
        ("horizon_days", 1, CHURN_HORIZON_DAYS_MAX),
        ("training_every_days", NO_SCHEDULE, TRAINING_EVERY_DAYS_MAX),
    ):
        if name in given and not least <= given[name] <= most:
            yield Problem(f"configurations.{name}", shown(given[name]), f"an integer from {least} to {most}")
    known = {stored.event_type.event_type for stored in event_types.of_account(tx.connection, account_id)}
    if "event_type" in given and given["event_type"] not in known:
        yield Problem("configurations.event_type", shown(given["event_type"]), "an event type of the account")

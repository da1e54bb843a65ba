"""Configurations of algorithms, kept for neighbouring products (wire.md 3.3)."""

from octy.model.algorithms import ALGORITHMS, AlgorithmConfiguration
from octy.model.errors import Problem, Refused
from octy.model.values import problems_in, shown
from octy.service.transaction import Transaction
from octy.store import algorithms


def configure(tx: Transaction, account_id: int, configuration: AlgorithmConfiguration) -> AlgorithmConfiguration:
    """Replaces what is configured of one algorithm. Refused where there is no such one, or a text is not acceptable."""
    problems: list[Problem] = []
    if configuration.algorithm_name not in ALGORITHMS:
        name = shown(configuration.algorithm_name)
        problems.append(Problem("algorithm_name", name, " or ".join(map(shown, ALGORITHMS))))
    for field in ("item_id_stop_list", "profile_features"):
        problems += problems_in(list(getattr(configuration, field)), f"configurations.{field}")
    if problems:
        raise Refused("The configuration is not acceptable.", problems)
    algorithms.put(tx.connection, account_id, configuration, tx.now_us)
    return configuration

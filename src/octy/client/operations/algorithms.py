"""Configurations of algorithms: of churn, and of recommendations for a neighbouring product (wire.md 3.3)."""

from collections.abc import Sequence

import msgspec

from octy.client.answers import AlgorithmsAnswer
from octy.client.envelope import Done
from octy.client.requests import Requests
from octy.client.steps import Steps
from octy.client.views import AlgorithmView
from octy.model.algorithms import AlgorithmConfiguration

PATH = "/v1/configurations/retention/algorithms"


def algorithms(requests: Requests, names: Sequence[str] = ()) -> Steps[list[AlgorithmView]]:
    """What is configured of each, or of those with these names."""
    answer = yield from requests.get(PATH, AlgorithmsAnswer)
    return [view for view in answer.configurations if not names or view.algorithm_name in names]


def configure_algorithm(requests: Requests, configuration: AlgorithmConfiguration) -> Steps[None]:
    """Replaces what is configured of one; what is None is not sent, and stays as it is."""
    given = msgspec.structs.asdict(configuration)
    fields = {name: value for name, value in given.items() if value is not None}
    body = {"algorithm_name": fields.pop("algorithm_name"), "configurations": fields}
    yield from requests.post(f"{PATH}/set", msgspec.json.encode(body), Done)

"""`kind: algorithmConfigurations` (wire.md 3.3, 5)."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from msgspec.structs import asdict, replace

from octy.cli.checks import Checks, Fields
from octy.cli.documents import Document, Trail
from octy.cli.failures import LinesRefused
from octy.cli.output import complain, say
from octy.cli.plan import Change, Sign, Stage
from octy.client import Octy, RequestRefused
from octy.client.views import AlgorithmView
from octy.model.algorithms import ALGORITHMS, AlgorithmConfiguration
from octy.model.limits import CHURN_HORIZON_DAYS_MAX, TRAINING_EVERY_DAYS_MAX
from octy.model.values import shown

KIND = "algorithmConfigurations"
CONFIGURATIONS = "configurations"
FEATURES = "profileFeatures"
STOP_LIST = "itemIDStopList"
RECOMMEND = "recommendInteractedItems"
EVENT_TYPE = "eventType"
CHURN_INTEGERS = {
    "horizonDays": ("horizon_days", 1, CHURN_HORIZON_DAYS_MAX),
    "trainingEveryDays": ("training_every_days", 0, TRAINING_EVERY_DAYS_MAX),
}
"""In the wire's words, with their bounds. Like `eventType`, they stay as they are where the file does not say them."""
KEYS = {"rec": (RECOMMEND, STOP_LIST, FEATURES), "churn": (FEATURES, EVENT_TYPE, *CHURN_INTEGERS)}


class _Wanted(NamedTuple):
    """A configuration, and where a file says it."""

    document: Document
    trail: Trail
    configuration: AlgorithmConfiguration

    @property
    def place(self) -> str:
        return self.document.place(self.trail)


class Algorithms:
    """The algorithms' configurations of all files, by their names."""

    def __init__(self) -> None:
        self.wanted: dict[str, _Wanted] = {}

    def read(self, document: Document) -> None:
        """Judges a document of them."""
        checks = Checks(document)
        root = checks.mapping(document.root, ())
        found = [
            _Wanted(document, trail, _configuration(checks, checks.mapping(element, trail), trail))
            for trail, element in checks.elements(root, (CONFIGURATIONS,))
        ]
        checks.done()
        for wanted in found:
            name = wanted.configuration.algorithm_name
            if name in self.wanted:
                before = self.wanted[name].place
                raise LinesRefused([f"{wanted.place}: the algorithm {name!r} was configured before, at {before}"])
            self.wanted[name] = wanted

    def stages(self, server: Octy) -> list[Stage]:
        """All that differ; a server that does not tell them is sent all."""
        if not self.wanted:
            return []
        known = _algorithms_of(server)
        different = [one for name, one in self.wanted.items() if not _is_set(known.get(name), one.configuration)]
        changes = [_change(known.get(one.configuration.algorithm_name), one.configuration) for one in different]

        def send(server: Octy) -> bool:
            refused = [one for one in different if not _set(server, one)]
            return not refused

        return [Stage("algorithm", changes, len(self.wanted) - len(different), send)]


def algorithm_document(views: Sequence[AlgorithmView]) -> dict[str, Any]:
    """A file that says what is there."""
    return {"kind": KIND, CONFIGURATIONS: [_in_yaml(_configured(view)) for view in views]}


def _change(before: AlgorithmConfiguration | None, after: AlgorithmConfiguration) -> Change:
    sign = Sign.CREATE if before is None else Sign.CHANGE
    whole = after if before is None else _filled(after, before)
    return Change(sign, "algorithm", after.algorithm_name, _in_yaml(before) if before else None, _in_yaml(whole))


def _in_yaml(configuration: AlgorithmConfiguration) -> dict[str, Any]:
    name = configuration.algorithm_name
    fields = {
        RECOMMEND: configuration.recommend_interacted_items,
        STOP_LIST: list(configuration.item_id_stop_list),
        FEATURES: list(configuration.profile_features),
        EVENT_TYPE: configuration.event_type,
        **{key: getattr(configuration, wire) for key, (wire, _, _) in CHURN_INTEGERS.items()},
    }
    said = {key: fields[key] for key in KEYS.get(name, fields) if fields[key] is not None}
    return {"algorithmName": name, CONFIGURATIONS: said}


def _is_set(known: AlgorithmConfiguration | None, wanted: AlgorithmConfiguration) -> bool:
    """Whether the server has all that is wanted."""
    return known is not None and _filled(wanted, known) == known


def _filled(wanted: AlgorithmConfiguration, known: AlgorithmConfiguration) -> AlgorithmConfiguration:
    """What will be there: of what is not said, what is there."""
    unsaid = {name: value for name, value in asdict(known).items() if getattr(wanted, name) is None}
    return replace(wanted, **unsaid)


def _set(server: Octy, wanted: _Wanted) -> bool:
    try:
        server.configure_algorithm(wanted.configuration)
    except RequestRefused as refused:
        for message in refused.messages:
            complain(f"{wanted.place}: {message}")
        return False
    say(f"Set the configuration of the algorithm {wanted.configuration.algorithm_name!r}.")
    return True


def _algorithms_of(server: Octy) -> dict[str, AlgorithmConfiguration]:
    """What the server has configured; nothing where it does not say."""
    try:
        views = server.algorithms()
    except RequestRefused:
        return {}
    return {view.algorithm_name: _configured(view) for view in views}


def _configured(view: AlgorithmView) -> AlgorithmConfiguration:
    fields = view.configurations
    return AlgorithmConfiguration(
        view.algorithm_name,
        bool(fields.recommend_interacted_items),
        tuple(item.item_id for item in fields.item_id_stop_list or ()),
        tuple(fields.profile_features or ()),
        fields.event_type,
        fields.horizon_days,
        fields.training_every_days,
    )


def _configuration(checks: Checks, fields: Fields, trail: Trail) -> AlgorithmConfiguration:
    name = checks.text(fields, (*trail, "algorithmName"))
    if name and name not in ALGORITHMS:
        checks.wrong((*trail, "algorithmName"), "rec or churn", shown(name))
    inner: Trail = (*trail, CONFIGURATIONS)
    given = checks.mapping(fields.get(CONFIGURATIONS), inner)
    checks.warn_of_unknown(given, inner, KEYS.get(name, ()))
    features = tuple(checks.texts(given, (*inner, FEATURES)))
    if name != "rec":
        return AlgorithmConfiguration(name, profile_features=features, **_churn(checks, given, inner))
    recommend = given.get(RECOMMEND) or False
    if not isinstance(recommend, bool):
        checks.wrong((*inner, RECOMMEND), "true or false", shown(recommend))
    stop_list = tuple(checks.texts(given, (*inner, STOP_LIST)))
    return AlgorithmConfiguration(name, bool(recommend), stop_list, features)


def _churn(checks: Checks, given: Fields, inner: Trail) -> dict[str, Any]:
    """What the file says of it beside the features."""
    found: dict[str, Any] = {}
    if given.get(EVENT_TYPE) is not None:
        found["event_type"] = checks.text(given, (*inner, EVENT_TYPE))
    for key, (wire, least, most) in CHURN_INTEGERS.items():
        if (value := checks.integer(given, (*inner, key), least, most)) is not None:
            found[wire] = value
    return found

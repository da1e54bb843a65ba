"""Configurations of algorithms on the wire (wire.md 3.3): item ids are strings when set, objects when read (0.9)."""

from typing import Annotated

from msgspec import Meta, Struct

from octy.http.answers import RequestMeta
from octy.model.algorithms import AlgorithmConfiguration


class AlgorithmFields(Struct):
    """What is to be configured. What is absent or null is false, or empty; what `churn` alone has stays as it was."""

    recommend_interacted_items: bool | None = None
    item_id_stop_list: Annotated[tuple[str, ...] | None, Meta(description="Items that are never recommended.")] = None
    profile_features: Annotated[
        tuple[str, ...] | None,
        Meta(description="Keys of `profile_data` or `platform_info` that are learnt from. Empty: all."),
    ] = None
    event_type: Annotated[
        str | None, Meta(description="Of `churn`: who has none of these within the horizon churns. Default: `charged`.")
    ] = None
    horizon_days: Annotated[int | None, Meta(description="Of `churn`, 1 to 365. Default: 30.")] = None
    training_every_days: Annotated[
        int | None, Meta(description="Of `churn`, 1 to 365; 0, the default: only when a training is asked for.")
    ] = None


class AlgorithmChange(Struct):
    """The configuration of one algorithm, which replaces the one before."""

    algorithm_name: Annotated[str, Meta(description="`rec` or `churn`.")]
    configurations: AlgorithmFields

    def configuration(self) -> AlgorithmConfiguration:
        """As the service takes it."""
        given = self.configurations
        return AlgorithmConfiguration(
            self.algorithm_name,
            bool(given.recommend_interacted_items),
            given.item_id_stop_list or (),
            given.profile_features or (),
            given.event_type,
            given.horizon_days,
            given.training_every_days,
        )


class StoppedItem(Struct):
    """An item that is never recommended."""

    item_id: str


class AlgorithmFieldsShown(Struct):
    """What is configured of an algorithm."""

    recommend_interacted_items: bool
    item_id_stop_list: list[StoppedItem]
    profile_features: tuple[str, ...]
    event_type: str | None
    horizon_days: int | None
    training_every_days: int | None


class AlgorithmShown(Struct):
    """An algorithm as configured."""

    algorithm_name: str
    configurations: AlgorithmFieldsShown


class AlgorithmList(Struct):
    """The algorithms that the account has configured."""

    request_meta: RequestMeta
    configurations: list[AlgorithmShown]


def shown(configuration: AlgorithmConfiguration) -> AlgorithmShown:
    """As answers show it."""
    fields = AlgorithmFieldsShown(
        configuration.recommend_interacted_items,
        [StoppedItem(item_id) for item_id in configuration.item_id_stop_list],
        configuration.profile_features,
        configuration.event_type,
        configuration.horizon_days,
        configuration.training_every_days,
    )
    return AlgorithmShown(configuration.algorithm_name, fields)

"""Configurations of algorithms on the wire (wire.md 3.3): item ids are strings when set, objects when read (0.9)."""

from typing import Annotated

from msgspec import Meta, Struct

from octy.http.answers import RequestMeta
from octy.model.algorithms import AlgorithmConfiguration


class AlgorithmFields(Struct):
    """What is to be configured. What is absent or null is false, or empty."""

    recommend_interacted_items: bool | None = None
    item_id_stop_list: Annotated[tuple[str, ...] | None, Meta(description="Items that are never recommended.")] = None
    profile_features: Annotated[
        tuple[str, ...] | None,
        Meta(description="Keys of `profile_data` or `platform_info` that a profile must have to be learnt from."),
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
        )


class StoppedItem(Struct):
    """An item that is never recommended."""

    item_id: str


class AlgorithmFieldsShown(Struct):
    """What is configured of an algorithm."""

    recommend_interacted_items: bool
    item_id_stop_list: list[StoppedItem]
    profile_features: tuple[str, ...]


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
    )
    return AlgorithmShown(configuration.algorithm_name, fields)

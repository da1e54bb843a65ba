"""What is learnt from is what tells something, what the account has chosen, and what can be known in time."""

import msgspec
import numpy as np
import pyarrow as pa

from octy.learning.dataset import rows_of
from octy.learning.features import FeaturePlan, matrix, plan_features
from tests.unit.learning.shop import SETTINGS, dataset


def planned(table: pa.Table, **settings: object) -> tuple[FeaturePlan, dict[str, str]]:
    plan = plan_features(table, rows_of(table).is_labelled, msgspec.structs.replace(SETTINGS, **settings))
    return plan, {one.name: one.reason for one in plan.dropped}


def test_ids_the_instant_and_the_label_are_no_features() -> None:
    plan, _ = planned(dataset())
    assert not {"profile_id", "customer_id", "as_of", "label"} & set(plan.names)


def test_columns_that_say_nothing_are_left_out_with_the_reason() -> None:
    _, dropped = planned(dataset())
    assert dropped["profile.country"] == "it is the same in all rows"
    assert dropped["profile.name"] == "it has 200 different values; a text may have 32"


def test_a_column_that_is_there_or_not_says_something() -> None:
    sometimes = pa.array([None if n % 2 else "GB" for n in range(1_200)])
    plan, _ = planned(dataset(**{"profile.country": sometimes}))
    assert "profile.country" in plan.names


def test_chosen_profile_features_restrict_profile_columns_alone() -> None:
    plan, dropped = planned(dataset(), profile_features=("plan", "age"))
    assert "profile.plan" in plan.names
    assert "recency_days" in plan.names
    assert dropped["platform.is_mobile"] == "it is not among the profile features that the account has chosen"
    assert dropped["age"] == "the account has chosen it, and no profile has it"


def test_columns_that_know_too_much_are_left_out() -> None:
    plan, dropped = planned(dataset(), leaks={"tag.leaving": "it knows what comes"})
    assert "tag.leaving" not in plan.names
    assert dropped["tag.leaving"] == "it knows what comes"


def test_a_text_is_one_column_and_what_was_never_seen_is_no_value() -> None:
    table = dataset(profiles=100, instants=2)
    plan, _ = planned(table)
    place = plan.names.index("profile.plan")
    assert plan.features[place].levels == ("free", "gold", "silver")
    assert matrix(table, plan)[:3, place].tolist() == [1, 0, 2]
    other = table.set_column(table.column_names.index("profile.plan"), "profile.plan", pa.array(["iron"] * 200))
    assert np.isnan(matrix(other, plan)[:, place]).all()

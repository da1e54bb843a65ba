"""The last instants are held back, no label reaches over to them, and too little data is refused in numbers."""

import numpy as np
import pyarrow as pa
import pytest

from octy.learning.dataset import rows_of
from octy.learning.splitting import TooLittleData, split_by_time
from octy.model.instants import US_PER_DAY
from tests.unit.learning.shop import DAY_0, HORIZON_DAYS, SETTINGS, dataset


@pytest.mark.parametrize(("every_days", "instants"), [(30, 3), (30, 9), (7, 12), (10, 20)])
def test_no_label_of_the_rows_to_train_on_reaches_over(every_days: int, instants: int) -> None:
    rows = rows_of(dataset(instants=instants, every_days=every_days))
    split = split_by_time(rows, SETTINGS)
    assert rows.as_of_us[split.train].max() + HORIZON_DAYS * US_PER_DAY <= rows.as_of_us[split.test].min()
    assert split.test_from_us == rows.as_of_us[split.test].min()
    assert not (split.train & split.test).any()
    assert rows.is_labelled[split.train | split.test].all()


def test_a_quarter_of_the_instants_is_held_back() -> None:
    rows = rows_of(dataset(instants=9))
    assert len(np.unique(rows.as_of_us[split_by_time(rows, SETTINGS).test])) == 2


def test_fewer_are_held_back_where_nothing_would_be_left_to_train_on() -> None:
    rows = rows_of(dataset(instants=10, every_days=4))
    split = split_by_time(rows, SETTINGS)
    assert split.test_from_us == DAY_0 + 32 * US_PER_DAY
    assert np.unique(rows.as_of_us[split.train]).tolist() == [DAY_0]


def refused(table: pa.Table) -> str:
    with pytest.raises(TooLittleData) as caught:
        split_by_time(rows_of(table), SETTINGS)
    return f"{caught.value} {' '.join(caught.value.messages)}"


def test_no_label_at_all() -> None:
    told = refused(dataset(instants=1))
    assert told == (
        "Nothing is known of churn yet. dataset.label: expected rows whose horizon is over; found 200 rows, none of "
        "them with a label"
    )


def test_too_few_profiles() -> None:
    assert "expected 100 profiles or more; found 99 profiles" in refused(dataset(profiles=99))


def test_too_short_a_history() -> None:
    told = refused(dataset(instants=4, every_days=10))
    assert "expected instants whose horizon is over at least 30 days apart, the horizon's length" in told
    assert "found 3 instants whose horizon is over, from 2024-01-01T00:00:00.000000Z to 2024-01-21T" in told


def test_nobody_churned() -> None:
    told = refused(dataset(label=pa.array([False] * 1_200)))
    assert "rows to train on: expected 30 profiles or more of each; found 0 profiles that churned and 200" in told
    assert "rows to measure with: expected 10 profiles or more of each" in told


def test_one_profile_with_many_rows_is_one_profile() -> None:
    one = np.arange(1_200) % 200 == 0
    assert "found 1 profiles that churned" in refused(dataset(label=pa.array(one)))

"""Which rows are trained on, and which are held back to measure with? The last instants, and a gap before them.

A row to train on has its whole horizon before the first instant that is held back, so that no label tells of a time in
which the model is measured. Where there is too little of anything, it says of what, how much there is, and how much is
needed: a model of too little data would look like any other.
"""

from collections.abc import Sequence

import numpy as np
from msgspec import Struct

from octy.learning.columns import Flags
from octy.learning.dataset import Rows, TrainingSettings, instants_of
from octy.model.errors import Problem, Refused
from octy.model.instants import iso

TEST_SHARE = 0.25
"""Of the instants whose horizon is over: at least one."""
PROFILES_MIN = 100
TRAIN_OF_EACH_CLASS_MIN = 30
TEST_OF_EACH_CLASS_MIN = 10


class TooLittleData(Refused):
    """The dataset does not hold what a model needs."""


class Split(Struct, frozen=True):
    """bool[rows] each; rows of neither are in the gap, or their horizon is not over."""

    train: Flags
    test: Flags
    test_from_us: int


def split_by_time(rows: Rows, settings: TrainingSettings) -> Split:
    """The rows to train on and those to measure with. TooLittleData where there are not enough."""
    _check_rows(rows)
    labelled = rows.is_labelled
    instants = instants_of(rows, labelled)
    splits = (_split(rows, instants, held, settings.horizon_us) for held in _held_counts(len(instants)))
    found = next((one for one in splits if one.train.any()), None)
    if found is None:
        span = f"{len(instants)} instants whose horizon is over, from {iso(instants[0])} to {iso(instants[-1])}"
        wanted = f"instants whose horizon is over at least {settings.horizon_days} days apart, the horizon's length"
        raise TooLittleData("There is not enough history to train on.", [Problem("dataset.as_of", span, wanted)])
    _check_classes(rows, found)
    return found


def _held_counts(instants: int) -> range:
    """How many instants to hold back: a quarter, or fewer where nothing would be left to train on."""
    return range(max(1, int(instants * TEST_SHARE)), 0, -1)


def _split(rows: Rows, instants: Sequence[int], held: int, horizon_us: int) -> Split:
    first_us = instants[-held]
    labelled = rows.is_labelled
    train = labelled & (rows.as_of_us + horizon_us <= first_us)
    return Split(train, labelled & (rows.as_of_us >= first_us), first_us)


def _check_rows(rows: Rows) -> None:
    labelled = rows.is_labelled
    if not labelled.any():
        found = f"{len(labelled):,} rows, none of them with a label"
        wanted = "rows whose horizon is over"
        raise TooLittleData("Nothing is known of churn yet.", [Problem("dataset.label", found, wanted)])
    profiles = len(np.unique(rows.profiles[labelled]))
    if profiles < PROFILES_MIN:
        problem = Problem("dataset.profile_id", f"{profiles:,} profiles", f"{PROFILES_MIN} profiles or more")
        raise TooLittleData("There are too few profiles to learn from.", [problem])


def _check_classes(rows: Rows, split: Split) -> None:
    problems = []
    for what, part, least in (
        ("to train on", split.train, TRAIN_OF_EACH_CLASS_MIN),
        ("to measure with", split.test, TEST_OF_EACH_CLASS_MIN),
    ):
        churned, stayed = (len(np.unique(rows.profiles[part & (rows.churned == one)])) for one in (1, 0))
        if min(churned, stayed) < least:
            found = f"{churned:,} profiles that churned and {stayed:,} that stayed"
            problems.append(Problem(f"rows {what}", found, f"{least} profiles or more of each"))
    if problems:
        raise TooLittleData("There is too little to tell those who churn from those who stay.", problems)

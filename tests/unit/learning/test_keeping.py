"""Each kind of model can be kept and brought back, and what is kept cannot run anything."""

import numpy as np
import pytest
import skops.io
from skops.io.exceptions import UntrustedTypesFoundException

from octy.learning.candidates import CANDIDATES
from octy.learning.features import Feature, FeaturePlan
from octy.learning.fitting import Lesson, fit
from octy.learning.keeping import KeptModel, from_bytes, to_bytes


def lesson() -> Lesson:
    chance = np.random.default_rng(5)
    values = np.column_stack([chance.normal(size=300), chance.integers(0, 3, 300)]).astype(float)
    values[::7, 0] = np.nan
    churned = (np.nan_to_num(values[:, 0]) + chance.normal(size=300) > 0).astype(float)
    return Lesson(values, churned, np.arange(300), np.array([False, True]))


@pytest.mark.parametrize("name", CANDIDATES)
def test_it_foretells_the_same_when_it_is_back(name: str) -> None:
    known = lesson()
    kept = KeptModel(FeaturePlan((Feature("a", None), Feature("b", ("x", "y", "z"))), ()), fit(known, name, seed=1))
    back = from_bytes(to_bytes(kept))
    assert (back.plan, back.model.name) == (kept.plan, name)
    assert np.array_equal(back.model.predict(known.values), kept.model.predict(known.values))


def test_a_file_that_wants_something_run_is_refused() -> None:
    with pytest.raises(UntrustedTypesFoundException):
        from_bytes(skops.io.dumps({"estimator": print, "words": "{}"}))

"""Codes of somebody's list of texts become ours."""

import numpy as np
import pytest

from octy.engine.kernels.translation import translate


@pytest.mark.parametrize("kind", [np.uint8, np.uint16, np.int32])
def test_each_row_gets_our_code_for_theirs(kind: type[np.uint8 | np.uint16 | np.int32]) -> None:
    out = np.full(4, -1, np.int32)
    translate(np.array([0, 7, 5], np.int32), np.array([2, 0, 1, 2], kind), out)
    assert out.tolist() == [5, 0, 7, 5]

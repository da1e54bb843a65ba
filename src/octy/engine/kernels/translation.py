"""Codes of texts, from somebody's list of them to ours."""

from octy.engine.batch import Ints
from octy.engine.kernels.compiled import kernel
from octy.engine.kernels.memory import lent


@kernel
def translate(ours: Ints, theirs: Ints, out: Ints) -> None:
    """Fills `out` with our code for each of theirs: NumPy's own way to do it takes four times as long."""
    ours = lent(ours)
    theirs = lent(theirs)
    out = lent(out)
    for row in range(out.size):
        out[row] = ours[theirs[row]]

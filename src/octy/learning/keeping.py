"""How a model is kept: in skops's format, a zip of arrays and JSON, from which nothing is run when it is opened.

Unlike a pickle it names the types that it needs, and no others than these are made.
"""

from zipfile import ZIP_DEFLATED

import msgspec
import skops.io
from msgspec import Struct

from octy.learning.features import FeaturePlan
from octy.learning.fitting import Calibration, Fitted

TYPES = [
    "functools.partial",
    "numpy.dtype",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    "sklearn.utils.validation.check_array",
]
"""What a model may hold beside what skops itself trusts. A partial is one of a function that is trusted too."""


class KeptModel(Struct, frozen=True):
    """A model, and the columns that it takes."""

    plan: FeaturePlan
    model: Fitted


class _Words(Struct, frozen=True):
    name: str
    plan: FeaturePlan
    calibration: Calibration


def to_bytes(kept: KeptModel) -> bytes:
    """What can be stored."""
    words = msgspec.json.encode(_Words(kept.model.name, kept.plan, kept.model.calibration)).decode()
    stored: bytes = skops.io.dumps({"estimator": kept.model.estimator, "words": words}, compression=ZIP_DEFLATED)
    return stored


def from_bytes(stored: bytes) -> KeptModel:
    """What `to_bytes` was given. A file that asks for other types is refused by skops: UntrustedTypesFoundException."""
    found = skops.io.loads(stored, trusted=TYPES)
    words = msgspec.json.decode(found["words"], type=_Words)
    return KeptModel(words.plan, Fitted(words.name, found["estimator"], words.calibration))

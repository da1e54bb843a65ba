"""From the path in an error to the place in a file."""

import pytest

from octy.cli.documents import Trail
from octy.cli.locate import follow, path_of

DEFINITION = {
    "segmentName": "a",
    "eventSequence": [
        {"eventType": "view", "eventProperties": {"a": 1, "a.b": 2, "a.b[0]": 3, "c d": {"e": 4}}},
        {"eventType": "pay"},
    ],
}


@pytest.mark.parametrize(
    ("path", "trail"),
    [
        ("segmentName", ("segmentName",)),
        ("eventSequence", ("eventSequence",)),
        ("eventSequence[1]", ("eventSequence", 1)),
        ("eventSequence[1].eventType", ("eventSequence", 1, "eventType")),
        ("eventSequence[1].expTimeframe", ("eventSequence", 1)),
        ("eventSequence[7].expTimeframe", ("eventSequence",)),
        ("eventSequence[0].eventProperties.a", ("eventSequence", 0, "eventProperties", "a")),
        ("eventSequence[0].eventProperties.a.b", ("eventSequence", 0, "eventProperties", "a.b")),
        ("eventSequence[0].eventProperties.a.b[0]", ("eventSequence", 0, "eventProperties", "a.b[0]")),
        ("eventSequence[0].eventProperties.c d.e", ("eventSequence", 0, "eventProperties", "c d", "e")),
        ("(body)", ()),
        ("", ()),
        ("segmentName[0]", ("segmentName",)),
        ("segment", ()),
    ],
)
def test_a_path_is_followed_as_far_as_it_leads(path: str, trail: Trail) -> None:
    assert follow(DEFINITION, path) == trail


def test_a_trail_is_written_as_a_path() -> None:
    assert path_of(("configurations", 1, "algorithmName")) == "configurations[1].algorithmName"
    assert path_of(()) == "(file)"

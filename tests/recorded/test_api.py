"""Does the API's reference show every operation of the OpenAPI document, and what is really answered?"""

from collections.abc import Iterator

import pytest

from tests.recorded.api import PAGE, Answered
from tests.recorded.api.page import page
from tests.recorded.api.tour import TOUR, Tour


@pytest.fixture(scope="module")
def tour(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tour]:
    tour = Tour(tmp_path_factory.mktemp("api"))
    yield tour
    tour.close()


@pytest.fixture(scope="module")
def answers(tour: Tour) -> list[Answered]:
    """Each request once: a second time it would be answered otherwise."""
    return tour.answers()


def test_every_operation_has_an_example(tour: Tour) -> None:
    """A new route without one fails here: add it to `tests/recorded/api/tour.py`."""
    there = {f"{method.upper()} {path}" for path, item in tour.document()["paths"].items() for method in item}
    assert {shown.operation for shown in TOUR} == there


def test_examples_are_answered_as_they_should_be(answers: list[Answered]) -> None:
    for answered in answers:
        assert (answered.status >= 400) == answered.shown.is_refused, answered


def test_the_page_is_what_the_server_answers(tour: Tour, answers: list[Answered]) -> None:
    """`make api` writes it anew."""
    assert PAGE.read_text(encoding="utf-8") == page(tour, answers)

"""Are the figures of the documentation those of the bench?"""

from tests.recorded.figures import PAGE, RESULTS, recorded


def test_the_tables_of_performance_are_those_of_the_results() -> None:
    """`make figures` writes them anew."""
    page = PAGE.read_text(encoding="utf-8")
    assert page.count("<!-- from ") == 6
    assert recorded(page, RESULTS.read_text(encoding="utf-8")) == page

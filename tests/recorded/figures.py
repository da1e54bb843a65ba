"""`python -m tests.recorded.figures`: writes the tables of `docs/performance.md` anew, from `bench/RESULTS.md`.

A table stands between `<!-- from SECTION -->` and `<!-- to here -->`, and is the first of the section of that name. So
a figure is written down by hand once, where the bench's are.
"""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "performance.md"
RESULTS = ROOT / "bench" / "RESULTS.md"

_SHOWN = re.compile(r"<!-- from (.+?) -->\n.*?<!-- to here -->\n", re.DOTALL)


def recorded(page: str, results: str) -> str:
    """The page with the tables as the results have them now."""
    return _SHOWN.sub(lambda shown: _shown(shown[1], results), page)


def _shown(section: str, results: str) -> str:
    _, found, rest = results.partition(f"\n## {section}:")
    assert found, f"no section {section}"
    table = re.search(r"(?:^\|.*\n)+", rest.partition("\n## ")[0], re.MULTILINE)
    assert table is not None, f"no table in {section}"
    return f"<!-- from {section} -->\n\n{table[0]}\n<!-- to here -->\n"


def main() -> None:
    """Writes the page."""
    page, results = PAGE.read_text(encoding="utf-8"), RESULTS.read_text(encoding="utf-8")
    PAGE.write_text(recorded(page, results), encoding="utf-8")


if __name__ == "__main__":
    main()

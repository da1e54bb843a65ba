"""`python -m tests.recorded.api`: writes `docs/api.md` anew."""

import tempfile
from pathlib import Path

from tests.recorded.api import PAGE
from tests.recorded.api.page import page
from tests.recorded.api.tour import Tour

if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="octy-api-") as folder:
        tour = Tour(Path(folder))
        PAGE.write_text(page(tour, tour.answers()), encoding="utf-8")
        tour.close()

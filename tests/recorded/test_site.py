"""Are the documentation's pages whole, and do they work where there is no network? (`make docs`)"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FETCHING = {"script": "src", "link": "href", "img": "src", "iframe": "src", "source": "src", "object": "data"}
"""What makes a browser fetch something, without anybody having clicked."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built as `make docs` does: a warning, such as a link that leads nowhere, is an error."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    environment = dict(os.environ) | {"NO_MKDOCS_2_WARNING": "1"}
    built = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    return folder


class _Fetched(HTMLParser):
    """What a page fetches."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value for name, value in attrs if name == FETCHING.get(tag) and value]


def _fetched(page: Path) -> Iterator[str]:
    parser = _Fetched()
    parser.feed(page.read_text(encoding="utf-8"))
    yield from parser.found


def test_no_page_fetches_anything_from_elsewhere(site: Path) -> None:
    """No font, no script, no picture, nothing that counts visitors; and what they do fetch is there."""
    pages = list(site.rglob("*.html"))
    assert len(pages) > 40
    for page in pages:
        for address in _fetched(page):
            assert "//" not in address, f"{page.name} fetches {address}"
            name = address.partition("?")[0].partition("#")[0]
            there = site / name.lstrip("/") if name.startswith("/") else page.parent / name
            assert there.exists(), f"{page.name} lacks {address}"


def test_no_style_fetches_anything_from_elsewhere(site: Path) -> None:
    for style in site.rglob("*.css"):
        addresses = re.findall(r"url\(([^)]*)\)", style.read_text(encoding="utf-8"))
        assert not [one for one in addresses if "//" in one.removeprefix("data:")[:12]], style.name


def test_the_search_has_its_index_beside_the_pages(site: Path) -> None:
    """As a script: browsers read no JSON from a disk."""
    script = (site / "search" / "search_index.js").read_text(encoding="utf-8")
    index = json.loads(script[script.index("{") : script.rindex("}") + 1])
    said = " ".join(entry["text"] for entry in index["docs"])
    for words in ("backfill", "merino", "exp_timeframe", "octy_ready"):
        assert words in said

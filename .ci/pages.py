"""What stands outside docs/ and is a page all the same; and links, which are right on disk and right in the pages.

Hooks of mkdocs (`mkdocs.yml`). In the checkout a link leads to a file of the repository: `../bench/RESULTS.md`. In the
site it leads to that file's page, or, where it has none, is its words alone.
"""

import posixpath
import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File

ROOT = Path(__file__).parent.parent
PAGES = {
    "ARCHITECTURE.md": "architecture.md",
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "bench/RESULTS.md": "figures.md",
    "examples/ecom/README.md": "examples-ecom.md",
}
"""Files of the repository, and what they are called among the pages."""

SHIM, OUR_SHIM = "https://unpkg.com/iframe-worker/shim", "assets/iframe-worker.js"

_LINK = re.compile(r"(?<!!)\[([^\]\n]*)\]\(([^)\s#:]+)(#[^)\s]*)?\)")


def on_files(files: Any, config: Any) -> Any:  # noqa: ANN401 - mkdocs calls it so
    """Adds the pages from outside."""
    for path, name in PAGES.items():
        files.append(File.generated(config, name, content=(ROOT / path).read_text(encoding="utf-8")))
    return files


def on_page_markdown(markdown: str, page: Any, **_: object) -> str:  # noqa: ANN401 - mkdocs calls it so
    """Links as they are right in the site."""
    name = page.file.src_uri
    home = next((path for path, called in PAGES.items() if called == name), f"docs/{name}")

    def link(found: re.Match[str]) -> str:
        words, target, anchor = found[1], found[2], found[3] or ""
        path = posixpath.normpath(posixpath.join(posixpath.dirname(home), target))
        if path in PAGES:
            there = PAGES[path]
        elif path.startswith("docs/"):
            there = path.removeprefix("docs/")
        else:
            return words if (ROOT / path).exists() else found[0]
        return f"[{words}]({posixpath.relpath(there, posixpath.dirname(name) or '.')}{anchor})"

    return _LINK.sub(link, markdown)


def on_post_page(output: str, page: Any, **_: object) -> str:  # noqa: ANN401 - mkdocs calls it so
    """The one script that the theme would load from elsewhere, from the site itself."""
    return output.replace(SHIM, posixpath.relpath(OUR_SHIM, posixpath.dirname(page.file.dest_uri) or "."))


def on_post_template(output_content: str, **_: object) -> str:
    """The same for what is no page of ours: that nothing is there."""
    return output_content.replace(SHIM, OUR_SHIM)

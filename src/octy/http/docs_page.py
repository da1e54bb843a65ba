"""A page that documents every route for people, made from the OpenAPI document alone.

One self-contained file: no script, nothing loaded from anywhere, so it works on a machine without a network. (All of
Litestar's own pages load theirs from a content delivery network.)
"""

import re
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from litestar import Request
from litestar.openapi.plugins import OpenAPIRenderPlugin

from octy.http.schema_outline import outline

_STYLE = """
:root { color-scheme: light dark; --line: color-mix(in srgb, currentColor 18%, transparent);
  --soft: color-mix(in srgb, currentColor 6%, transparent); --get: #0a7d4f; --post: #8a4b00 }
@media (prefers-color-scheme: dark) { :root { --get: #4cc38a; --post: #f5a524 } }
body { font: 16px/1.55 system-ui, sans-serif; max-width: 60rem; margin: 0 auto; padding: 2rem 1.25rem 6rem }
h1 { margin-bottom: 0 } h2 { margin: 2.5rem 0 .5rem } h3 { margin: 1rem 0 .25rem; font-size: 1rem }
code, pre { font: .875rem/1.5 ui-monospace, monospace }
pre { background: var(--soft); border-radius: .5rem; padding: .75rem 1rem; overflow-x: auto }
details { border: 1px solid var(--line); border-radius: .5rem; margin: .5rem 0; padding: 0 1rem }
summary { cursor: pointer; padding: .6rem 0; display: flex; gap: .75rem; align-items: baseline; flex-wrap: wrap }
summary b { font: 600 .8rem ui-monospace, monospace; width: 2.75rem }
.get { color: var(--get) } .post { color: var(--post) }
summary span { opacity: .75 } nav a { margin-right: 1rem }
table { border-collapse: collapse; width: 100% }
td { border-top: 1px solid var(--line); padding: .35rem .75rem .35rem 0; vertical-align: top }
"""

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<h1>{title}</h1>
<p>{version} · {about} · <a href="/openapi.json">openapi.json</a></p>
<nav>{links}</nav>
<h2>Authorization</h2>
<p>{keys}</p>
<pre>curl -u "$OCTY_PUBLIC_KEY:$OCTY_SECRET_KEY" http://127.0.0.1:8700/v1/account/authenticate</pre>
<h2>Errors</h2>
<p>Every answer but a success has this shape, whatever went wrong. <code>errors</code> is never empty.</p>
<pre>{errors}</pre>
{sections}
</body>
</html>
"""

_CODE = re.compile("`([^`]+)`")


class DocsPage(OpenAPIRenderPlugin):
    """Renders the page."""

    def render(self, _: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        """The page as HTML."""
        return page(openapi_schema).encode()


def page(document: Mapping[str, Any]) -> str:
    """The page of an OpenAPI document."""
    schemas = document["components"]["schemas"]
    by_tag: dict[str, list[str]] = {}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            by_tag.setdefault(operation["tags"][0], []).append(_operation(path, method, operation, schemas))
    info = document["info"]
    return _PAGE.format(
        style=_STYLE,
        title=escape(info["title"]),
        version=escape(info["version"]),
        about=_prose(info["description"]),
        keys=_prose(document["components"]["securitySchemes"]["keys"]["description"]),
        errors=escape(outline(schemas["ErrorAnswer"], schemas)),
        links="".join(f'<a href="#{_anchor(tag)}">{escape(tag)}</a>' for tag in by_tag),
        sections="".join(
            f'<h2 id="{_anchor(tag)}">{escape(tag)}</h2>{"".join(operations)}' for tag, operations in by_tag.items()
        ),
    )


def _operation(path: str, method: str, operation: Mapping[str, Any], schemas: Mapping[str, Any]) -> str:
    about = _prose(operation.get("description", ""))
    keyless = "" if operation.get("security") else " <em>Needs no keys.</em>"
    return (
        f'<details><summary><b class="{method}">{method.upper()}</b><code>{escape(path)}</code>'
        f"<span>{about}</span></summary>{keyless}{''.join(_parts(operation, schemas))}</details>"
    )


def _parts(operation: Mapping[str, Any], schemas: Mapping[str, Any]) -> Iterator[str]:
    if parameters := operation.get("parameters"):
        yield f"<h3>Parameters</h3><table>{''.join(map(_parameter, parameters))}</table>"
    if body := operation.get("requestBody"):
        yield f"<h3>Body</h3>{_schema(body, schemas)}"
    for status, answer in operation["responses"].items():
        if status != "default":
            yield f"<h3>Answer {escape(status)}</h3>{_schema(answer, schemas)}"


def _parameter(parameter: Mapping[str, Any]) -> str:
    need = "required" if parameter.get("required") else "optional"
    about = _prose(parameter.get("description") or parameter.get("schema", {}).get("description") or "")
    name, place = escape(parameter["name"]), escape(parameter["in"])
    return f"<tr><td><code>{name}</code></td><td>{place}, {need}</td><td>{about}</td></tr>"


def _schema(content: Mapping[str, Any], schemas: Mapping[str, Any]) -> str:
    (media,) = content["content"].values()
    return f"<pre>{escape(outline(media['schema'], schemas))}</pre>"


def _anchor(tag: str) -> str:
    return tag.lower().replace(" ", "-")


def _prose(text: str) -> str:
    """A description as HTML; `names` in it are code."""
    return _CODE.sub(r"<code>\1</code>", escape(text))

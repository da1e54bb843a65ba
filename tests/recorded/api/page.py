"""`docs/api.md`: each operation of the OpenAPI document, with keys, parameters, a request, its answer, and an error."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from octy.http.schema_outline import outline
from octy.model.keys import Role
from tests.recorded.api import Answered
from tests.recorded.api.tour import Tour

_OPENING = """\
# The HTTP API

Made by `make api` from the OpenAPI document and from real requests to a sandbox; a test finds it as it is. A running
server has the document itself at `/openapi.json`, and a page like this one at `/docs`. Ids and secrets are shortened.

Every request but those about the server itself carries the keys of an account, as `Basic` authorization; the bare
base64 of `public_key:secret_key` is taken as well. Keys are full, for reading, or for ingesting
([using Octy](using-octy.md#the-server-octy)); each operation says which it takes. Bodies are JSON. A repeat of a `POST`
with the same header `Idempotency-Key` within 24 hours gets the first answer and changes nothing (E5).

## Errors

Whatever goes wrong is answered in one shape. `errors` is never empty; `index` says which object of a batch is meant.

```text
ERROR
```

| status | when |
| --- | --- |
| 400 | something in the request is wrong: what, where, what was expected, and what was found |
| 401, 403 | there are no keys, or wrong ones; right ones that are not for this |
| 404, 405 | nothing has this address or id; the address does not take this method |
| 408, 413, 414, 415, 431 | the request is too slow, too large, or of a form that is not taken ([limits](limits.md)) |
| 422 | the same `Idempotency-Key` came with another body |
| 429 | too many wrong keys, or more than the account may send; `Retry-After` says when to come again |
| 500 | a fault of the server's own; nothing of the request is stored |
| 503 | too much waits, or the server is starting. Nothing is stored; send the same again after `Retry-After` |

"""
_KEYS = {
    None: "Any keys.",
    Role.FULL: "Full keys.",
    Role.READ: "Full keys, or those for reading.",
    Role.INGEST: "Full keys, or those for ingesting.",
}

Schemas = Mapping[str, Any]


def page(tour: Tour, answers: Sequence[Answered]) -> str:
    """The page's text."""
    document = tour.document()
    schemas: Schemas = document["components"]["schemas"]
    by_tag: dict[str, list[str]] = {}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            name = f"{method.upper()} {path}"
            keys = _KEYS[tour.role_of(name)] if operation.get("security") else "No keys."
            mine = [answered for answered in answers if answered.shown.operation == name]
            by_tag.setdefault(operation["tags"][0], []).extend(_operation(name, operation, keys, mine, schemas))
    opening = _OPENING.replace("ERROR", outline(schemas["ErrorAnswer"], schemas))
    return opening + "\n".join(line for tag, lines in by_tag.items() for line in (f"## {tag}\n", *lines))


def _operation(
    name: str, operation: Mapping[str, Any], keys: str, answers: Sequence[Answered], schemas: Schemas
) -> Iterator[str]:
    yield f"### {name}\n"
    yield f"{operation.get('description', '')} *{keys}*\n"
    parameters = [one for one in operation.get("parameters", ()) if one["name"] != "Idempotency-Key"]
    if parameters:
        yield "| parameter | in | |\n| --- | --- | --- |"
        yield from dict.fromkeys(map(_parameter, parameters))
        yield ""
    for answered in answers:
        yield from _refused(answered) if answered.shown.is_refused else _example(answered)
    if body := operation.get("requestBody"):
        yield from _folded("The body's fields", body, schemas)
    for status, answer in operation["responses"].items():
        if status != "default" and any("json" in media for media in answer.get("content", ())):
            yield from _folded(f"The fields of answer {status}", answer, schemas)


def _example(answered: Answered) -> Iterator[str]:
    yield f"```sh\n{_curl(answered)}\n```\n"
    if answered.text:
        yield f"```json\n{answered.text}\n```\n"


def _curl(answered: Answered) -> str:
    command = f'curl -u "$OCTY_PUBLIC_KEY:$OCTY_SECRET_KEY" "$OCTY_URL{answered.path}"'
    return f"{command} \\\n  -H 'Content-Type: application/json' -d '{answered.body}'" if answered.body else command


def _refused(answered: Answered) -> Iterator[str]:
    """What was wrong, in the server's words."""
    said = json.loads(answered.text)["error"]["errors"][0]["error_message"]
    asked = " ".join(answered.body.split()) or answered.path
    yield f"An error: `{asked}` is answered {answered.status}, `{said}`.\n"


def _parameter(parameter: Mapping[str, Any]) -> str:
    need = "" if parameter.get("required") else "Optional. "
    about = parameter.get("description") or parameter.get("schema", {}).get("description") or ""
    return f"| `{parameter['name']}` | {parameter['in']} | {need}{about.replace('|', '&#124;')} |"


def _folded(title: str, content: Mapping[str, Any], schemas: Schemas) -> Iterator[str]:
    media = next(iter(content["content"].values()))
    yield f"<details markdown><summary>{title}</summary>\n"
    yield f"```text\n{outline(media['schema'], schemas)}\n```\n\n</details>\n"

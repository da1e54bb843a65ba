"""What every error must be, or a client panics, hides its message or cuts it (wire.md 0.3, 0.4, 1.1)."""

import json
from typing import Any, TypeAlias

from tests.acceptance.account import lines_of
from tests.acceptance.raw import Reply

Lines: TypeAlias = list[dict[str, Any]]


def refused(reply: Reply, status: int) -> Lines:
    """The lines of an error of that status."""
    assert reply.status == status, f"{reply.status} {reply.content[:2000]!r}"
    return error_lines(reply)


def message(reply: Reply, status: int = 400) -> str:
    """The one message of an error."""
    (line,) = refused(reply, status)
    text: str = line["error_message"]
    return text


def error_lines(reply: Reply) -> Lines:
    """The lines of an error, after a look at all of it."""
    assert reply.status >= 400
    assert reply.headers["content-type"] == "application/json"
    body = json.loads(reply.content)
    lines = lines_of(body, reply.status)
    texts = [body["request_meta"]["message"], body["error"]["reason"], *(line["error_message"] for line in lines)]
    assert all(type(text) is str and "::" not in text for text in texts), "octy-cli cuts a message there"
    return lines

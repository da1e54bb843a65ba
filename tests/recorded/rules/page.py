"""`docs/rules.md`: each rule in the specification's words, and a table of its examples."""

import json
from collections.abc import Iterator, Sequence
from itertools import groupby

from octy.model.definitions import from_wire
from tests.recorded.rules import Asked, Chapter, Defined, Example, Request, Rule, Told
from tests.recorded.rules.catalogue import CHAPTERS
from tests.recorded.stories import happenings, in_words

_OPENING = """\
# The rules, with examples

Made by `make rules` from the table of examples that the tests run: each story against the engine and against a plain
reference model, each definition and each request against the product. ✓ is an example that holds (a tag, an accepted
definition or request), ✗ one that does not. [How segments work](how-segments-work.md) tells the same with pictures.

In stories, times are of one day; `1d 12:00` is noon of the next. Where nothing else is said, the segment is there
before anything happens. Ana is the customer, `PROFILE` her id; `SEGMENT` and `TYPE` are those of the segment and of
the event type that are there. `exp_timeframe` is in minutes, `segment_timeframe` in days.
"""


def page() -> str:
    """The page's text."""
    return "\n".join([_OPENING, *(line for chapter in CHAPTERS for line in _chapter(chapter))])


def _chapter(chapter: Chapter) -> Iterator[str]:
    yield f"## {chapter.title}\n"
    for rule in chapter.rules:
        yield from _rule(rule)
    for number, sentence in chapter.elsewhere:
        yield f"### {number}\n\n{sentence}\n"


def _rule(rule: Rule) -> Iterator[str]:
    yield f"### {rule.number}\n\n{_escaped(rule.sentence)}\n"
    for kind, examples in groupby(rule.examples, type):
        some = list(examples)
        if kind is Told:
            yield from _stories([one for one in some if isinstance(one, Told)])
        else:
            yield "| | what | is answered |\n| --- | --- | --- |"
            yield from (_answered(one) for one in some)
        yield ""


def _stories(examples: Sequence[Told]) -> Iterator[str]:
    yield "| | segment | what comes in | tag at the end |\n| --- | --- | --- | --- |"
    before = ""
    for one in examples:
        segment = in_words(from_wire(one.segment)[0])
        story = "<br>".join(part.told() for part in happenings(one.story))
        tag = f"since {one.tag}" if one.tag else "none"
        history = "".join(f"<br>*{line}*" for line in one.history)
        yield _row(sign(one), "″" if segment == before else segment, story, tag + history)
        before = segment


def _answered(one: Example) -> str:
    if isinstance(one, Defined):
        return _row(sign(one), one.what, "<br>".join(map(_code, one.refused)) or "accepted")
    assert isinstance(one, Asked)
    requests = [*one.before, one.request]
    return _row(sign(one), f"{one.what}<br>" + "<br>".join(map(_request, requests)), f"{one.status} {_code(one.says)}")


def _request(request: Request) -> str:
    if request.body and "event_sequence" in request.body:
        definition = from_wire(request.body)[0]
        return f"{_code(f'{request.method} {request.path}')}: “{definition.name}”, {in_words(definition)}"
    body = f" {json.dumps(request.body, separators=(',', ':'))}" if request.body else ""
    key = f" with Idempotency-Key: {request.key}" if request.key else ""
    return _code(_short(f"{request.method} {request.path}{body}{key}"))


def sign(one: Example) -> str:
    match one:
        case Told():
            return "✓" if one.tag else "✗"
        case Defined():
            return "✗" if one.refused else "✓"
        case Asked():
            return "✗" if one.is_refused or '"segment_tags":[]' in one.says else "✓"


def _short(text: str) -> str:
    """A line that a page can show."""
    return text if len(text) <= CHARACTERS_MAX else text[: CHARACTERS_MAX - 1] + "…"


CHARACTERS_MAX = 260


def _row(*cells: str) -> str:
    return "| " + " | ".join(cells) + " |"


def _code(text: str) -> str:
    return f"`{text}`".replace("|", "\\|")


def _escaped(text: str) -> str:
    """So that `<` and `*` are themselves, outside code."""
    parts = text.split("`")
    parts[::2] = [part.replace("<", "&lt;").replace("*", "\\*") for part in parts[::2]]
    return "`".join(parts)

"""Which rows does a request ask for? Ids and pages (wire.md 1.3, 1.4), as parameters that Litestar checks and shows."""

import re
from collections.abc import Sequence
from typing import Annotated, Any, TypeAlias
from urllib.parse import parse_qsl

from litestar import Request
from litestar.params import HeaderParameter, QueryParameter

from octy.model import limits
from octy.model.churn import RFM_MAX, RFM_MIN, ChurnLevel, PredictionFilter
from octy.model.errors import Problem, Refused
from octy.model.values import shown

Ids: TypeAlias = Annotated[
    str | None,
    QueryParameter(description="Ids, separated by commas; empty ones, as from a leading comma, are dropped."),
]
CursorHeader: TypeAlias = Annotated[
    int | None,
    HeaderParameter(name="cursor", ge=0, le=limits.INTEGER_MAX, description="How many rows to skip. Default: 0."),
]
CursorQuery: TypeAlias = Annotated[
    int | None,
    QueryParameter(name="cursor", ge=0, le=limits.INTEGER_MAX, description="As the header of this name."),
]
Limit: TypeAlias = Annotated[
    int,
    QueryParameter(ge=1, le=limits.PROFILES_PER_PAGE_MAX, description="How many rows to answer at most."),
]


def check_given_once(request: Request[Any, Any, Any]) -> None:
    """Refused where the query gives a parameter twice: its sender and its reader could mean two things by it."""
    query = request.scope["query_string"]
    if b"&" not in query:
        return
    seen = set[str]()
    for name, _ in parse_qsl(query.decode("latin-1"), keep_blank_values=True):
        if name in seen:
            problem = Problem("query", f"{shown(name)} a second time", "each parameter once")
            raise Refused("The query gives a parameter twice.", [problem])
        seen.add(name)


def split_ids(ids: str | None) -> list[str]:
    """The ids of a query, without the empty one that a leading comma makes."""
    found = [one for one in (ids or "").split(",") if one]
    if len(found) > limits.IDS_PER_REQUEST_MAX:
        wanted = f"at most {limits.IDS_PER_REQUEST_MAX} ids"
        raise Refused("The request names too many ids.", [Problem("ids", f"{len(found)} ids", wanted)])
    return found


def prediction_filter(churn_prob: str | None, rfm: str | None) -> PredictionFilter:
    """What is to be foretold of the profiles: a label, and an RFM score or its bounds, both included (wire.md 3.9)."""
    problems = []
    if churn_prob is not None and churn_prob not in set(ChurnLevel):
        problems.append(Problem("churn_prob", shown(churn_prob), "high, medium or low"))
    bounds = None if rfm is None else _bounds(rfm)
    if rfm is not None and bounds is None:
        wanted = f"a score from {RFM_MIN} to {RFM_MAX}, or two of them, the lesser first: 300-400"
        problems.append(Problem("rfm", shown(rfm), wanted))
    if problems:
        raise Refused("The filter is not acceptable.", problems)
    return PredictionFilter(None if churn_prob is None else ChurnLevel(churn_prob), bounds)


def _bounds(rfm: str) -> tuple[int, int] | None:
    found = re.fullmatch(r"(\d{1,9})(?:-(\d{1,9}))?", rfm, re.ASCII)
    if found is None:
        return None
    least, greatest = int(found[1]), int(found[2] or found[1])
    return (least, greatest) if least <= greatest else None


def page_headers(rows: Sequence[object]) -> dict[str, str]:
    """The response header by which a client counts on: rows in this page, an increment and no offset (wire.md 1.3)."""
    return {"cursor": str(len(rows))}

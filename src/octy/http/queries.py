"""Which rows does a request ask for? Ids and pages (wire.md 1.3, 1.4), as parameters that Litestar checks and shows."""

from collections.abc import Sequence
from typing import Annotated, TypeAlias

from litestar.params import HeaderParameter, QueryParameter

from octy.model import limits
from octy.model.errors import Problem, Refused

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


def split_ids(ids: str | None) -> list[str]:
    """The ids of a query, without the empty one that a leading comma makes."""
    found = [one for one in (ids or "").split(",") if one]
    if len(found) > limits.IDS_PER_REQUEST_MAX:
        wanted = f"at most {limits.IDS_PER_REQUEST_MAX} ids"
        raise Refused("The request names too many ids.", [Problem("ids", f"{len(found)} ids", wanted)])
    return found


def page_headers(rows: Sequence[object]) -> dict[str, str]:
    """The response header by which a client counts on: rows in this page, an increment and no offset (wire.md 1.3)."""
    return {"cursor": str(len(rows))}

"""What `/readyz` says: whether requests are served, and how far a server is that is still on its way."""

from typing import Annotated

from msgspec import Meta, Struct

from octy.http.answers import RequestMeta
from octy.http.errors import ErrorAnswer
from octy.service.progress import Readiness


class ReadinessShown(Struct):
    """How far the server is."""

    is_ready: bool
    step: Annotated[
        str,
        Meta(description="`not begun`, `reading profiles`, `reading events`, `catching up …` or `ready`."),
    ]
    profiles: Annotated[int, Meta(description="How many profiles are loaded.")]
    events: Annotated[int, Meta(description="How many reads of stored events are done.")]
    events_in_all: Annotated[int, Meta(description="How many there are to do; 0 while that is not known.")]

    @classmethod
    def of(cls, readiness: Readiness) -> "ReadinessShown":
        """As the service tells it."""
        return cls(readiness.is_ready, readiness.step, readiness.profiles, readiness.events, readiness.events_in_all)


class Ready(Struct):
    """The server does what it is asked."""

    request_meta: RequestMeta
    readiness: ReadinessShown


class NotReady(ErrorAnswer):
    """It does not yet."""

    readiness: ReadinessShown

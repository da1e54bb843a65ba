"""Which request has caused a webhook? Known from its commit on, in memory, for the newest webhooks.

Requests and their events are remembered within a group, by the numbers of the events; webhooks are looked up by who
sends them. What a restart forgets gets a trace of its own.
"""

from bisect import bisect_right

from octy.model.tracing import Trace

WEBHOOKS_MAX = 10_000


class Traces:
    """The writer's thread adds; any may ask."""

    def __init__(self) -> None:
        self._first_seqs: list[int] = []
        self._of_requests: list[Trace | None] = []
        self._of_webhooks: dict[str, Trace] = {}

    def begin_group(self) -> None:
        """Nothing that comes is of a request before."""
        self._first_seqs, self._of_requests = [], []

    def add_request(self, first_seq: int, trace: Trace | None) -> None:
        """Events from a number on are a request's."""
        self._first_seqs.append(first_seq)
        self._of_requests.append(trace)

    def add_webhook(self, webhook_id: str, seq: int) -> None:
        """An event, or none (0), has caused a webhook."""
        place = bisect_right(self._first_seqs, seq) - 1
        trace = self._of_requests[place] if place >= 0 else None
        if trace is not None:
            self._of_webhooks[webhook_id] = trace
            if len(self._of_webhooks) > WEBHOOKS_MAX:
                del self._of_webhooks[next(iter(self._of_webhooks))]

    def of_webhook(self, webhook_id: str) -> Trace | None:
        """The trace of the request that has caused it, where that is known."""
        return self._of_webhooks.get(webhook_id)

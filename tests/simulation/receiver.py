"""Who takes the webhooks? A receiver of many moods, that remembers what came."""

from collections import Counter
from random import Random
from typing import Any

import msgspec
from msgspec import Struct

from octy.model.instants import US_PER_DAY, US_PER_HOUR, US_PER_SECOND

FAILING_MOODS = (
    "answers 500",
    "answers 429",
    "resets before",
    "resets after",
    "hangs before",
    "hangs after",
)
GONE = "answers 410"
"""After that somebody has to enable it again."""
GONE_SHARE = 0.04
"""Of the attempts that fail."""
RETRY_AFTER_SECONDS = (1, 10 * 60, 12 * US_PER_HOUR // US_PER_SECOND, US_PER_DAY // US_PER_SECOND)


class Received:
    """One webhook, as often as it came."""

    def __init__(self, body: bytes) -> None:
        self.body = body
        self.times = 0
        self.accepted = 0
        """How often it was answered with 2xx."""


class Receiver:
    """Outlives every server. Remembers what came, before it answers."""

    def __init__(self, chance: Random, faults: Counter[str]) -> None:
        self._chance = chance
        self._faults = faults
        self.failing_share = 0.0
        self.received: dict[str, Received] = {}
        """By webhook id."""
        self.changed: list[str] = []
        """The ids of webhooks that came with another body than before."""

    def mood(self) -> str:
        """How the next attempt ends."""
        if self._chance.random() >= self.failing_share:
            return "answers 200"
        mood = GONE if self._chance.random() < GONE_SHARE else self._chance.choice(FAILING_MOODS)
        self._faults[f"receiver {mood}"] += 1
        return mood

    def takes(self, webhook_id: str, body: bytes, *, accepted: bool) -> None:
        """It is here."""
        received = self.received.setdefault(webhook_id, Received(body))
        received.times += 1
        received.accepted += accepted
        if received.body != body:
            self.changed.append(webhook_id)

    def has_accepted(self, webhook_id: str) -> bool:
        """Whether it has said so."""
        return webhook_id in self.received and self.received[webhook_id].accepted > 0

    def pause_seconds(self) -> float:
        """How long the wire takes."""
        return self._chance.choice((0.0, 0.001, 0.3, 4.0) if self.failing_share else (0.0, 0.001, 0.3))

    def retry_after_seconds(self) -> int:
        """What it asks for when it has too much to do."""
        return self._chance.choice(RETRY_AFTER_SECONDS)


class Told(Struct, frozen=True):
    """What a webhook says (H1, docs/webhooks.md)."""

    delivery_id: str
    profile_id: str | None
    """None where it is about a whole segment."""
    segment: int
    subject: str
    event: str
    cause: str
    date_time: str
    retracts: str | None
    """The webhook that it takes back."""
    members: int | None
    sequence: int
    overtakes: int


def told(body: bytes) -> Told:
    """Of whatever an account may choose to be told."""
    said: Any = msgspec.json.decode(body)
    about, meta = said["body"], said["meta"]
    return Told(
        delivery_id=meta["delivery_id"],
        profile_id=about.get("profile_id"),
        segment=int(about["segment"]["segment_tag"]),
        subject=said["subject"],
        event=meta["event"],
        cause=meta["cause"],
        date_time=said["date_time"],
        retracts=meta.get("retracts"),
        members=about.get("members"),
        sequence=meta["sequence"],
        overtakes=meta["overtakes"],
    )

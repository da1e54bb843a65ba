"""What is told of a storm, against a plain model of it: whatever happens when, and wherever a restart falls.

Every view is a match. The model knows of each segment's minute only a list of who was not told yet.
"""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from octy.model.clock import ManualClock
from octy.model.instants import US_PER_MINUTE, US_PER_SECOND
from tests.integration.service.serving import Service, done, no_log
from tests.integration.service.world import Shop
from tests.unit.engine.shop import instant

NAMES = ("ana", "ben", "cem", "dan")
SEGMENTS = {"viewing": "view", "paying": "pay"}


class PlainStorm:
    """What an account with these bounds is told, in order."""

    def __init__(self, per_minute: int, share: float, now_us: int) -> None:
        self.per_minute, self.share, self.now_us = per_minute, share, now_us
        self.told: list[str] = []
        self.counts: dict[str, int] = {}
        self.one_by_one: dict[str, int] = {}
        self.rest: dict[str, list[str]] = {}
        self.stopped: set[str] = set()

    def waits(self, now_us: int) -> None:
        """Where a minute ends, all that it kept is told."""
        if now_us // US_PER_MINUTE > self.now_us // US_PER_MINUTE:
            for segment in SEGMENTS:
                self.digest(segment)
            self.counts, self.one_by_one = {}, {}
        self.now_us = now_us

    def digest(self, segment: str) -> None:
        """All that a segment's minute kept."""
        if rest := self.rest.pop(segment, None):
            self.told.append(f"digest {segment}: {' '.join(rest)}")

    def happens(self, who: str, segment: str) -> None:
        """A match."""
        if segment in self.stopped:
            return
        self.counts[segment] = self.counts.get(segment, 0) + 1
        if self.share and self.counts[segment] > self.share * len(NAMES):
            self.digest(segment)
            self.told.append(f"stopped {segment}")
            self.stopped.add(segment)
            self.counts[segment] = 0
        elif not self.per_minute or self.one_by_one.get(segment, 0) < self.per_minute:
            self.one_by_one[segment] = self.one_by_one.get(segment, 0) + 1
            self.told.append(f"{segment}: {who}")
        else:
            self.rest.setdefault(segment, []).append(who)


def line(shop: Shop, told: dict[str, Any]) -> str:
    """A webhook as the model writes it."""
    body, segment = told["body"], told["body"]["segment"]["segment_tag"]
    match told["meta"]["event"]:
        case "segment.digest":
            assert body["count"] == len(body["changes"])
            return f"digest {segment}: {' '.join(shop.name_of(one['profile_id']) for one in body['changes'])}"
        case "segment.webhooks_stopped":
            return f"stopped {segment}"
        case _:
            return f"{segment}: {shop.name_of(body['profile_id'])}"


STEPS = st.lists(
    st.tuples(
        st.sampled_from([0, 1, 7, 20, 59, 60, 130]),
        st.one_of(
            st.tuples(st.sampled_from(NAMES), st.sampled_from(sorted(SEGMENTS))),
            st.sampled_from([*(("release", name) for name in SEGMENTS), ("restart", "")]),
        ),
    ),
    min_size=5,
    max_size=25,
)


@settings(max_examples=12, deadline=None)
@given(STEPS, st.sampled_from([0, 1, 2]), st.sampled_from([0.0, 0.5, 1.0]))
def test_what_is_told_of_a_storm_is_what_a_plain_model_tells(
    steps: list[tuple[int, tuple[str, str]]], per_minute: int, share: float
) -> None:
    with TemporaryDirectory() as folder, no_log():
        service = Service(Path(folder) / "data", ManualClock(instant("12:00")))
        shop = Shop(service)
        shop.has(*NAMES)
        for name, event_type in SEGMENTS.items():
            shop.live(name, event_type)
        shop.wants_webhooks(webhooks_per_minute=per_minute, webhook_breaker_share=share)
        plain = PlainStorm(per_minute, share, instant("12:00"))
        for seconds, (who, what) in steps:
            now_us = plain.now_us + seconds * US_PER_SECOND
            plain.waits(now_us)
            done(shop.octy.move_clock(now_us))
            if who == "restart":
                service.restart()
            elif who == "release":
                if what in plain.stopped:
                    done(shop.octy.release_webhooks(shop.account, shop.segments[what]))
                    plain.stopped.remove(what)
            else:
                plain.happens(who, what)
                shop.does(who, SEGMENTS[what])
        plain.waits(plain.now_us + US_PER_MINUTE)
        done(shop.octy.move_clock(plain.now_us))
        told = shop.bodies()
        assert [line(shop, one) for one in told] == plain.told
        _check_numbers(told)
        service.stop()


def _check_numbers(told: list[dict[str, Any]]) -> None:
    """Without gaps, by segment and profile, and by segment."""
    last: dict[tuple[str, str], int] = {}
    for one in told:
        pair = (one["meta"]["segment_id"], one["body"].get("profile_id", ""))
        assert one["meta"]["sequence"] == last.get(pair, 0) + 1
        last[pair] = one["meta"]["sequence"]

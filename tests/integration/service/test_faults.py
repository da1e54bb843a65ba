"""A bug of ours that one request or one account has met stops nobody else, and leaves nothing once mended (C38).

The bugs are made: parts of the engine and of the service raise where something is called `poison`.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from functools import wraps
from typing import Any

import pytest

from octy.engine.batch import EventBatch
from octy.engine.engine import Engine
from octy.model.errors import Unavailable
from octy.model.events import EventTypeDraft
from octy.model.profiles import ProfileDraft, ProfileUpdate
from octy.service import event_types, ingest, notifying, profiles
from tests.integration.service.serving import Service, done, eventually
from tests.integration.service.world import Shop, definition, step
from tests.unit.engine.shop import Did, instant


class Poisoned(Exception):
    """The bug that something has met."""


def is_poison(*arguments: object) -> bool:
    """Whether a call is about something that is called so."""
    return any("poison" in repr(one) or _evaluates_poison(one) for one in arguments)


def _evaluates_poison(one: object) -> bool:
    if isinstance(one, Engine):
        return any(working.definition.name == "poisoned" for working in one._segments.values())
    return isinstance(one, EventBatch) and is_poison(*one.properties)


@contextmanager
def bug(owner: Any, name: str) -> Iterator[None]:
    """Within, a function raises where it is called with poison."""
    with pytest.MonkeyPatch.context() as patch:
        right = getattr(owner, name)

        @wraps(right)
        def wrong(*arguments: Any, **named: Any) -> Any:
            if is_poison(*arguments, *named.values()):
                raise Poisoned(name)
            return right(*arguments, **named)

        patch.setattr(owner, name, wrong)
        yield


BUGS: dict[str, tuple[Any, str, Callable[[Shop], "Future[Any]"]]] = {
    "an event that the engine cannot evaluate": (
        Engine,
        "apply",
        lambda shop: shop.octy.ingest(shop.account, [shop.draft("ana", product="poison")]),
    ),
    "an event of a batch": (
        Engine,
        "apply",
        lambda shop: shop.octy.ingest(shop.account, [shop.draft("ana"), shop.draft("ana", product="poison")]),
    ),
    "an event that cannot be judged": (
        ingest,
        "judge",
        lambda shop: shop.octy.ingest(shop.account, [shop.draft("ana", product="poison")]),
    ),
    "a profile that cannot be stored": (
        profiles,
        "_profile",
        lambda shop: shop.octy.create_profiles(shop.account, [ProfileDraft("poison")]),
    ),
    "data that no property can be asked for": (
        Engine,
        "profile_changed",
        lambda shop: shop.octy.update_profiles(
            shop.account, [ProfileUpdate(customer_id="ana", profile_data={"plan": "poison"})]
        ),
    ),
    "a definition that cannot be compiled": (
        Engine,
        "add_live",
        lambda shop: shop.octy.create_segment(shop.account, definition("poison", "live", 1, 0, [step("view")])),
    ),
    "an event type": (
        event_types,
        "add",
        lambda shop: shop.octy.create_event_types(shop.account, [EventTypeDraft("poison")]),
    ),
}


@pytest.mark.parametrize("kind", BUGS)
def test_only_the_request_that_meets_the_bug_is_refused(production: Service, kind: str) -> None:
    owner, name, asks = BUGS[kind]
    ours, theirs = Shop(production), Shop(production)
    for shop in (ours, theirs):
        shop.has("ana", "ben", plan="free")
        shop.live("viewing", Did("view", {"product": "shoe"}))
        shop.past("free", "view", plan="free")
    with bug(owner, name):
        with production.keeps_the_writer_busy():
            before = ours.octy.ingest(ours.account, [ours.draft("ben", product="shoe")])
            poison = asks(ours)
            after = ours.octy.ingest(ours.account, [ours.draft("ben", product="shoe")])
            others = theirs.octy.ingest(theirs.account, [theirs.draft("ana", product="shoe")])
        assert not any(done(one).failed for one in (before, after, others))
        with pytest.raises(Poisoned):
            done(poison)
        assert ours.log("ana") == []
        assert ours.tags("ben") == theirs.tags("ana") == {"viewing": ours.now, "free": ours.now}
        with pytest.raises(Poisoned):
            done(asks(ours))
        production.restart()
        assert ours.tags("ben") == theirs.tags("ana") == {"viewing": ours.now, "free": ours.now}
    done(asks(ours))


def test_a_webhook_that_cannot_be_made_takes_its_match_with_it(production: Service) -> None:
    """C09: no tag without its webhook, even then."""
    shop = Shop(production)
    shop.has("ana")
    shop.wants_webhooks()
    shop.live("viewing", "view")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(notifying, "_delivery", _raises)
        with pytest.raises(Poisoned):
            shop.views("ana")
    assert (shop.tags("ana"), shop.log("ana"), shop.bodies()) == ({}, [], [])
    shop.views("ana")
    assert shop.webhooks() == ["created viewing for ana"]


def _raises(*_: object, **__: object) -> Any:
    raise Poisoned


@pytest.mark.parametrize("where", ["advance", "relive"])
@pytest.mark.parametrize("restarts", [0, 2])
def test_an_account_that_time_cannot_be_told_of_is_set_aside(production: Service, where: str, restarts: int) -> None:
    """The others go on; once the bug is mended, all that was due has happened at its own instant, and is told."""
    ours, theirs = Shop(production), Shop(production)
    for shop in (ours, theirs):
        shop.has("ana", "ben")
        shop.wants_webhooks()
        shop.live("poisoned" if shop is ours else "left", "view", unless="pay")
        shop.past("bought", "pay", days=1)
        shop.views("ana", "12:00")
        shop.pays("ben", "12:00")
    if where == "relive":
        production.stop()
    with bug(Engine, where):
        if where == "relive":
            production.open()
        production.clock.move_to(instant("2d 13:00"))
        eventually(lambda: theirs.tags("ana"))
        for _ in range(restarts):
            production.restart()
        assert production.octy._writer.load().accounts_set_aside == 1
        assert theirs.tags("ana") == {"left": "12:05"}
        assert (theirs.tags("ben"), theirs.webhooks()) == ({}, ["created left for ana"])
        assert (ours.tags("ana"), ours.tags("ben")) == ({}, {"bought": "12:00"})
        for refused in (
            lambda: ours.views("ben"),
            lambda: ours.has("eve"),
            lambda: ours.live("more", "view"),
            lambda: ours.deletes("poisoned"),
            lambda: ours.forgets("ana"),
        ):
            with pytest.raises(Unavailable, match="cannot be evaluated"):
                refused()
        theirs.views("ben")
    production.restart()
    assert production.octy._writer.load().accounts_set_aside == 0
    assert (ours.tags("ana"), ours.tags("ben")) == ({"poisoned": "12:05"}, {})
    assert ours.webhooks() == ["created poisoned for ana"]
    assert [line.split(" at ")[0] for line in ours.history("ben")] == [
        line.split(" at ")[0] for line in theirs.history("ben")
    ]
    ours.views("ben")
    assert ours.log("ben")[-1] == ("view", ours.now)

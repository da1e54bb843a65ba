"""Two accounts at one server see nothing of one another, though they call everything by the same names."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from octy.model.errors import NotFound, Refused
from octy.model.idempotency import Answer, Once
from octy.service.keys import new_keys
from tests.integration.service.serving import Service, done
from tests.integration.service.world import Shop


@pytest.fixture
def shops(sandbox: Service) -> tuple[Shop, Shop]:
    pair = Shop(sandbox), Shop(sandbox)
    for shop in pair:
        shop.has("ana", "ben")
        shop.wants_webhooks()
    return pair


def test_the_same_names_mean_two_things(shops: tuple[Shop, Shop]) -> None:
    """E1, E6, E8, D1."""
    for shop in shops:
        shop.live("viewing", "view")
        shop.past("viewers", "view")
    ours, theirs = shops
    first = ours.does("ana", "view", message_id="m1")
    assert ours.tags("ana") == {"viewing": "12:00", "viewers": "12:00"}
    assert ours.webhooks() == ["created viewing for ana"]
    assert (theirs.tags("ana"), theirs.log("ana"), theirs.webhooks()) == ({}, [], [])
    second = theirs.does("ana", "view", message_id="m1")
    assert not second.duplicate
    assert second.event_id != first.event_id
    assert ours.octy.reading.segments(ours.account)[0].profile_count == 1


def test_an_idempotency_key_is_of_its_account(shops: tuple[Shop, Shop]) -> None:
    """E5."""
    for shop, body in zip(shops, (b"ours", b"theirs"), strict=True):
        shop.sends(shop.draft("ana"), once=Once("/events", "k1", body, lambda _: Answer(201, b"")))
        assert len(shop.log("ana")) == 1


def test_one_accounts_ids_are_unknown_to_the_other(shops: tuple[Shop, Shop]) -> None:
    ours, theirs = shops
    ours.past("viewers", "view")
    profile_id, segment_id, type_id = ours.customers["ana"], ours.segments["viewers"], ours.types["cart"]
    octy, account = theirs.octy, theirs.account
    before = theirs.service.everything()
    assert theirs.sends(theirs.draft(profile_id)).failed
    assert done(octy.delete_profiles(account, [profile_id])).failed
    assert done(octy.delete_segments(account, [segment_id])).failed
    assert done(octy.delete_event_types(account, [type_id])).failed
    assert octy.reading.segments(account, [segment_id]) == []
    assert octy.reading.event_types(account, [type_id]) == []
    assert octy.reading.profiles(account, ids=[profile_id]).total == 0
    with pytest.raises(NotFound):
        octy.reading.tag_history(account, profile_id)
    with pytest.raises(NotFound):
        octy.reading.profile_events(account, profile_id, 10)
    with pytest.raises(Refused):
        octy.reading.profiles(account, segment_tag="viewers")
    assert theirs.service.everything() == before


def test_deleting_here_deletes_nothing_there(shops: tuple[Shop, Shop]) -> None:
    """X2, X3: though the profiles' numbers are the same."""
    for shop in shops:
        shop.live("viewing", "view")
        shop.past("viewers", "view")
        shop.does("ana", "view", message_id="m1")
        shop.views("ben")
    ours, theirs = shops
    ours.forgets("ana")
    ours.deletes("viewing", "viewers")
    ours.waits_until("4d 12:00")
    assert ours.tags("ben") == {}
    assert theirs.tags("ana") == theirs.tags("ben") == {"viewing": "12:00", "viewers": "12:00"}
    assert theirs.log("ana") == [("view", "12:00")]
    assert theirs.does("ana", "view", message_id="m1").duplicate
    theirs.service.restart()
    assert theirs.tags("ana") == {"viewing": "12:00", "viewers": "12:00"}


def test_time_passes_for_all_accounts(shops: tuple[Shop, Shop]) -> None:
    """T4, T6: there is one clock; an event of one account moves it for both."""
    ours, theirs = shops
    theirs.live("idle", "view", unless="pay")
    theirs.views("ana")
    ours.views("ana", at="12:30")
    assert theirs.tags("ana") == {"idle": "12:05"}


def test_a_public_key_is_given_once(sandbox: Service) -> None:
    keys = new_keys()
    account = sandbox.octy.create_account(keys)
    with pytest.raises(Refused):
        sandbox.octy.create_account(keys)
    sandbox.restart()
    caller = sandbox.octy.credentials.caller(keys.public_key, keys.secret_key)
    assert caller is not None
    assert caller.account_id == account.account_id
    assert sandbox.octy.credentials.caller(keys.public_key, keys.secret_key + "x") is None
    assert sandbox.octy.credentials.caller(new_keys().public_key, keys.secret_key) is None


def test_events_of_two_accounts_in_one_group_are_all_found_again(production: Service) -> None:
    """T2, P7, X3: their numbers are mixed."""
    ours, theirs = Shop(production), Shop(production)
    for shop in (ours, theirs):
        shop.has("ana")
        shop.past("bought", "view", "pay")
    with production.keeps_the_writer_busy():
        futures = [
            ours.octy.ingest(ours.account, [ours.draft("ana", "pay")]),
            theirs.octy.ingest(theirs.account, [theirs.draft("ana", "pay")]),
            ours.octy.ingest(ours.account, [ours.draft("ana", "cart")] * 4),
        ]
    for future in futures:
        assert not done(future).failed
    assert theirs.log("ana") == [("pay", "12:00")]
    theirs.views("ana", at="11:00")
    assert theirs.tags("ana") == {"bought": "12:00"}
    theirs.forgets("ana")
    assert production.rows("SELECT * FROM events WHERE account_id = :ours", ours=theirs.account) == []


def test_of_many_who_want_the_same_public_key_one_gets_it(sandbox: Service) -> None:
    keys = new_keys()

    def wanted(_: int) -> bool:
        try:
            sandbox.octy.create_account(keys)
        except Refused:
            return False
        return True

    with ThreadPoolExecutor(8) as senders:
        assert sorted(senders.map(wanted, range(8))) == [False] * 7 + [True]
    assert sandbox.octy.credentials.caller(keys.public_key, keys.secret_key) is not None

"""What was erased is in no file any more (X3, C34): not in SQLite's free pages, not in its log, not in the archive."""

from pathlib import Path

import pytest

from octy.model.idempotency import Answer, Once
from octy.service import archiver
from octy.service.checking.check import check_folder
from tests.integration.service.serving import eventually
from tests.integration.service.world import Shop

PROPERTIES, MESSAGES = 8, 8


@pytest.fixture(autouse=True)
def eager(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file holds a few rows, and goes as soon as it has left the ledger; the archiver looks again and again."""
    monkeypatch.setattr(archiver, "ROWS_PER_RUN", 4)
    monkeypatch.setattr(archiver, "LOOK_EVERY_SECONDS", 0.01)
    monkeypatch.setattr(archiver, "DROP_AFTER_SECONDS", 0)


@pytest.fixture
def canaries(shop: Shop) -> list[str]:
    """Texts of Cleo, whom Octy knows from events in files and in blocks, webhooks, data old and new, and an answer."""
    shop.wants_webhooks()
    shop.live("viewing", "view")
    shop.past("viewers", "view")
    shop.has("cleo-canary", card="card-canary")
    shop.learns("cleo-canary", card="newer-card-canary")
    for number in range(max(PROPERTIES, MESSAGES)):
        shop.views("cleo-canary", product=f"product-canary-{number}", message_id=f"message-canary-{number}")
        shop.views("ana", product="lamp")
    cleo = shop.customers["cleo-canary"]
    answered = Once("/v1/retention/events/create", "k", bytes(32), lambda _: Answer(201, b'"%s"' % cleo.encode()))
    shop.sends(shop.draft("cleo-canary"), once=answered)
    texts = [*(f"product-canary-{number}" for number in range(PROPERTIES)), "card-canary", "newer-card-canary"]
    return [*texts, *(f"message-canary-{number}" for number in range(MESSAGES)), "cleo-canary", cleo]


def found_in(place: Path, texts: list[str]) -> set[str]:
    """Those that are in a file, or in any file of a folder, byte by byte."""
    paths = [place] if place.is_file() else place.rglob("*")
    contents = [path.read_bytes() for path in paths if path.is_file()]
    return {text for text in texts if any(text.encode() in content for content in contents)}


def test_of_twenty_canaries_none_is_in_any_file(shop: Shop, canaries: list[str]) -> None:
    assert len(canaries) == 20
    assert found_in(shop.service.folder, canaries) == set(canaries)
    shop.forgets("cleo-canary")
    eventually(lambda: not found_in(shop.service.folder, canaries))
    shop.service.stop()
    findings = check_folder(shop.service.folder, lambda _: None)
    assert findings.is_clean, findings.differences
    shop.service.open()


def test_what_has_moved_to_a_file_is_in_no_free_page_either(shop: Shop) -> None:
    """It lies in pages of its own, which nobody overwrites as it moves."""
    shop.has("cleo-canary")
    texts = [f"product-canary-{number}" for number in range(8)]
    for text in texts:
        shop.views("cleo-canary", **{f"p{part}": text * 400 for part in range(3)})
    eventually(lambda: shop.service.octy.load().unarchived_events == 0)
    assert found_in(shop.service.folder, texts) == set(texts)
    shop.forgets("cleo-canary")
    eventually(lambda: not found_in(shop.service.folder, texts))


def test_what_a_reader_still_sees_goes_when_it_has_read(shop: Shop, canaries: list[str]) -> None:
    """Meanwhile nobody waits for it: others write."""
    with shop.service.store.reading():
        shop.forgets("cleo-canary")
        shop.views("ana")
        assert found_in(shop.service.folder, canaries)
    eventually(lambda: not found_in(shop.service.folder, canaries))


def test_the_log_of_a_server_that_died_while_it_erased_is_emptied_by_the_next(
    shop: Shop, canaries: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(archiver, "erase", lambda *_: 1 / 0)
        shop.forgets("cleo-canary")
        with shop.service.store.reading():  # so that the log outlives this server's connections
            shop.service.octy.stop()
    shop.service.open()
    eventually(lambda: not found_in(shop.service.folder, canaries))

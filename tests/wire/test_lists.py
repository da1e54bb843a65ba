"""Lists as octy-cli walks through them: its loop must end, and with all rows (wire.md 0.6, 1.3, 1.4)."""

from collections.abc import Iterator

import msgspec
import pytest

from tests.wire import shapes
from tests.wire.clients import GoClient
from tests.wire.conftest import LENGTHS, Served
from tests.wire.shop import EVENT_TYPES, PROFILES, SEGMENTS, Shop

IDS_MAX = 100
"""As many as octy-cli takes on its command line."""
REQUESTS_MAX = 50
"""A loop that has not ended by then does not end."""


@pytest.fixture(params=LENGTHS, ids=lambda length: f"{length} rows")
def length(request: pytest.FixtureRequest) -> int:
    return int(request.param)


@pytest.fixture
def client(served: Served, length: int) -> Iterator[GoClient]:
    """Of an account whose lists have that length."""
    client = GoClient(served.server.port, served.lists[length])
    yield client
    client.close()


def pages(client: GoClient, path: str) -> Iterator[bytes]:
    """octy-cli's loop: the header is an increment, the test is the wrong way round."""
    cursor = 0
    for _ in range(REQUESTS_MAX):
        reply = client.get(path, cursor)
        assert reply.status == 200
        yield reply.content
        said = reply.headers.get("cursor", "")
        cursor += int(said) if said.lstrip("-").isdigit() else 0
        if msgspec.json.decode(reply.content, type=shapes.Answer).request_meta.total >= cursor:
            return
    raise AssertionError(f"the loop has not ended after {REQUESTS_MAX} requests")


def test_octy_cli_finds_every_event_type(client: GoClient, length: int) -> None:
    found = [msgspec.json.decode(page, type=shapes.EventTypeList) for page in pages(client, EVENT_TYPES)]
    names = [one.event_type for page in found for one in page.event_types]
    assert sorted(names) == sorted(f"type {number}" for number in range(length))
    assert [page.request_meta.total for page in found] == [length]


def test_octy_cli_finds_every_segment(client: GoClient, length: int) -> None:
    found = [msgspec.json.decode(page, type=shapes.SegmentList) for page in pages(client, SEGMENTS)]
    names = [one.segment_name for page in found for one in page.segments]
    assert sorted(names) == sorted(f"segment {number}" for number in range(length))
    assert [page.request_meta.total for page in found] == [length]


@pytest.mark.parametrize("path", [EVENT_TYPES, SEGMENTS])
def test_the_cursor_that_is_answered_is_the_number_of_rows(client: GoClient, path: str, length: int) -> None:
    """And the one that is sent says how many to skip; none is 0."""
    for cursor, rows in ((None, length), (2, max(length - 2, 0)), (length, 0)):
        reply = client.get(path, cursor)
        assert reply.headers["cursor"] == str(rows)
        assert msgspec.json.decode(reply.content, type=shapes.Answer).request_meta.total == length


def test_ids_have_a_comma_before_each(shop: Shop) -> None:
    one, two, _ = shop.event_types("one", "two", "three")
    reply = shop.go.get(f"{EVENT_TYPES}?ids=,{one},{two}", cursor=0)
    found = shapes.decoded(reply, 200, shapes.EventTypeList)
    assert {row.event_type_id for row in found.event_types} == {one, two}
    assert found.request_meta.total >= int(reply.headers["cursor"]), "one request"


@pytest.mark.parametrize("path", [EVENT_TYPES, SEGMENTS])
def test_unknown_ids_are_left_out_and_are_no_error(shop: Shop, path: str) -> None:
    shop.event_types("one")
    reply = shop.go.get(f"{path}?ids=,nothing,a&b", cursor=0)
    assert reply.status == 200
    assert msgspec.json.decode(reply.content, type=shapes.Answer).request_meta.count == 0


def test_a_hundred_ids_are_not_too_many(shop: Shop) -> None:
    ids = shop.event_types(*(f"type {number}" for number in range(IDS_MAX)))
    found = shapes.decoded(shop.go.get(f"{EVENT_TYPES}?ids=,{',,'.join(ids)}", 0), 200, shapes.EventTypeList)
    assert len(found.event_types) == IDS_MAX
    body = {"event_type_ids": ids}
    deleted = shapes.decoded(shop.go.post(f"{EVENT_TYPES}/delete", body), 200, shapes.EventTypesDeleted)
    assert len(deleted.deleted_event_types) == IDS_MAX


def test_the_demo_asks_by_one_id_without_a_comma(shop: Shop) -> None:
    shop.profile("ana")
    assert shop.shown("ana").customer_id == "ana"
    reply = shop.go.get(f"{PROFILES}/metadata?ids=ana")
    assert shapes.decoded(reply, 200, shapes.ProfileMetaList).profiles_meta[0].profile.customer_id == "ana"


def test_the_script_reads_one_page_of_profiles_from_the_cursor_0(shop: Shop) -> None:
    shop.profile("ana")
    found = shapes.decoded(shop.script.get(PROFILES), 200, shapes.ProfileList)
    assert [one.customer_id for one in found.profiles] == ["ana"]

"""Requests as the clients send them, and the envelope of every answer (wire.md 0.1, 1, 1.5)."""

import json
import re
from email.utils import parsedate_to_datetime

import pytest

from octy.model.keys import Keys
from tests.wire import shapes
from tests.wire.clients import GoClient, go_json, token
from tests.wire.conftest import Served
from tests.wire.refusals import refused
from tests.wire.shop import EVENT_TYPES, PROFILES, SEGMENTS, Shop, definition

AUTHENTICATE = "/v1/account/authenticate"
RFC_1123 = re.compile(r"[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT")


def test_the_go_clients_authorize_with_bare_base64(shop: Shop) -> None:
    """Both of them; octy-cli stores the string that `auth` has sent, and sends it ever after."""
    assert b" " not in token(shop.keys).encode()
    assert shop.go.get(AUTHENTICATE).status == 200


def test_the_script_authorizes_with_basic(shop: Shop) -> None:
    assert shop.script.get(AUTHENTICATE).status == 200


def test_the_keys_name_the_account(served: Served, shop: Shop) -> None:
    """There is no account in any path."""
    shop.event_types("only here")
    other = GoClient(served.server.port, served.lists[0])
    mine, theirs = (shapes.decoded(one.get(EVENT_TYPES), 200, shapes.EventTypeList) for one in (shop.go, other))
    other.close()
    assert [one.event_type for one in mine.event_types] == ["only here"]
    assert theirs.event_types == []


def test_without_right_keys_the_code_in_the_body_is_401_too(served: Served) -> None:
    """Else octy-cli does not say that the keys are wrong."""
    stranger = GoClient(served.server.port, Keys(served.lists[0].public_key, "sk_theirs"))
    refused(stranger.get(AUTHENTICATE), 401)
    stranger.close()


def test_a_get_may_say_that_it_is_json(shop: Shop) -> None:
    """Go's clients set Content-Type on every request; without a body, and without a Content-Length."""
    sent = shop.go.head("GET", SEGMENTS, None, f"Authorization: {token(shop.keys)}", "Content-Type: application/json")
    assert b"Content-Type: application/json\r\n" in sent
    assert b"Content-Length" not in sent
    assert shop.go.exchange(sent).status == 200


def test_no_address_redirects(shop: Shop) -> None:
    for path in (AUTHENTICATE, f"{AUTHENTICATE}/", f"{SEGMENTS}/", "/", "/docs"):
        assert shop.go.get(path).status == 200, path


def test_characters_that_go_escapes_are_the_characters(shop: Shop) -> None:
    name = "a <b> & c \u2028 ü 🦑"
    body = {"event_types": [{"event_type": name, "event_properties": ["<p>"]}]}
    created = shop.go.post(f"{EVENT_TYPES}/create", body)
    assert rb"\u003cb\u003e \u0026" in go_json(name)
    (event_type,) = shapes.decoded(created, 201, shapes.EventTypesCreated).event_types
    assert (event_type.event_type, event_type.event_properties) == (name, ["<p>"])


def test_the_envelope_has_its_four_fields_of_their_types(shop: Shop) -> None:
    shop.profile("ana")
    for path in (AUTHENTICATE, SEGMENTS, EVENT_TYPES, f"{PROFILES}?id=ana", f"{PROFILES}/metadata?ids=ana"):
        meta = json.loads(shop.go.get(path).content)["request_meta"]
        assert {key: type(value) for key, value in meta.items()} == {
            "request_status": str,
            "message": str,
            "count": int,
            "total": int,
        }, path
        assert meta["request_status"] == "Success"


def test_dates_are_text_as_rfc_1123_has_them(shop: Shop) -> None:
    shop.event_types("viewed")
    shop.segment(definition("Viewers", "viewed"))
    profile = shop.profile("ana")
    event = {"event_type": "viewed", "event_properties": None, "profile_id": profile.profile_id}
    created = shapes.decoded(shop.go.post("/v1/retention/events/create", event), 201, shapes.EventCreated)
    shown = shop.shown("ana")
    (listed,) = shapes.decoded(shop.go.get(SEGMENTS, cursor=0), 200, shapes.SegmentList).segments
    assert shown.segment_tags
    dates = [created.created_at, shown.created_at, shown.updated_at, shown.segment_tags[0].created_at]
    for date in [*dates, listed.created_at, profile.created_at]:
        assert RFC_1123.fullmatch(date), date
        assert parsedate_to_datetime(date).year >= 2024


@pytest.mark.parametrize("path", ["/v1/admin/application/versioning?app=cli", "/healthz"])
def test_what_needs_no_keys_is_not_refused_for_wrong_ones(served: Served, path: str) -> None:
    """The credential store of octy-cli may hold any."""
    client = GoClient(served.server.port, None)
    sent = client.head("GET", path, None, "Authorization: cGtfYTpza19i", "Content-Type: application/json")
    assert client.exchange(sent).status == 200
    client.close()

"""What octy-cli asks before anything else, without keys: the version, the columns of a file (wire.md 3.13, 3.14)."""

import pytest

from tests.wire import shapes
from tests.wire.clients import FORMAT, VERSIONING, GoClient
from tests.wire.refusals import message, refused


def test_the_public_client_takes_this_server_for_up_to_date(nobody: GoClient) -> None:
    """And without Authorization."""
    answer = shapes.decoded(nobody.get(VERSIONING), 200, shapes.Versioning)
    assert answer.application_type == "cli"
    assert answer.current_version.version_name == "v2.0.1-beta"


@pytest.mark.parametrize("query", ["?app=toaster", "?app="])
def test_another_application_is_refused_in_a_way_that_lets_commands_go_on(nobody: GoClient, query: str) -> None:
    """An error without a line in `errors` would end every command, even `--help`."""
    refused(nobody.get(VERSIONING.partition("?")[0] + query), 400)


@pytest.mark.parametrize(
    ("kind", "columns"),
    [
        (
            "items",
            b'{"item_id**0":"id","item_category**1":"text","item_name**2":"text","item_description**3":"text",'
            b'"item_price**4":1}',
        ),
        (
            "events",
            b'{"event_type**0":"text","profile_id**1":"id","created_at**2":"text","event_properties**3":"nested"}',
        ),
        (
            "profiles",
            b'{"customer_id**0":"id","has_charged**1":true,"profile_data**2":"nested","platform_info**3":"nested"}',
        ),
    ],
)
def test_a_format_is_flat_and_nothing_else(nobody: GoClient, kind: str, columns: bytes) -> None:
    """No `request_meta`: any other key lands on column 0."""
    reply = nobody.get(FORMAT + kind)
    assert (reply.status, reply.content) == (200, columns)


@pytest.mark.parametrize("query", ["?type=templates", "?type=", ""])
def test_an_unknown_format_is_refused_with_a_message(nobody: GoClient, query: str) -> None:
    assert message(nobody.get(FORMAT.partition("?")[0] + query)).startswith("type: expected ")

"""What belongs to neighbouring products is refused in the error shape, with code 400 (wire.md 3.6, 3.7, 3.12).

The bodies are those that the clients send.
"""

import json

import pytest

from tests.wire.refusals import message
from tests.wire.shop import Shop

TEMPLATE = {
    "friendly_name": "Hello",
    "template_type": "email",
    "title": "Hello {{name}}",
    "content": "<p>{{name}}</p>",
    "required_data": None,
    "default_values": {"name": "you"},
    "metadata": None,
}
TEMPLATES = "/v1/retention/messaging/templates"
GENERATE = "/v1/retention/messaging/content/generate"


@pytest.mark.parametrize(
    "path",
    [
        f"{TEMPLATES}?ids=,a",
        TEMPLATES,
    ],
)
def test_octy_cli_asks_for_what_is_not_here(shop: Shop, path: str) -> None:
    assert message(shop.go.get(path, 0)).endswith("is not part of this server.")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (f"{TEMPLATES}/create", {"templates": [TEMPLATE]}),
        (f"{TEMPLATES}/update", {"templates": [TEMPLATE | {"template_id": "t", "status": ""}]}),
        (f"{TEMPLATES}/delete", {"template_ids": ["t"]}),
        (GENERATE, {"messages": [{"template_id": "t", "item_recommendation": False, "data": [{}]}]}),
        (GENERATE, {"messages": []}),
        ("/v1/retention/recommendations", {"profile_ids": ["p"]}),
    ],
)
def test_the_go_clients_send_what_is_not_taken_here(shop: Shop, path: str, body: object) -> None:
    assert message(shop.go.post(path, body)).endswith("is not part of this server.")


def test_the_script_is_told_so_as_well(shop: Shop) -> None:
    """It reads `error.reason`."""
    asked = shop.script.get(f"{TEMPLATES}?id=t")
    told = shop.script.post(GENERATE, {"messages": []})
    for reply in (asked, told):
        assert json.loads(reply.content)["error"]["reason"] == message(reply)

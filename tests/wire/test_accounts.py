"""Keys, the account's configuration and those of algorithms, as octy-cli sets and reads them (wire.md 3.1 to 3.3)."""

import json

import pytest

from tests.wire import shapes
from tests.wire.refusals import message, refused
from tests.wire.shop import Shop

ACCOUNT = "/v1/configurations/account"
ALGORITHMS = "/v1/configurations/retention/algorithms"
CONFIGURATION = {
    "contact_name": "Ada",
    "contact_surname": "Lovelace",
    "contact_email_address": "ada@example.com",
    "webhook_url": "https://shop.example/octy",
    "authenticated_id_key": "",
}
REC = {"recommend_interacted_items": True, "item_id_stop_list": ["7", "a-b"], "profile_features": ["age", "plan"]}
CHURN = {"profile_features": ["age"]}


def test_keys_that_fit_are_200(shop: Shop) -> None:
    """No other success will do."""
    shapes.decoded(shop.go.get("/v1/account/authenticate"), 200, shapes.Answer)


def test_the_account_is_read_as_it_was_set(shop: Shop) -> None:
    """All five fields are always sent; the key of authenticated ids is empty where the YAML has none."""
    assert 200 <= shop.go.post(f"{ACCOUNT}/set", CONFIGURATION).status <= 202
    shown = shapes.decoded(shop.go.get(ACCOUNT), 200, shapes.AccountShown)
    assert shown.account_data == shapes.Account(**CONFIGURATION)


def test_an_account_that_was_never_set_is_read(shop: Shop) -> None:
    shapes.decoded(shop.go.get(ACCOUNT), 200, shapes.AccountShown)


def test_a_refused_configuration_has_errors(shop: Shop) -> None:
    """An empty list of them would be reported as a success."""
    assert refused(shop.go.post(f"{ACCOUNT}/set", CONFIGURATION | {"webhook_url": "ftp://shop.example"}), 400)


def test_algorithms_are_set_one_by_one_and_read_together(shop: Shop) -> None:
    """Under `configurations`, and each again with its own."""
    for name, fields in (("rec", REC), ("churn", CHURN)):
        set_ = shop.go.post(f"{ALGORITHMS}/set", {"algorithm_name": name, "configurations": fields})
        assert 200 <= set_.status <= 202
    shown = shapes.decoded(shop.go.get(ALGORITHMS), 200, shapes.Algorithms)
    found = {one.algorithm_name: one.configurations for one in shown.configurations}
    assert set(found) == {"rec", "churn"}
    assert found["rec"].recommend_interacted_items is True
    assert found["rec"].profile_features == ["age", "plan"]
    assert found["churn"].profile_features == ["age"]


def test_items_that_are_never_recommended_are_set_as_strings_and_read_as_objects(shop: Shop) -> None:
    """Strings, when read, fail the whole answer."""
    shop.go.post(f"{ALGORITHMS}/set", {"algorithm_name": "rec", "configurations": REC})
    (rec,) = json.loads(shop.go.get(ALGORITHMS).content)["configurations"]
    assert rec["configurations"]["item_id_stop_list"] == [{"item_id": "7"}, {"item_id": "a-b"}]


def test_a_second_configuration_replaces_the_first(shop: Shop) -> None:
    for fields in (REC, {"recommend_interacted_items": False, "item_id_stop_list": ["8"], "profile_features": ["x"]}):
        shop.go.post(f"{ALGORITHMS}/set", {"algorithm_name": "rec", "configurations": fields})
    (rec,) = shapes.decoded(shop.go.get(ALGORITHMS), 200, shapes.Algorithms).configurations
    assert rec.configurations == shapes.AlgorithmFields(
        recommend_interacted_items=False, item_id_stop_list=[shapes.StoppedItem("8")], profile_features=["x"]
    )


def test_no_algorithm_is_an_empty_list(shop: Shop) -> None:
    assert shapes.decoded(shop.go.get(ALGORITHMS), 200, shapes.Algorithms).configurations == []


def test_another_account_has_algorithms_of_its_own(shop: Shop, other: Shop) -> None:
    shop.go.post(f"{ALGORITHMS}/set", {"algorithm_name": "rec", "configurations": REC})
    assert shapes.decoded(other.go.get(ALGORITHMS), 200, shapes.Algorithms).configurations == []


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"algorithm_name": "xyz", "configurations": REC}, 'algorithm_name: expected "rec" or "churn"; found "xyz"'),
        ({"configurations": REC}, "algorithm_name: expected a value; found nothing"),
        ({"algorithm_name": "rec"}, "configurations: expected a value; found nothing"),
        (
            {"algorithm_name": "rec", "configurations": REC | {"item_id_stop_list": [{"item_id": "7"}]}},
            "configurations.item_id_stop_list[0]: expected a string; found an object",
        ),
        (
            {"algorithm_name": "churn", "configurations": {"profile_features": ["a\0b"]}},
            "configurations.profile_features[0]: expected ",
        ),
    ],
)
def test_an_algorithm_that_is_none_is_refused_and_not_kept(shop: Shop, sent: object, said: str) -> None:
    assert message(shop.go.post(f"{ALGORITHMS}/set", sent)).startswith(said)
    assert shapes.decoded(shop.go.get(ALGORITHMS), 200, shapes.Algorithms).configurations == []

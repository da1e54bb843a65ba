"""What is in a dataset's file: values, types, who is in it, wherever the events are kept (service.datasets)."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pyarrow.parquet as pq
import pytest

from octy.model.clock import ManualClock
from octy.model.datasets import DatasetRequest
from octy.model.errors import Refused
from octy.model.events import EventDraft, EventTypeDraft
from octy.model.instants import US_PER_DAY, parse_instant
from octy.model.items import Item
from octy.model.jobs import JobKind
from octy.model.profiles import ProfileDraft
from octy.service import archiver
from octy.service.datasets.making import make_dataset
from octy.service.jobs.task import Task
from octy.service.keys import new_keys
from octy.service.octy import Octy
from octy.store import accounts
from octy.store.folder import open_store
from tests.integration.service.serving import done
from tests.property.happenings import Doing, step

NOW = "2024-03-01T00:00:00Z"


class Shop:
    """An account with two customers, of whom ana has bought for 5, 2.5 and "3"."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.octy = Octy(open_store(folder), ManualClock(parse_instant(NOW)))
        self.octy.start()
        self.account_id = self.octy.create_account(new_keys()).account_id
        done(self.octy.create_event_types(self.account_id, [EventTypeDraft("viewed", ("page",))]))
        drafts = [
            ProfileDraft("ana", profile_data={"age": 30, "vip": True, "plan": "gold", "mixed": 1}),
            ProfileDraft("bo", profile_data={"age": 30.5, "mixed": "x"}, platform_info={"os": "ios"}),
        ]
        done(self.octy.create_profiles(self.account_id, drafts))
        self.ids = {one.customer_id: one.profile_id for one in self.octy.reading.profiles(self.account_id).profiles}
        for at, item_id, price in [("2023-11-01", "boots", 5), ("2024-02-20", "hat", 2.5), ("2024-02-29", "hat", "3")]:
            self.happens("ana", "charged", at, item_id=item_id, payment_method="visa", price=price)
        self.happens("bo", "viewed", "2024-02-01", page="/a", price=9)

    def happens(self, customer: str, event_type: str, at: str, **properties: Any) -> None:
        done(self.octy.ingest(self.account_id, [EventDraft(event_type, self.ids[customer], properties, at)]))

    def dataset(self, **asked: Any) -> tuple[list[dict[str, Any]], Any]:
        """Its rows, and its schema."""
        parameters = msgspec.json.encode(DatasetRequest(**asked)).decode()
        task = Task(
            str(self.folder), "dataset_1", self.account_id, JobKind.DATASET, parameters, parse_instant(NOW), 0, 8
        )
        made = make_dataset(task, lambda _: None)
        assert made.file is not None
        table = pq.read_table(self.folder / "datasets" / made.file.name)
        return table.to_pylist(), table.schema


@pytest.fixture(params=["in blocks", "in files"])
def shop(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    monkeypatch.setattr(archiver, "ROWS_PER_RUN", 1 if request.param == "in files" else archiver.ROWS_PER_RUN)
    shop = Shop(tmp_path / "data")
    if request.param == "in files":
        shop.octy._writer._archiver.work()
        assert list((shop.folder / "archive").iterdir())
    yield shop
    shop.octy.stop()


def test_values_are_sums_of_a_property_or_of_items_prices(shop: Shop) -> None:
    rows, _ = shop.dataset(value="price")
    assert [rows[0][name] for name in ("value_30d", "value_90d", "value_total")] == [5.5, 5.5, 10.5]
    assert [rows[1][name] for name in ("value_30d", "value_total")] == [0.0, 0.0], "bo has bought nothing"
    assert "value_total" not in shop.dataset()[1].names
    done(shop.octy.put_items(shop.account_id, [Item("hat", "c", "n", "d", 700)], create=True))
    rows, _ = shop.dataset()
    assert [rows[0][name] for name in ("value_30d", "value_total")] == [1400.0, 1400.0]
    rows, _ = shop.dataset(label="churn:1d:viewed", value="price")
    assert rows[1]["value_total"] == 9.0, "of the events that the label asks about"


def test_columns_have_the_types_of_what_they_hold(shop: Shop) -> None:
    rows, schema = shop.dataset()
    types = {name: str(schema.field(name).type) for name in schema.names}
    assert list(types)[:9] == [
        *("profile_id", "customer_id", "as_of"),
        *("profile.age", "profile.mixed", "profile.plan", "profile.vip"),
        *("platform.os", "has_charged"),
    ]
    assert types["as_of"] == "timestamp[us, tz=UTC]"
    assert (types["profile.age"], types["profile.vip"], types["profile.mixed"]) == ("double", "bool", "string")
    assert [row["profile.mixed"] for row in rows] == ["1", "x"]
    assert [row["platform.os"] for row in rows] == [None, "ios"]


def test_who_is_erased_and_what_is_being_deleted_is_not_in_it(shop: Shop) -> None:
    definition = {
        "segment_name": "viewers",
        "segment_type": "past",
        "segment_sub_type": 1,
        "segment_timeframe": 60,
        "event_sequence": [step(Doing("viewed", None), "action")],
    }
    segment, _ = done(shop.octy.create_segment(shop.account_id, definition))
    rows, _ = shop.dataset()
    assert [row["tag.viewers"] for row in rows] == [False, True]
    done(shop.octy.delete_segments(shop.account_id, [segment.segment_id]))
    done(shop.octy.delete_profiles(shop.account_id, ["bo"]))
    rows, schema = shop.dataset()
    assert [row["customer_id"] for row in rows] == ["ana"]
    assert "tag.viewers" not in schema.names


def test_events_that_may_be_gone_are_not_counted_on(shop: Shop) -> None:
    done(
        shop.octy._writer.submit(
            0, lambda tx: accounts.set_aged(tx.connection, shop.account_id, parse_instant(NOW) - 80 * US_PER_DAY)
        )
    )
    with pytest.raises(Refused) as refused:
        shop.dataset()
    assert "events before 2023-12-12" in refused.value.messages[0]

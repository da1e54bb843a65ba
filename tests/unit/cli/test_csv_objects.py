"""CSV files: objects with the lines at which they begin, or every fault with its line."""

import json
import time
from pathlib import Path

import pytest

from octy.cli.columns import EVENTS, ITEMS, PROFILES, Form
from octy.cli.failures import LinesRefused
from octy.cli.objects import Objects
from octy.cli.reading_files import read_objects


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "f.csv"


def objects(file: Path, form: Form, content: str | bytes) -> Objects:
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_objects(file, form)


def decoded(found: Objects) -> list[dict[str, object]]:
    return [json.loads(body) for body in found.bodies]


def faults(file: Path, form: Form, content: str | bytes) -> list[str]:
    with pytest.raises(LinesRefused) as caught:
        objects(file, form, content)
    return [line.removeprefix(f"{file}:") for line in caught.value.messages]


def test_a_row_keeps_the_line_at_which_it_begins(file: Path) -> None:
    content = 'customer_id,profile_data>>note\r\na,"two\r\nlines"\r\n\r\nb,\r\n\n   \nc,x'
    found = objects(file, PROFILES, content)
    assert list(found.lines) == [2, 5, 8]
    assert [one["customer_id"] for one in decoded(found)] == ["a", "b", "c"]
    assert found.place(1) == f"{file}:5"
    assert decoded(found)[0]["profile_data"] == {"note": "two\r\nlines"}


def test_columns_may_stand_in_any_order_and_nested_ones_apart(file: Path) -> None:
    content = "profile_data>>a, platform_info>>b ,customer_id,profile_data>>c\n1,2,0003,4\n"
    assert decoded(objects(file, PROFILES, content)) == [
        {"customer_id": "0003", "profile_data": {"a": 1, "c": 4}, "platform_info": {"b": 2}}
    ]


def test_an_empty_property_is_left_out_and_blanks_are_cut(file: Path) -> None:
    content = "event_type,profile_id,created_at,event_properties>>a,event_properties>>b\n view , p,2024-01-01,, x y \n"
    found = objects(file, EVENTS, content)
    assert decoded(found) == [
        {
            "event_type": "view",
            "profile_id": "p",
            "created_at": "2024-01-01",
            "message_id": found.source.made_identity(0),
            "event_properties": {"b": "x y"},
        }
    ]


def test_hard_text_arrives_unharmed(file: Path) -> None:
    text = 'quote " comma , newline \n backslash \\ brace { ☃ =1+1'
    cell = text.replace('"', '""')
    content = f'item_id,item_category,item_name,item_description,item_price\n1,,"{cell}",x,-5\n'
    (item,) = decoded(objects(file, ITEMS, content))
    assert item["item_name"] == text
    assert item["item_price"] == -5


def test_every_fault_is_told_up_to_ten(file: Path) -> None:
    rows = "".join(f"{n}\n" for n in range(25))
    assert faults(file, PROFILES, "customer_id,has_charged\n" + rows) == [
        *(f"{n + 2}: expected 2 cells, as in the header; found 1 cell" for n in range(10)),
        "… and 15 more",
    ]


@pytest.mark.parametrize(
    ("form", "content", "fault"),
    [
        (
            PROFILES,
            "customer_id,age\na,5\n",
            '1: unknown column "age": known are customer_id, has_charged, profile',
        ),
        (PROFILES, "customer_id,profile_data>a\na,5\n", '1: unknown column "profile_data>a"'),
        (PROFILES, "customer_id,profile_data>>a>>b\na,5\n", '1: unknown column "profile_data>>a>>b"'),
        (PROFILES, "customer_id,profile_data>>\na,5\n", '1: unknown column "profile_data>>"'),
        (PROFILES, "customer_id,event_properties>>a\na,5\n", '1: unknown column "event_properties>>a"'),
        (PROFILES, "customer_id,\na,5\n", '1: unknown column ""'),
        (PROFILES, "customer_id,customer_id\na,b\n", '1: the column "customer_id" is there more than once'),
        (PROFILES, "has_charged\ntrue\n", '1: the column "customer_id" is missing'),
        (PROFILES, "customer_id,has_charged\na,T\n", '2: has_charged: expected true or false; found "T"'),
        (PROFILES, "customer_id\na\n\nb\na\n", '5: customer_id: "a" was given before, at line 2'),
        (PROFILES, "customer_id,has_charged\n,true\n", "2: customer_id: expected a value; found nothing"),
        (PROFILES, 'customer_id\n"a\nb\n', "2: expected comma-separated values; unexpected end of data"),
        (PROFILES, 'customer_id\n"a"b\n', "2: expected comma-separated values; ',' expected after '\"'"),
        (PROFILES, "customer_id\ra\r", "1: expected comma-separated values; new-line character seen in unquoted field"),
        (
            PROFILES,
            f"customer_id\n{'x' * 200_000}\n",
            "2: expected comma-separated values; field larger than field limit",
        ),
        (PROFILES, b"customer_id\nab\n\xe9\n", "3: expected UTF-8 text; found byte 0xe9 at position 1"),
        (PROFILES, "customer_id\n", "1: there is no row below the header"),
        (PROFILES, "\n\n", "1: the file is empty"),
        (
            ITEMS,
            "item_id,item_category,item_name,item_description,item_price\n1,,,,5.5\n",
            "2: item_price: expected an int",
        ),
        (EVENTS, "event_type,profile_id,created_at\nview,p,\n", "2: created_at: expected a value; found nothing"),
    ],
)
def test_a_fault_is_told_with_its_line(file: Path, form: Form, content: str | bytes, fault: str) -> None:
    (found,) = faults(file, form, content)
    assert found.startswith(fault)


def test_other_separators_are_recognised(file: Path) -> None:
    unknown, missing = faults(file, PROFILES, "customer_id;has_charged\na;true\n")
    assert unknown.endswith("; cells are separated by commas")
    assert missing == '1: the column "customer_id" is missing'


def test_two_events_may_be_alike(file: Path) -> None:
    content = "event_type,profile_id,created_at\n" + "view,p,2024-01-01\n" * 2
    assert len(objects(file, EVENTS, content).bodies) == 2


def test_a_header_of_very_many_columns_is_judged_in_one_pass(file: Path) -> None:
    """Found by fuzzing: each was compared with all. This took half a minute, where a tenth of a second does."""
    names = ",".join(f"profile_data>>{n}" for n in range(30_000))
    began = time.thread_time()
    with pytest.raises(LinesRefused, match="is there more than once"):
        objects(file, PROFILES, f"customer_id,{names},profile_data>>7\na\n")
    assert time.thread_time() - began < 5

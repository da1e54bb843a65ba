"""`octy-cli upload`: rows in, batches out, and what became of each row."""

import hashlib

import pytest

from octy.model.limits import STRING_CHARACTERS_MAX
from tests.integration.cli.conftest import Shell
from tests.integration.cli.octy_server import Answer, OctyServer, refusal

PROFILES = "/v1/retention/profiles/create"
ITEMS = "/v1/retention/items/create"
EVENTS = "/v1/retention/events/create/batch"
BUSY = refusal("The queue is full.", status=503)._replace(headers={"Retry-After": "0"})
EVENTS_HEADER = "event_type,profile_id,created_at,event_properties>>session\n"


FAILED = "The rows that failed are in {}, with the reasons: mend them there, and upload it.\n"


def events_csv(count: int, profile: str | None = None) -> str:
    """Each of another profile, unless one is named, whose events travel one batch after the other."""
    rows = (f"view,{profile or f'p{n}'},2024-01-01 00:00:00,{n}\n" for n in range(count))
    return EVENTS_HEADER + "".join(rows)


def test_profiles_arrive_with_nested_and_typed_cells(shell: Shell, server: OctyServer) -> None:
    shell.file(
        "profiles.csv",
        "customer_id,has_charged,profile_data>>age,profile_data>>name,platform_info>>debt\n"
        "0012,TRUE,42,Ana,-5\n"
        '13,false,,"O\'Neill, ""Bo""",2.5\n',
    )
    result = shell.run("upload", "profiles", "-f", "profiles.csv")
    assert (result.exit_code, result.stdout) == (0, "Created a total of 2 profiles\n")
    assert server.sent_to(PROFILES)[0].body == {
        "profiles": [
            {
                "customer_id": "0012",
                "has_charged": True,
                "profile_data": {"age": 42, "name": "Ana"},
                "platform_info": {"debt": -5},
            },
            {
                "customer_id": "13",
                "has_charged": False,
                "profile_data": {"name": 'O\'Neill, "Bo"'},
                "platform_info": {"debt": 2.5},
            },
        ]
    }


def test_items_arrive_with_integer_prices_and_text_whatever_it_looks_like(shell: Shell, server: OctyServer) -> None:
    shell.file("items.csv", "item_id,item_category,item_name,item_description,item_price\n77,T,007,, 1999 \n")
    assert shell.run("upload", "items", "-f", "items.csv").exit_code == 0
    assert server.sent_to(ITEMS)[0].body == {
        "items": [
            {"item_id": "77", "item_category": "T", "item_name": "007", "item_description": "", "item_price": 1999}
        ]
    }


def test_events_of_several_types_keep_the_files_order_over_all_batches(shell: Shell, server: OctyServer) -> None:  # T4
    rows = [f"{'view' if n % 3 else 'charged'},p,2024-01-01 00:00:{n % 60:02},{n}\n" for n in range(1001)]
    shell.file("events.csv", EVENTS_HEADER + "".join(rows))
    result = shell.run("upload", "events", "-f", "events.csv")
    assert result.stdout == "Created a total of 1,001 events\n"
    batches = [request.body["events"] for request in server.sent_to(EVENTS)]
    assert [len(batch) for batch in batches] == [500, 500, 1]
    assert [event["event_properties"]["session"] for batch in batches for event in batch] == list(range(1001))


def test_a_batch_is_also_limited_by_its_bytes(shell: Shell, server: OctyServer) -> None:
    columns = ",".join(f"event_properties>>p{number}" for number in range(12))
    row = ",".join(["view", "p", "2024-01-01 00:00:00", *["x" * STRING_CHARACTERS_MAX] * 12])
    shell.file("events.csv", f"event_type,profile_id,created_at,{columns}\n" + f"{row}\n" * 60)
    assert shell.run("upload", "events", "-f", "events.csv").exit_code == 0
    assert [len(request.body["events"]) for request in server.sent_to(EVENTS)] == [50, 10]
    assert all(int(request.headers["content-length"]) <= 5_000_000 for request in server.sent_to(EVENTS))


def test_an_event_without_a_message_id_gets_one_of_the_file_and_its_row(shell: Shell, server: OctyServer) -> None:  # E8
    file = shell.file(
        "events.csv",
        "event_type,profile_id,created_at,message_id\nview,p,2024-01-01 00:00:00,m1\nview,p,2024-01-01 00:00:00,\n",
    )
    shell.run("upload", "events", "-f", "events.csv")
    first, second = server.sent_to(EVENTS)[0].body["events"]
    assert first["message_id"] == "m1"
    assert second["message_id"] == f"{hashlib.sha256(file.read_bytes()).hexdigest()[:40]}-1"
    assert len(second["message_id"]) < 64


def test_duplicates_are_told_of_and_are_no_failure(shell: Shell, server: OctyServer) -> None:  # E8
    shell.file("events.csv", events_csv(2))
    server.answers(EVENTS, Answer(201, {"created_events": [{"duplicate": True}, {}]}))
    result = shell.run("upload", "events", "-f", "events.csv")
    assert (result.exit_code, result.stdout) == (
        0,
        "Created a total of 2 events (1 of them had been stored before)\n",
    )


def test_failed_rows_are_told_with_their_lines_and_the_exit_code_is_1(shell: Shell, server: OctyServer) -> None:
    rows = [{"customer_id": f"c{n}"} for n in range(500)]
    failed = [{"customer_id": "c7", "error_message": "customer_id is taken", "index": 7}]
    server.answers(PROFILES, Answer(201, {"profiles": rows[1:], "failed_to_create": failed}))
    shell.file("profiles.csv", "customer_id\n" + "".join(f"c{n}\n" for n in range(500)))
    result = shell.run("upload", "profiles", "-f", "profiles.csv")
    assert result.exit_code == 1
    assert result.stdout == "Created a total of 499 profiles\n"
    told = "Failed to create 1 profile\nprofiles.csv:9: customer_id is taken\n"
    assert result.stderr == told + FAILED.format("profiles.failed.csv")


def test_a_batch_in_which_all_failed_does_not_stop_the_others(shell: Shell, server: OctyServer) -> None:  # wire.md 1.2
    errors = [{"error_message": f"unknown profile {n}", "index": n} for n in range(500)]
    server.answers(EVENTS, refusal(*errors))
    shell.file("events.csv", events_csv(501, "p"))
    result = shell.run("upload", "events", "-f", "events.csv")
    assert result.exit_code == 1
    assert result.stdout == "Created a total of 1 event\n"
    lines = result.stderr.splitlines()
    assert lines[0] == "Failed to create 500 events"
    assert lines[1:11] == [f"events.csv:{n + 2}: unknown profile {n}" for n in range(10)]
    assert lines[11:] == ["… the first 10 failures are shown", FAILED.format("events.failed.csv").strip()]


def test_a_batch_refused_as_a_whole_counts_every_row(shell: Shell, server: OctyServer) -> None:
    server.answers(EVENTS, refusal("The body is too large.", status=413))
    shell.file("events.csv", events_csv(3))
    result = shell.run("upload", "events", "-f", "events.csv")
    assert result.exit_code == 1
    assert "Failed to create 3 events\nevents.csv:2: The body is too large." in result.stderr


def test_rows_that_the_server_does_not_speak_of_count_as_failed(shell: Shell, server: OctyServer) -> None:
    server.answers(EVENTS, Answer(200, {"created_events": [{}]}))
    shell.file("events.csv", events_csv(3))
    result = shell.run("upload", "events", "-f", "events.csv")
    assert result.exit_code == 1
    assert "events.csv:2-4: the server does not say what became of 2 rows" in result.stderr


def test_a_busy_server_is_asked_again_and_no_row_is_counted_twice(shell: Shell, server: OctyServer) -> None:  # E5
    server.answers(EVENTS, BUSY, BUSY)
    shell.file("events.csv", events_csv(501, "p"))
    result = shell.run("upload", "events", "-f", "events.csv")
    assert (result.exit_code, result.stdout) == (0, "Created a total of 501 events\n")
    assert [len(request.body["events"]) for request in server.sent_to(EVENTS)] == [500, 500, 500, 1]


def test_a_server_that_stays_busy_ends_the_upload_and_says_what_is_certain(shell: Shell, server: OctyServer) -> None:
    server.answers(EVENTS, Answer(201, {"created_events": [{}] * 500}), *[BUSY] * 6)
    shell.file("events.csv", events_csv(1200, "p"))
    result = shell.run("upload", "events", "-f", "events.csv")
    assert result.exit_code == 1
    assert result.stdout == "Created a total of 500 events\n"
    assert "The queue is full. 500 of 1,200 rows are settled, as " in result.stderr
    assert result.stderr.endswith("; the same command goes on from there, and stores nothing twice.\n")


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("", "events.csv:1: the file is empty"),
        (EVENTS_HEADER, "events.csv:1: there is no row below the header"),
        (EVENTS_HEADER + "view,p,2024-01-01 00:00:00\n", "events.csv:2: expected 4 cells, as in the header; found 3"),
        (EVENTS_HEADER + "view,,2024-01-01 00:00:00,\n", "events.csv:2: profile_id: expected a value; found nothing"),
        ("event_type,profile_id\nview,p\n", 'events.csv:1: the column "created_at" is missing'),
        (b"event_type,\xff\n", "events.csv:1: expected UTF-8 text; found byte 0xff at position 12"),
    ],
)
def test_nothing_is_sent_of_a_file_with_a_fault(
    shell: Shell, server: OctyServer, content: str | bytes, complaint: str
) -> None:
    shell.file("events.csv", content)
    result = shell.run("upload", "events", "-f", "events.csv")
    assert result.exit_code == 1
    assert complaint in result.stderr
    assert result.stdout == ""
    assert server.requests == []


def test_a_byte_order_mark_is_no_part_of_the_first_column(shell: Shell, server: OctyServer) -> None:
    shell.file("profiles.csv", b"\xef\xbb\xbfcustomer_id\nana\n")
    assert shell.run("upload", "profiles", "-f", "profiles.csv").exit_code == 0
    assert server.sent_to(PROFILES)[0].body["profiles"][0]["customer_id"] == "ana"

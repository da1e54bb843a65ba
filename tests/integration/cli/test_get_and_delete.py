"""`octy-cli get` and `octy-cli delete`."""

import json

import pytest

from tests.integration.cli.conftest import Shell
from tests.integration.cli.octy_server import Answer, OctyServer, refusal

SEGMENT = {
    "segment_id": "s1",
    "segment_name": "abandoned",
    "segment_type": "live",
    "segment_sub_type": 2,
    "segment_timeframe": 0,
    "event_sequence": [
        {"event_type": "view", "exp_timeframe": 60, "action_inaction": "action", "event_properties": {"no": False}},
        {"event_type": "charged", "exp_timeframe": 0, "action_inaction": "inaction", "event_properties": None},
    ],
    "profile_property_name": None,
    "profile_property_value": None,
    "segment_status": "active",
    "profile_count": 1234,
    "created_at": "Tue, 18 May 2021 17:26:45 GMT",
    "delete_requested_at": None,
    "purge_at": None,
    "dependants": {"training_jobs": [], "models": []},
}


def profile(number: int) -> dict[str, object]:
    return {
        "profile_id": f"profile_{number}",
        "customer_id": f"c{number}",
        "rfm_score": None,
        "churn_probability": None,
    }


def test_the_accounts_configuration_is_two_columns(shell: Shell, server: OctyServer) -> None:
    chosen = ["past_segment.entered", "past_segment.left"]
    server.account = {"contact_name": "Ana", "webhook_url": None, "authenticated_id_key": "", "webhook_events": chosen}
    result = shell.run("get", "accountconfig")
    assert result.exit_code == 0
    assert "Contact name          Ana\n" in result.stdout
    assert "Webhook URL           (none)\n" in result.stdout
    assert "Webhooks              enabled\n" in result.stdout
    assert "Webhook events        past_segment.entered, past_segment.left\n" in result.stdout
    assert "Webhook causes        (none)\n" in result.stdout


def test_event_types_are_a_table(shell: Shell, server: OctyServer) -> None:
    server.event_types = [
        {"event_type_id": f"t{n}", "event_type": "view" * n, "event_properties": ["a", "b"], "created_at": "now"}
        for n in (1, 20)
    ]
    result = shell.run("get", "eventtypes")
    assert result.exit_code == 0
    wide = "view" * 20  # elsewhere than on a terminal nothing is cut
    assert result.stdout.splitlines() == [
        f"{'EVENT TYPE':<80}  PROPERTIES  CREATED AT  ID",
        f"{'view':<80}  a, b        now         t1",
        f"{wide}  a, b        now         t20",
        "Found a total of 2 event types",
    ]


def test_an_event_type_is_described(shell: Shell, server: OctyServer) -> None:
    server.event_types = [{"event_type_id": "t1", "event_type": "view", "event_properties": ["a", "b"]}]
    for name in ("view", "t1"):
        lines = shell.run("describe", "eventtype", name).stdout.splitlines()
        assert lines == ["Event type ID: t1", "Event type: view", "Event properties: a, b", "Created at: (none)"]
    result = shell.run("describe", "eventtype", "look")
    assert (result.exit_code, result.stderr) == (1, 'There is no event type with the name or id "look".\n')


def test_a_segment_that_is_pending_deletion_shows_until_when_and_who_uses_it(shell: Shell, server: OctyServer) -> None:
    server.segments = [
        SEGMENT
        | {
            "segment_status": "pending deletion",
            "delete_requested_at": "Wed, 19 May 2021 17:26:45 GMT",
            "purge_at": "Sat, 22 May 2021 17:26:45 GMT",
            "dependants": {"training_jobs": ["job_3"], "models": ["job_1", "job_2"]},
        }
    ]
    heading, row, _ = shell.run("get", "segments").stdout.splitlines()
    assert row[heading.index("PURGE AT") :].startswith("Sat, 22 May 2021 17:26:45 GMT  1,234")
    lines = shell.run("describe", "segment", "abandoned").stdout.splitlines()
    assert lines[-7:] == [
        "Segment status: pending deletion",
        "Delete requested at: Wed, 19 May 2021 17:26:45 GMT",
        "Purge at the latest at: Sat, 22 May 2021 17:26:45 GMT",
        "Profile count: 1,234",
        "Training jobs in flight: job_3",
        "Models trained with it: job_1, job_2",
        "Created at: Tue, 18 May 2021 17:26:45 GMT",
    ]


def test_a_purged_segment_is_its_receipt(shell: Shell, server: OctyServer) -> None:
    times = {name: f"{name} then" for name in ("created_at", "delete_requested_at", "purged_at", "recorded_at")}
    receipt = {
        "receipt_id": "r1",
        "segment_id": "s1",
        "segment_name": "abandoned",
        "segment_type": "live",
        "segment_sub_type": 2,
        **times,
        "cause": "training",
        "training_job_id": "job_3",
        "models": ["job_1"],
        "tags_removed": 1234,
        "tags_sha256": "e3b0",
    }
    page = Answer(200, {"request_meta": {"total": 1}, "receipts": [receipt]})
    server.answers("/v1/retention/segments/receipts", page, page, page)
    heading, row, total = shell.run("get", "receipts", "s1").stdout.splitlines()
    assert " ".join(heading.split()) == "SEGMENT REQUESTED AT PURGED AT CAUSE TAGS REMOVED SEGMENT ID ID"
    assert " ".join(row.split()) == "abandoned delete_requested_at then purged_at then training job_3 1,234 s1 r1"
    assert total == "Found a total of 1 receipt"
    assert json.loads(shell.run("get", "receipts", "-o", "json").stdout)[0]["tags_sha256"] == "e3b0"
    lines = shell.run("describe", "segment", "abandoned").stdout.splitlines()
    assert lines[6:] == [
        "Purged at: purged_at then",
        "Cause: training job_3",
        "Models trained with it: job_1",
        "Tags removed: 1,234",
        "SHA-256 of the tags: e3b0",
    ]


def test_a_segment_is_described_with_its_sequence_and_its_count(shell: Shell, server: OctyServer) -> None:
    server.segments = [SEGMENT]
    result = shell.run("describe", "segment", "abandoned")
    assert result.exit_code == 0
    assert "Event 1: action view where no = false, within 60 minutes\n" in result.stdout
    assert "Event 2: inaction charged\n" in result.stdout
    assert "Segment status: active\nProfile count: 1,234\n" in result.stdout


def test_profiles_show_their_tags(shell: Shell, server: OctyServer) -> None:  # G1
    tags = [{"segment_tag": "abandoned", "created_at": "Tue, 18 May 2021 17:26:45 GMT"}, {"segment_tag": "loyal"}]
    server.profiles = [profile(1) | {"profile_data": {"age": 25, "gone": None}, "segment_tags": tags}]
    result = shell.run("get", "profiles", "c1")
    assert result.exit_code == 0
    assert result.stdout.splitlines()[:2] == [
        "CUSTOMER  CHARGED  SEGMENT TAGS      PROFILE DATA           ID",
        "c1        no       abandoned, loyal  age = 25, gone = null  profile_1",
    ]


def test_ids_only_for_scripts(shell: Shell, server: OctyServer) -> None:
    server.segments = [SEGMENT, SEGMENT | {"segment_id": "s2"}]
    assert shell.run("get", "segments", "--ids").stdout == "s1\ns2\n"


def test_nothing_there_is_no_failure(shell: Shell) -> None:
    result = shell.run("get", "segments")
    assert (result.exit_code, result.stdout) == (0, "Found a total of 0 segments\n")


def test_every_page_is_asked_for(shell: Shell, server: OctyServer) -> None:
    server.page_rows_max = 100
    server.profiles = [profile(number) for number in range(250)]
    result = shell.run("get", "profiles", "--ids")
    assert result.stdout.splitlines() == [f"profile_{number}" for number in range(250)]
    assert [request.headers["cursor"] for request in server.requests] == ["0", "100", "200"]


def test_many_ids_are_asked_for_by_the_hundred(shell: Shell, server: OctyServer) -> None:
    server.profiles = [profile(number) for number in range(250)]
    result = shell.run("get", "profiles", "--ids", *(f"c{number}" for number in range(250)))
    assert len(result.stdout.splitlines()) == 250
    assert [request.query["ids"][0].count(",") + 1 for request in server.requests] == [100, 100, 50]


def test_an_id_that_is_not_there_fails(shell: Shell, server: OctyServer) -> None:
    server.segments = [SEGMENT]
    result = shell.run("get", "segments", "s1", "a&b#c d")
    assert result.exit_code == 1
    assert result.stdout.endswith("Found a total of 1 segment\n")
    assert result.stderr == "No segment found with ID: a&b#c d\n"


def test_profiles_in_a_segment_are_asked_for_by_its_name(shell: Shell, server: OctyServer) -> None:
    server.answers("/v1/retention/profiles", refusal("segment_tag: expected a segment's name"))
    result = shell.run("get", "profiles", "--tag", "lapsed buyers")
    assert result.exit_code == 1
    assert result.stderr == "segment_tag: expected a segment's name\n"
    assert server.requests[0].query == {"segment_tag": ["lapsed buyers"]}


@pytest.mark.parametrize(
    ("kind", "path", "key", "noun"),
    [
        ("eventtypes", "/v1/retention/events/types/delete", "event_type_ids", "event type"),
        ("segments", "/v1/retention/segments/delete", "segments", "segment"),
    ],
)
def test_deleting_tells_of_each(shell: Shell, server: OctyServer, kind: str, path: str, key: str, noun: str) -> None:
    result = shell.run("delete", kind, "a", "b", "a")
    assert result.exit_code == 0
    told = [f"Deleted {noun} with ID: a", f"Deleted {noun} with ID: b", f"Deleted a total of 2 {noun}s"]
    assert result.stdout.splitlines()[:3] == told
    assert ("72 hours" in result.stdout) == (kind == "segments")  # X1, X2
    assert server.sent_to(path)[0].body == {key: ["a", "b"]}


def test_what_cannot_be_deleted_fails(shell: Shell, server: OctyServer) -> None:  # E7
    failed = [{"event_type_id": "b", "error_message": 'the segment "loyal" uses it', "index": 1}]
    answer = {"deleted_event_types": [{"event_type_id": "a"}], "failed_to_delete": failed}
    server.answers("/v1/retention/events/types/delete", Answer(200, answer))
    result = shell.run("delete", "eventtypes", "a", "b")
    assert result.exit_code == 1
    assert result.stdout == "Deleted event type with ID: a\nDeleted a total of 1 event type\n"
    assert result.stderr == 'Failed to delete event type with ID: b: the segment "loyal" uses it\n'


def test_when_nothing_could_be_deleted_each_is_told_of(shell: Shell, server: OctyServer) -> None:
    errors = [{"error_message": "not there", "index": 0}, {"error_message": "not there", "index": 1}]
    server.answers("/v1/retention/segments/delete", refusal(*errors))
    result = shell.run("delete", "segments", "a", "b")
    assert result.exit_code == 1
    assert result.stderr.splitlines() == [f"Failed to delete segment with ID: {one}: not there" for one in "ab"]


def test_what_a_terminal_would_obey_is_shown_and_not_sent_to_it(shell: Shell, server: OctyServer) -> None:
    server.segments = [SEGMENT | {"segment_name": "a\x1b[2J\x07\u202eb[red]c\n\u009b31m"}]
    result = shell.run("get", "segments")
    assert r"a\u001b[2J\u0007\u202eb[red]c\u000a\u009b31m" in result.stdout


def test_segments_are_restored_and_what_cannot_be_is_told(shell: Shell, server: OctyServer) -> None:
    failure = {"segment_id": "s2", "error_message": "it is purged", "index": 1}
    answer = {"request_meta": {}, "restored_segments": [{"segment_id": "s1"}], "failed_to_restore": [failure]}
    server.answers("/v1/retention/segments/restore", Answer(200, answer))
    result = shell.run("restore", "segments", "s1", "s2")
    assert result.exit_code == 1
    assert result.stdout.splitlines() == ["Restored segment with ID: s1", "Restored a total of 1 segment"]
    assert result.stderr == "Failed to restore segment with ID: s2: it is purged\n"
    assert server.sent_to("/v1/retention/segments/restore")[0].body == {"segments": ["s1", "s2"]}

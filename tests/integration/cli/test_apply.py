"""`octy-cli apply`: a file is judged whole, and only then sent."""

import pytest
from typer.testing import Result

from tests.integration.cli.conftest import Shell
from tests.integration.cli.octy_server import Answer, OctyServer, refusal

ACCOUNT = """\
kind: accountConfigurations
configurations:
  contactName: Ana
  contactSurname: No
  contactEmail: ana@example.com
  webhookURL: https://shop.example.com/octy
"""
ALGORITHMS = """\
kind: algorithmConfigurations
configurations:
- algorithmName: rec
  configurations: {recommendInteractedItems: true, itemIDStopList: [7], profileFeatures: [age]}
- algorithmName: churn
  configurations: {profileFeatures: [age]}
"""
EVENT_TYPES = """\
kind: eventTypes
eventTypeDefinitions:
- eventType: view
  eventProperties: [item_id, no, 5]
- eventType: search
  eventProperties: []
"""
SEGMENTS = """\
kind: segments
segmentDefinitions:
- segmentName: abandoned checkout
  segmentType: live
  segmentSubtype: 2
  eventSequence:
  - eventType: checkout
    expTimeframe: 60
    actionInaction: action
    eventProperties:
      cart.size: 3
  - eventType: charged
    actionInaction: inaction
- segmentName: loyal
  segmentType: past
  segmentSubtype: 3
  segmentTimeframe: 30
  eventSequence:
  - eventType: charged
    actionInaction: action
  profilePropertyName: age
  profilePropertyValue: 25
"""
CHECKOUT = {"event_type_id": "t1", "event_type": "checkout", "event_properties": ["cart.size"]}
"""What SEGMENTS asks for."""
CREATE_SEGMENT = "/v1/retention/segments/create"
CREATE_EVENT_TYPES = "/v1/retention/events/types/create"
SET_ACCOUNT = "/v1/configurations/account/set"


def done(result: Result) -> list[str]:
    """What was told after the plan."""
    lines = result.stdout.splitlines()
    return lines[[line.startswith("Plan: ") for line in lines].index(True) + 1 :]


def test_the_account_is_configured(shell: Shell, server: OctyServer) -> None:
    shell.file("account.yml", ACCOUNT)
    result = shell.run("apply", "-f", "account.yml", "--yes")
    assert result.exit_code == 0
    assert server.sent_to(SET_ACCOUNT)[0].body == {
        "contact_name": "Ana",
        "contact_surname": "No",  # a name, and no boolean
        "contact_email_address": "ana@example.com",
        "webhook_url": "https://shop.example.com/octy",
        "authenticated_id_key": "",
    }


def test_what_the_account_is_told_of_is_sent_where_the_file_says_it(shell: Shell, server: OctyServer) -> None:
    events = "  webhookEvents: [live_segment.matched, past_segment.left]\n  webhookCauses: [elapsed time]\n"
    bounds = "  webhooksPerMinute: 60\n  webhookBreakerShare: 0.25\n"
    shell.file("account.yml", ACCOUNT + events + bounds)
    result = shell.run("apply", "-f", "account.yml", "--yes")
    assert result.exit_code == 0
    body = server.sent_to(SET_ACCOUNT)[0].body
    assert body["webhook_events"] == ["live_segment.matched", "past_segment.left"]
    assert body["webhook_causes"] == ["elapsed time"]
    assert (body["webhooks_per_minute"], body["webhook_breaker_share"]) == (60, 0.25)
    assert "webhookEvents       live_segment.matched, past_segment.left" in result.output


def test_a_choice_that_the_server_refuses_is_shown_at_its_place(shell: Shell, server: OctyServer) -> None:
    shell.file("account.yml", ACCOUNT + "  webhookEvents: [live_segment.matched, past_segment.left]\n")
    line = {"error_message": "webhook_events[1]: expected rain to stop", "path": "webhook_events[1]"}
    server.answers(SET_ACCOUNT, refusal(line))
    result = shell.run("apply", "-f", "account.yml", "--yes")
    assert result.exit_code == 1
    assert "account.yml:7:41: webhookEvents[1]: expected rain to stop" in result.output


@pytest.mark.parametrize("command", ["apply", "validate"])
@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("webhooksPerMinute: many", '3: {}webhooksPerMinute: expected an integer from 0 to 1000000; found "many"'),
        ("webhooksPerMinute: 1000001", "3: {}webhooksPerMinute: expected an integer from 0 to 1000000; found 1000001"),
        ("webhooksPerMinute: 0.5", "3: {}webhooksPerMinute: expected an integer from 0 to 1000000; found 0.5"),
        ("webhookBreakerShare: much", '3: {}webhookBreakerShare: expected a number from 0 to 1; found "much"'),
        ("webhookBreakerShare: 1.5", "3: {}webhookBreakerShare: expected a number from 0 to 1; found 1.5"),
        ("webhookBreakerShare: -0.1", "3: {}webhookBreakerShare: expected a number from 0 to 1; found -0.1"),
        ("webhookBreakerShare: true", "3: {}webhookBreakerShare: expected a number from 0 to 1; found true"),
        ("webhookCauses: event", '3: {}webhookCauses: expected a list; found "event"'),
        (
            "webhookCauses: [event, event]",
            '26: {}webhookCauses[1]: expected each of them once; found "event" once more',
        ),
        ("webhookCauses: [rain]", "19: {}webhookCauses[0]: expected one of event, elapsed time, property change, "),
        ("webhookEvents: [segment.digest]", "19: {}webhookEvents[0]: expected one of live_segment.matched, "),
        ("webhookEvents: [[]]", "19: {}webhookEvents[0]: expected one of live_segment.matched, "),
    ],
)
def test_what_no_account_can_be_told_is_refused_at_its_place(
    shell: Shell, server: OctyServer, command: str, line: str, complaint: str
) -> None:
    shell.file("account.yml", f"{ACCOUNT}  {line}\n")
    result = shell.run(command, "-f", "account.yml")
    assert result.exit_code == 1
    assert result.stderr.startswith(f"account.yml:7:{complaint.format('configurations.')}")
    assert result.stderr.count("\n") == 1
    assert server.requests == []


def test_the_plan_shows_and_compares_only_what_the_file_says(shell: Shell, server: OctyServer) -> None:
    shell.file("account.yml", ACCOUNT)
    shell.run("apply", "-f", "account.yml", "--yes")
    server.account |= {
        "webhook_events": ["past_segment.left", "live_segment.matched"],
        "webhook_causes": ["backfill"],
        "webhooks_per_minute": 60,
        "webhook_breaker_share": 0.25,
        "retention_days": 90,
    }
    nothing = "Nothing to change: 1 account configuration as the files say.\n"
    assert shell.run("apply", "-f", "account.yml").stdout == nothing  # it says none of them
    events = "  webhookEvents: [live_segment.matched, past_segment.left]\n"
    shell.file("account.yml", f"{ACCOUNT}{events}")
    assert shell.run("apply", "-f", "account.yml").stdout == nothing  # in another order
    shell.file("account.yml", f"{ACCOUNT}{events}  retentionDays: 30\n")
    planned = shell.run("apply", "-f", "account.yml", "--dry-run").stdout.splitlines()
    assert [line.strip() for line in planned if " -> " in line] == ["retentionDays: 90 -> 30"]
    shell.run("apply", "-f", "account.yml", "--yes")
    sent = server.sent_to(SET_ACCOUNT)[-1].body
    assert sent["retention_days"] == 30
    assert sent.keys() & {"webhook_causes", "webhooks_per_minute", "webhook_breaker_share"} == set()


@pytest.mark.parametrize("days", [0, 90])
def test_how_long_events_are_kept_is_sent_where_the_file_says_so(shell: Shell, server: OctyServer, days: int) -> None:
    shell.file("account.yml", f"{ACCOUNT.rstrip()}\n  retentionDays: {days}\n")
    result = shell.run("apply", "-f", "account.yml", "--yes")
    assert result.exit_code == 0
    assert server.sent_to(SET_ACCOUNT)[0].body["retention_days"] == days
    assert f"  retentionDays       {days or '(for ever)'}\n" in result.stdout


@pytest.mark.parametrize("days", ["-1", "36501", "ninety", "1.5", "true"])
def test_a_number_of_days_that_is_none_is_refused(shell: Shell, server: OctyServer, days: str) -> None:
    shell.file("account.yml", f"{ACCOUNT.rstrip()}\n  retentionDays: {days}\n")
    result = shell.run("apply", "-f", "account.yml")
    assert result.exit_code == 1
    assert "configurations.retentionDays: expected an integer from 0 to 36500; found" in result.stderr
    assert server.sent_to(SET_ACCOUNT) == []


def test_what_the_server_says_of_the_account_is_placed(shell: Shell, server: OctyServer) -> None:
    problem = {"error_message": "webhook_url: expected a public address; found 10.0.0.1", "path": "webhook_url"}
    server.answers(SET_ACCOUNT, refusal(problem))
    shell.file("account.yml", ACCOUNT)
    result = shell.run("apply", "-f", "account.yml", "--yes")
    assert result.exit_code == 1
    assert result.stderr == "account.yml:6:3: webhookURL: expected a public address; found 10.0.0.1\n"


def test_missing_keys_are_named_as_the_yaml_file_writes_them(shell: Shell, server: OctyServer) -> None:
    shell.file("account.yml", "kind: accountConfigurations\nconfigurations:\n  contactName: Ana\n  webhookUrl: x\n")
    result = shell.run("apply", "-f", "account.yml", "--yes")
    assert result.exit_code == 1
    assert result.stderr.splitlines() == [
        f'account.yml:2:1: configurations.{key}: expected a text, or "" for none; found nothing'
        for key in ("contactSurname", "contactEmail", "webhookURL")
    ]
    assert server.requests == []


def test_an_address_that_is_none_is_refused_before_anything_is_sent(shell: Shell, server: OctyServer) -> None:
    shell.file("account.yml", ACCOUNT.replace("ana@example.com", "ana").replace("https://", ""))
    result = shell.run("apply", "-f", "account.yml", "--yes")
    assert result.exit_code == 1
    assert result.stderr.splitlines() == [
        'account.yml:5:3: configurations.contactEmail: expected an email address; found "ana"',
        "account.yml:6:3: configurations.webhookURL: expected a URL such as https://example.com/octy; "
        'found "shop.example.com/octy"',
    ]
    assert server.requests == []


def test_an_unknown_key_is_ignored_with_a_word(shell: Shell) -> None:  # wire.md 5
    shell.file("account.yml", ACCOUNT + "  authenticatedIdKey: id\n")
    result = shell.run("apply", "-f", "account.yml", "--yes")
    assert result.exit_code == 0
    assert result.stderr.startswith('account.yml:7:3: warning: "authenticatedIdKey" is ignored; known are contactName')


def test_algorithms_are_configured_one_by_one(shell: Shell, server: OctyServer) -> None:
    shell.file("algorithms.yml", ALGORITHMS)
    path = "/v1/configurations/retention/algorithms/set"
    server.answers(path, Answer(202, {}), refusal("Churn prediction is not part of this server."))
    result = shell.run("apply", "-f", "algorithms.yml", "--yes")
    assert result.exit_code == 1
    assert done(result) == ["Set the configuration of the algorithm 'rec'."]
    assert result.stderr == "algorithms.yml:5:3: Churn prediction is not part of this server.\n"
    assert server.sent_to(path)[0].body == {
        "algorithm_name": "rec",
        "configurations": {
            "recommend_interacted_items": True,
            "item_id_stop_list": ["7"],
            "profile_features": ["age"],
        },
    }


def test_an_algorithm_that_is_configured_so_already_is_no_change(shell: Shell, server: OctyServer) -> None:
    churn = {"recommend_interacted_items": None, "profile_features": ["age"]}
    stopped = {"item_id_stop_list": [{"item_id": "7"}], "recommend_interacted_items": True, "profile_features": ["age"]}
    known = [
        {"algorithm_name": "churn", "configurations": churn},
        {"algorithm_name": "rec", "configurations": stopped},
    ]
    server.answers("/v1/configurations/retention/algorithms", Answer(200, {"configurations": known}))
    shell.file("algorithms.yml", ALGORITHMS)
    result = shell.run("apply", "-f", "algorithms.yml")
    assert (result.exit_code, result.stdout) == (0, "Nothing to change: 2 algorithms as the files say.\n")


def test_an_algorithm_that_differs_is_shown_in_the_words_of_the_file(shell: Shell, server: OctyServer) -> None:
    known = [{"algorithm_name": "churn", "configurations": {"profile_features": ["plan", "age"]}}]
    server.answers("/v1/configurations/retention/algorithms", Answer(200, {"configurations": known}))
    shell.file("algorithms.yml", ALGORITHMS)
    result = shell.run("apply", "-f", "algorithms.yml", "--dry-run")
    assert result.stdout.splitlines() == [
        "  + algorithm  rec",
        "  ~ algorithm  churn",
        '      configurations.profileFeatures: - "plan"',
        "Plan: 1 to create, 1 to change, 0 to delete.",
    ]


def test_an_algorithm_that_only_the_server_knows_is_shown_whole(shell: Shell, server: OctyServer) -> None:
    known = [{"algorithm_name": "ltv", "configurations": {"profile_features": ["age"]}}]
    server.answers("/v1/configurations/retention/algorithms", Answer(200, {"configurations": known}))
    result = shell.run("get", "algorithmconfig", "-o", "yaml")
    assert result.exit_code == 0
    assert "algorithmName: ltv" in result.stdout


def test_an_algorithm_is_configured_once(shell: Shell, server: OctyServer) -> None:
    shell.file("algorithms.yml", ALGORITHMS + "- algorithmName: churn\n  configurations: {profileFeatures: []}\n")
    result = shell.run("apply", "-f", "algorithms.yml", "--yes")
    assert result.exit_code == 1
    expected = "the algorithm 'churn' was configured before, at algorithms.yml:5:3"
    assert result.stderr == f"algorithms.yml:7:3: {expected}\n"
    assert server.requests == []


def test_an_account_that_says_nothing_of_itself_can_be_applied(shell: Shell, server: OctyServer) -> None:
    shell.file("account.yml", shell.run("get", "accountconfig", "-o", "yaml").stdout)
    result = shell.run("apply", "-f", "account.yml", "--yes")
    assert (result.exit_code, result.stdout) == (
        0,
        "Nothing to change: 1 account configuration as the files say.\n",
    )
    server.account |= {"contact_name": "Ana", "webhook_url": "https://shop.example.com/octy"}
    result = shell.run("apply", "-f", "account.yml", "--yes")
    assert result.exit_code == 0
    assert server.sent_to(SET_ACCOUNT)[0].body["webhook_url"] == ""


def test_what_churn_is_and_when_it_is_learnt_stands_in_a_file(shell: Shell, server: OctyServer) -> None:
    text = "  configurations: {profileFeatures: [age], eventType: visit, horizonDays: 60, trainingEveryDays: 7}\n"
    head = "kind: algorithmConfigurations\nconfigurations:\n- algorithmName: churn\n"
    shell.file("churn.yml", head + text)
    assert shell.run("apply", "-f", "churn.yml", "--yes").exit_code == 0
    (sent,) = server.sent_to("/v1/configurations/retention/algorithms/set")
    given = {"event_type": "visit", "horizon_days": 60, "training_every_days": 7, "profile_features": ["age"]}
    assert sent.body["configurations"].items() >= given.items()
    shell.file("churn.yml", head + text.replace("60", "0"))
    said = "churn.yml:4:62: configurations[0].configurations.horizonDays: expected an integer from 1 to 365; found 0"
    assert said in shell.run("validate", "-f", "churn.yml").stderr


def test_event_types_are_created_in_one_request(shell: Shell, server: OctyServer) -> None:
    shell.file("types.yml", EVENT_TYPES)
    result = shell.run("apply", "-f", "types.yml", "--yes")
    assert result.exit_code == 0
    assert done(result) == [
        "Created event type: 'view' with ID: custom_event_type_1",
        "Created event type: 'search' with ID: custom_event_type_2",
        "Created a total of 2 event types",
    ]
    assert [request.body for request in server.sent_to(CREATE_EVENT_TYPES)] == [
        {
            "event_types": [
                {"event_type": "view", "event_properties": ["item_id", "no", "5"]},
                {"event_type": "search", "event_properties": []},
            ]
        }
    ]


def test_an_event_type_that_is_refused_is_shown_with_its_place(shell: Shell, server: OctyServer) -> None:
    created = [{"event_type_id": "1", "event_type": "view", "event_properties": []}]
    failed = [{"event_type": "search", "error_message": "the name is taken", "index": 1}]
    server.answers(CREATE_EVENT_TYPES, Answer(201, {"event_types": created, "failed_to_create": failed}))
    shell.file("types.yml", EVENT_TYPES)
    result = shell.run("apply", "-f", "types.yml", "--yes")
    assert result.exit_code == 1
    assert result.stderr == "types.yml:5:3: Failed to create event type 'search': the name is taken\n"


def test_event_types_that_all_fail_are_each_shown_with_their_place(shell: Shell, server: OctyServer) -> None:
    server.answers(CREATE_EVENT_TYPES, refusal({"error_message": "a", "index": 0}, {"error_message": "b", "index": 1}))
    shell.file("types.yml", EVENT_TYPES)
    result = shell.run("apply", "-f", "types.yml", "--yes")
    assert result.exit_code == 1
    assert done(result) == ["Created a total of 0 event types"]
    assert result.stderr.splitlines() == [
        "types.yml:3:3: Failed to create event type 'view': a",
        "types.yml:5:3: Failed to create event type 'search': b",
    ]


@pytest.mark.parametrize(
    ("definition", "complaint"),
    [
        (
            "{eventType: charged, eventProperties: []}",
            "3:4: eventTypeDefinitions[0].eventType: expected a name that",
        ),
        ("{eventProperties: []}", "3:3: eventTypeDefinitions[0].eventType: expected a text; found nothing"),
        ("{eventType: a}", "3:3: eventTypeDefinitions[0].eventProperties: expected a list; found nothing"),
        ("{eventType: a, eventProperties: [[]]}", "eventTypeDefinitions[0].eventProperties[0]: expected a text"),
        ("view", '3:3: eventTypeDefinitions[0]: expected an object; found "view"'),
    ],
)
def test_a_wrong_event_type_is_refused_before_anything_is_sent(
    shell: Shell, server: OctyServer, definition: str, complaint: str
) -> None:
    shell.file("types.yml", f"kind: eventTypes\neventTypeDefinitions:\n- {definition}\n")
    result = shell.run("apply", "-f", "types.yml", "--yes")
    assert result.exit_code == 1
    assert complaint in result.stderr
    assert server.requests == []


def test_segments_are_created_one_by_one_in_the_wires_form(shell: Shell, server: OctyServer) -> None:
    server.event_types = [CHECKOUT]
    shell.file("segments.yml", SEGMENTS)
    result = shell.run("apply", "-f", "segments.yml", "--yes")
    assert result.exit_code == 0
    assert done(result) == [
        "Created segment: 'abandoned checkout' with ID: segment_1",
        "Created segment: 'loyal' with ID: segment_2",
        "Created a total of 2 segments",
    ]
    first, second = (request.body for request in server.sent_to(CREATE_SEGMENT))
    assert first == {
        "segment_name": "abandoned checkout",
        "segment_type": "live",
        "segment_sub_type": 2,
        "segment_timeframe": 0,
        "event_sequence": [
            {
                "event_type": "checkout",
                "exp_timeframe": 60,
                "action_inaction": "action",
                "event_properties": {"cart.size": 3},
            },
            {"event_type": "charged", "exp_timeframe": 0, "action_inaction": "inaction", "event_properties": None},
        ],
    }
    assert second["profile_property_name"] == "age"
    assert second["profile_property_value"] == "25"


def test_every_violation_of_every_definition_is_told_with_its_place(shell: Shell, server: OctyServer) -> None:  # D10
    wrong = SEGMENTS.replace("expTimeframe: 60", "expTimeframe: 3").replace(
        "segmentTimeframe: 30", 'segmentColour: "5"'
    )
    shell.file("segments.yml", wrong)
    result = shell.run("apply", "-f", "segments.yml", "--yes")
    assert result.exit_code == 1
    assert server.requests == []
    places = [line.split(": expected")[0] for line in result.stderr.splitlines()]
    assert places == [
        "segments.yml:8:5: D7 segmentDefinitions[0].eventSequence[0].expTimeframe",
        "segments.yml:17:3: D11 segmentDefinitions[1].segmentColour",
        "segments.yml:14:3: D2 segmentDefinitions[1].segmentTimeframe",  # missing, so its parent's place
    ]


def test_a_name_given_twice_in_the_file_is_refused(shell: Shell, server: OctyServer) -> None:  # D1
    shell.file("segments.yml", SEGMENTS.replace("loyal", "abandoned checkout"))
    result = shell.run("apply", "-f", "segments.yml", "--yes")
    assert result.exit_code == 1
    assert result.stderr.startswith("segments.yml:14:3: D1 segmentDefinitions[1].segmentName: expected a name that no")
    assert server.requests == []


def test_what_only_the_server_can_judge_is_placed_too(shell: Shell, server: OctyServer) -> None:  # D1, D9
    server.event_types = [CHECKOUT]
    unknown = {
        "error_message": "D9 event_sequence[0].event_properties.cart.size: expected one of …; found …",
        "rule": "D9",
        "path": "event_sequence[0].event_properties.cart.size",
        "found": '"cart.size"',
        "wanted": 'one of the properties of "checkout": total',
    }
    server.answers(CREATE_SEGMENT, refusal(unknown))
    shell.file("segments.yml", SEGMENTS)
    result = shell.run("apply", "-f", "segments.yml", "--yes")
    assert result.exit_code == 1
    assert result.stdout.splitlines()[-1] == "Created a total of 1 segment"  # the other one
    assert result.stderr == (
        "segments.yml:11:7: Failed to create segment 'abandoned checkout': "
        "D9 segmentDefinitions[0].eventSequence[0].eventProperties.cart.size: "
        'expected one of the properties of "checkout": total; found "cart.size"\n'
    )


def test_a_refusal_in_words_alone_is_shown_at_its_definition(shell: Shell, server: OctyServer) -> None:
    server.event_types = [CHECKOUT]
    server.answers(CREATE_SEGMENT, refusal("No more than 100 segments."))
    shell.file("segments.yml", SEGMENTS)
    result = shell.run("apply", "-f", "segments.yml", "--yes")
    expected = "segments.yml:3:3: Failed to create segment 'abandoned checkout': No more than 100 segments.\n"
    assert result.stderr == expected


def test_warnings_are_shown_and_are_no_failure(shell: Shell, server: OctyServer) -> None:  # D9
    server.event_types = [CHECKOUT]
    answer = {"segment_id": "s", "segment_name": "abandoned checkout", "warnings": ["event type is not there yet"]}
    server.answers(CREATE_SEGMENT, Answer(201, answer))
    shell.file("segments.yml", SEGMENTS)
    result = shell.run("apply", "-f", "segments.yml", "--yes")
    assert result.exit_code == 0
    assert result.stderr == "segments.yml:3:3: warning: event type is not there yet\n"


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("", "f.yml:1:1: the key 'kind' is missing: one of accountConfigurations, "),
        ("- a\n", "f.yml:1:1: the key 'kind' is missing"),
        ("kind: segment\n", "f.yml:1:1: kind: expected one of accountConfigurations, algorithmConfigurations"),
        ("kind: [segments]\n", "found a list"),
        ("kind: templates\n", "f.yml:1:1: templates belong to Octy's messaging"),
        ("kind: segments\n", "f.yml:1:1: segmentDefinitions: expected a list of at least one element; found nothing"),
        ("kind: segments\nsegmentDefinitions: []\n", "f.yml:2:1: segmentDefinitions: expected a list of at least one"),
        (
            "kind: segments\nsegmentDefinitions: [5]\n",
            "f.yml:2:22: D11 segmentDefinitions[0]: expected an object",
        ),
        ("kind: &a segments\n", "f.yml:1:7: anchors and aliases"),
        ("kind: segments\n\tsegmentDefinitions: []\n", "f.yml:2:1: found a tab"),
    ],
)
def test_a_file_that_is_none_of_ours_is_refused_with_its_place(
    shell: Shell, server: OctyServer, content: str, complaint: str
) -> None:
    shell.file("f.yml", content)
    result = shell.run("apply", "-f", "f.yml", "--yes")
    assert result.exit_code == 1
    assert complaint in result.stderr
    assert server.requests == []

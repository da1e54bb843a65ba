"""Every statement of the HTTP contract that was seen with, or read in, the public clients: which test holds it here?

The sections are those of the contract, `wire.md`. A statement is held by tests, or is not about this server, and then
says why. Tests of other folders are named with their module.
"""

from typing import NamedTuple

CLIENT = "what a client does by itself: no request or answer shows it"
NEIGHBOUR = "of a neighbouring product; here it is refused, which 3.6 to 3.8 and 3.12 below hold"
NO_MERGING = "profiles are merged by a neighbouring product: here nobody ever was, which the plain state shows"

_IN_PROCESS = "tests.integration.http"


class Held(NamedTuple):
    """A statement that tests hold."""

    section: str
    statement: str
    tests: tuple[str, ...]


class NotHere(NamedTuple):
    """A statement that is not about this server."""

    section: str
    statement: str
    reason: str


EVERY_ERROR = (
    "test_every_error::test_a_wrong_method",
    "test_every_error::test_an_unknown_address",
    "test_every_error::test_wrong_keys",
    "test_every_error::test_a_body_that_no_address_takes",
    "test_every_error::test_fields_of_wrong_types_and_missing_fields",
    "test_every_error::test_wrong_parameters",
    f"{_IN_PROCESS}.test_every_route::test_our_own_faults_are_500_and_tell_nothing",
    f"{_IN_PROCESS}.test_application::test_a_server_that_has_not_started_answers_nothing_but_how_it_is",
    "tests.acceptance.test_bad_http::test_what_is_no_http_is_400_in_the_error_shape",
)

HELD = (
    Held(
        "0.1",
        "Authorization is taken bare and after Basic",
        (
            "test_transport::test_the_go_clients_authorize_with_bare_base64",
            "test_transport::test_the_script_authorizes_with_basic",
        ),
    ),
    Held(
        "0.2",
        "versioning answers without Authorization, and its errors have lines",
        (
            "test_application::test_the_public_client_takes_this_server_for_up_to_date",
            "test_application::test_another_application_is_refused_in_a_way_that_lets_commands_go_on",
            "test_transport::test_what_needs_no_keys_is_not_refused_for_wrong_ones",
        ),
    ),
    Held("0.3", "every 4xx has an integer `error.code` and lines in `error.errors`", EVERY_ERROR),
    Held("0.4", "`error.code` is 400, 401, 422 or 500, whatever the status", EVERY_ERROR),
    Held(
        "0.5",
        "get, delete and set are 200, create is 201, update is 200",
        (
            "test_accounts::test_keys_that_fit_are_200",
            "test_accounts::test_the_account_is_read_as_it_was_set",
            "test_accounts::test_algorithms_are_set_one_by_one_and_read_together",
            "test_event_types_and_segments::test_event_types_are_deleted_at_once",
            "test_event_types_and_segments::test_a_segment_is_answered_at_top_level",
            "test_event_types_and_segments::test_segments_are_deleted_with_200_under_the_key_segments",
            "test_profiles::test_a_visit_to_the_demo_shop",
            "test_events_and_items::test_a_file_of_events_is_taken_500_at_a_time",
            "test_events_and_items::test_the_demo_s_items_are_created_and_updated",
        ),
    ),
    Held(
        "0.6",
        "the loop over pages ends, with all rows",
        (
            "test_lists::test_octy_cli_finds_every_event_type",
            "test_lists::test_octy_cli_finds_every_segment",
        ),
    ),
    Held(
        "0.7",
        "a format is flat, with nothing else in it",
        ("test_application::test_a_format_is_flat_and_nothing_else",),
    ),
    Held(
        "0.8",
        "integers are never written as floats, nor strings as numbers",
        (
            "test_event_types_and_segments::test_no_integer_of_a_segment_is_written_as_a_float",
            "test_event_types_and_segments::test_the_value_of_a_profile_s_property_is_a_string",
            "test_events_and_items::test_an_item_s_price_is_an_integer_in_the_answer",
        ),
    ),
    Held(
        "0.9",
        "`item_id_stop_list` is strings when set, objects when read",
        ("test_accounts::test_items_that_are_never_recommended_are_set_as_strings_and_read_as_objects",),
    ),
    Held(
        "0.10",
        "`profiles` and `profiles_meta` are never empty in a success; `rfm_score` is a number or null",
        (
            "test_profiles::test_a_profile_that_is_refused_alone_is_an_error_and_never_an_empty_list",
            "test_profiles::test_nobody_is_found_with_an_error_and_never_with_an_empty_list",
            "test_profiles::test_metadata_of_nobody_is_a_success",
            "test_profiles::test_a_profile_is_found_by_its_customer_id",
        ),
    ),
    Held("1", "Content-Type on a GET without a body", ("test_transport::test_a_get_may_say_that_it_is_json",)),
    Held(
        "1",
        "Go's encoder writes <, > and & as \\u003c, \\u003e, \\u0026",
        ("test_transport::test_characters_that_go_escapes_are_the_characters",),
    ),
    Held("1", "no redirects, not even for a trailing slash", ("test_transport::test_no_address_redirects",)),
    Held("1", "the keys name the account; no path does", ("test_transport::test_the_keys_name_the_account",)),
    Held(
        "1",
        "`request_meta` has four fields of fixed types",
        ("test_transport::test_the_envelope_has_its_four_fields_of_their_types",),
    ),
    Held("1.1", "the error body", EVERY_ERROR),
    Held("1.1", "no message holds `::`, where octy-cli would cut it", EVERY_ERROR),
    Held(
        "1.1",
        "segments/create prints `errors[0]` of any status above 201",
        ("test_event_types_and_segments::test_a_definition_that_breaks_a_rule_is_refused_in_words",),
    ),
    Held(
        "1.1",
        "the script reads `error.reason`",
        (
            "test_profiles::test_the_script_s_filters_find_nobody_before_a_training",
            "test_neighbours::test_the_script_is_told_so_as_well",
        ),
    ),
    Held(
        "1.1",
        "a config set whose errors are empty would count as done",
        ("test_accounts::test_a_refused_configuration_has_errors",),
    ),
    Held(
        "1.2",
        "one bad object does not void a batch; where all fail it is 400 with a line for each",
        (
            "test_event_types_and_segments::test_a_bad_event_type_does_not_void_the_others",
            "test_profiles::test_one_bad_profile_does_not_void_a_batch",
            "test_events_and_items::test_failed_events_are_told_with_what_octy_cli_prints",
            "test_events_and_items::test_a_file_of_profiles_fails_by_rows_that_octy_cli_finds",
            "test_events_and_items::test_a_file_of_items_fails_by_rows_that_octy_cli_finds",
        ),
    ),
    Held(
        "1.3",
        "the header `cursor` is the number of rows; the one that is sent skips so many",
        ("test_lists::test_the_cursor_that_is_answered_is_the_number_of_rows",),
    ),
    Held(
        "1.3",
        "the script reads one page with the cursor 0",
        ("test_lists::test_the_script_reads_one_page_of_profiles_from_the_cursor_0",),
    ),
    Held("1.4", "ids come as `?ids=,a,b`, and in one request", ("test_lists::test_ids_have_a_comma_before_each",)),
    Held("1.4", "a hundred ids at most", ("test_lists::test_a_hundred_ids_are_not_too_many",)),
    Held(
        "1.4",
        "octy-shopify asks by `?id=` for profiles, by `?ids=` for metadata, without a comma",
        ("test_lists::test_the_demo_asks_by_one_id_without_a_comma",),
    ),
    Held("1.4", "unknown ids are left out", ("test_lists::test_unknown_ids_are_left_out_and_are_no_error",)),
    Held("1.5", "answers have RFC 1123 dates as text", ("test_transport::test_dates_are_text_as_rfc_1123_has_them",)),
    Held(
        "1.5",
        "files have times without a zone",
        ("test_events_and_items::test_the_times_of_a_file_are_utc_without_a_zone",),
    ),
    Held(
        "1.5",
        "a single event has no time; the server stamps it",
        ("test_events_and_items::test_an_event_without_a_time_happens_now",),
    ),
    Held(
        "1.6",
        "500 objects in a batch",
        (
            "test_profiles::test_every_profile_of_a_batch_of_500_is_listed",
            "test_events_and_items::test_a_file_of_events_is_taken_500_at_a_time",
        ),
    ),
    Held(
        "1.6",
        "event types come unchunked",
        ("test_event_types_and_segments::test_all_event_types_of_a_file_come_in_one_request",),
    ),
    Held("2", "which addresses need keys", ("test_every_error::test_wrong_keys",)),
    Held(
        "3.1",
        "keys that fit are 200, wrong ones 401",
        (
            "test_accounts::test_keys_that_fit_are_200",
            "test_transport::test_without_right_keys_the_code_in_the_body_is_401_too",
        ),
    ),
    Held(
        "3.2",
        "five fields, set and read",
        (
            "test_accounts::test_the_account_is_read_as_it_was_set",
            "test_accounts::test_an_account_that_was_never_set_is_read",
        ),
    ),
    Held(
        "3.3",
        "one request for each algorithm, all in one answer, under `configurations` twice",
        (
            "test_accounts::test_algorithms_are_set_one_by_one_and_read_together",
            "test_accounts::test_a_second_configuration_replaces_the_first",
            "test_accounts::test_no_algorithm_is_an_empty_list",
            "test_accounts::test_another_account_has_algorithms_of_its_own",
            "test_accounts::test_an_algorithm_that_is_none_is_refused_and_not_kept",
        ),
    ),
    Held(
        "3.4",
        "event types: created, listed, deleted",
        (
            "test_event_types_and_segments::test_event_types_are_answered_with_ids_that_look_like_the_public_ones",
            "test_event_types_and_segments::test_event_types_are_deleted_at_once",
        ),
    ),
    Held(
        "3.4",
        "get shows custom types; system types exist beside them",
        ("test_event_types_and_segments::test_the_system_s_event_types_are_there_without_being_listed",),
    ),
    Held(
        "3.5",
        "a segment's list, its absent property, its typed event properties",
        ("test_event_types_and_segments::test_a_segment_is_listed_as_it_was_sent",),
    ),
    Held(
        "3.5",
        "the answer to a creation has no wrapper",
        ("test_event_types_and_segments::test_a_segment_is_answered_at_top_level",),
    ),
    Held(
        "3.5",
        "segments are deleted under the key `segments`, with 200",
        ("test_event_types_and_segments::test_segments_are_deleted_with_200_under_the_key_segments",),
    ),
    Held(
        "3.6",
        "templates: not part of this server, code 400",
        (
            "test_neighbours::test_octy_cli_asks_for_what_is_not_here",
            "test_neighbours::test_the_go_clients_send_what_is_not_taken_here",
            "test_neighbours::test_the_script_is_told_so_as_well",
        ),
    ),
    Held(
        "3.7",
        "content: not part of this server, code 400",
        ("test_neighbours::test_the_go_clients_send_what_is_not_taken_here",),
    ),
    Held("3.8", "no churn report: 400 with lines", ("test_churn::test_without_a_training_there_is_no_report",)),
    Held("3.8", "the fields of a churn report", ("test_churn::test_octy_cli_can_read_the_report",)),
    Held("3.9", "empty objects are accepted", ("test_profiles::test_empty_objects_are_accepted",)),
    Held(
        "3.9",
        "every created profile is listed, for octy-cli counts them",
        ("test_profiles::test_every_profile_of_a_batch_of_500_is_listed",),
    ),
    Held(
        "3.9",
        "one profile that fails is above 202",
        ("test_profiles::test_a_profile_that_is_refused_alone_is_an_error_and_never_an_empty_list",),
    ),
    Held(
        "3.9",
        "an update sends part of the data, and never that somebody has paid",
        ("test_profiles::test_an_update_merges_and_a_payer_stays_one",),
    ),
    Held(
        "3.9",
        "a profile is found by its customer id, and nobody is no empty list",
        (
            "test_profiles::test_a_profile_is_found_by_its_customer_id",
            "test_profiles::test_nobody_is_found_with_an_error_and_never_with_an_empty_list",
        ),
    ),
    Held("3.9", "metadata: a plain profile", ("test_profiles::test_a_plain_profile_s_metadata",)),
    Held(
        "3.9",
        "metadata: deleted, or never seen",
        (
            "test_profiles::test_metadata_of_nobody_is_a_success",
            "test_profiles::test_metadata_of_a_deleted_profile_is_that_of_nobody",
        ),
    ),
    Held(
        "3.9",
        "metadata: in the order of the request",
        ("test_profiles::test_metadata_is_answered_in_the_order_of_the_ids",),
    ),
    Held("3.9", "the flow that the application relies on", ("test_profiles::test_a_visit_to_the_demo_shop",)),
    Held(
        "3.10",
        "a single event; its id is used",
        ("test_events_and_items::test_an_event_without_a_time_happens_now",),
    ),
    Held(
        "3.10",
        "a charge is not refused for its item",
        ("test_events_and_items::test_a_charge_of_an_item_that_is_not_there_is_stored",),
    ),
    Held(
        "3.10",
        "a batch's events are under `created_events`",
        ("test_events_and_items::test_a_file_of_events_is_taken_500_at_a_time",),
    ),
    Held(
        "3.11",
        "items: prices are integers in answers; created and updated",
        (
            "test_events_and_items::test_an_item_s_price_is_an_integer_in_the_answer",
            "test_events_and_items::test_the_demo_s_items_are_created_and_updated",
        ),
    ),
    Held(
        "3.12",
        "recommendations: not part of this server, code 400",
        ("test_neighbours::test_the_go_clients_send_what_is_not_taken_here",),
    ),
    Held(
        "3.13",
        "the version's name is exact, its id a string",
        ("test_application::test_the_public_client_takes_this_server_for_up_to_date",),
    ),
    Held(
        "3.14",
        "the formats of the three kinds; another kind is 400 with lines",
        (
            "test_application::test_a_format_is_flat_and_nothing_else",
            "test_application::test_an_unknown_format_is_refused_with_a_message",
        ),
    ),
    Held(
        "4",
        "chunks of 500, put together by hand over many lines",
        (
            "test_events_and_items::test_a_file_of_events_is_taken_500_at_a_time",
            "test_events_and_items::test_a_file_of_profiles_fails_by_rows_that_octy_cli_finds",
        ),
    ),
    Held(
        "4",
        "the values of cells: nulls as text, negative integers as text, ids as numbers, prices with a blank",
        (
            "test_events_and_items::test_the_cells_of_a_file_keep_the_types_that_octy_cli_gives_them",
            "test_profiles::test_nulls_of_csv_files_and_mixed_types_are_kept",
            "test_events_and_items::test_an_item_s_price_is_an_integer_in_the_answer",
        ),
    ),
    Held(
        "4",
        "times that the client lets pass are for the server to judge",
        ("test_events_and_items::test_times_that_octy_cli_lets_pass_and_are_none_fail_their_rows",),
    ),
    Held(
        "4",
        "failures are mapped to rows by ids, in a success and at the end of messages",
        (
            "test_events_and_items::test_a_file_of_profiles_fails_by_rows_that_octy_cli_finds",
            "test_events_and_items::test_a_file_of_items_fails_by_rows_that_octy_cli_finds",
            "test_events_and_items::test_failed_events_are_told_with_what_octy_cli_prints",
        ),
    ),
    Held(
        "8.2",
        "a profile's property compares across types",
        (
            "test_event_types_and_segments::test_the_value_of_a_profile_s_property_is_a_string",
            "test_event_types_and_segments::test_the_value_of_a_profile_s_property_matches_whatever_its_type",
        ),
    ),
    Held(
        "8.3",
        "types of a key may differ from profile to profile",
        ("test_profiles::test_nulls_of_csv_files_and_mixed_types_are_kept",),
    ),
    Held(
        "8.4",
        '555 and "555" are the same customer',
        (
            "test_profiles::test_an_id_may_be_a_number_here_and_a_string_there",
            "test_profiles::test_a_number_and_its_text_are_the_same_to_a_segment",
        ),
    ),
    Held(
        "8.9",
        "`ids` may be customer ids and profile ids",
        ("test_profiles::test_metadata_is_answered_in_the_order_of_the_ids",),
    ),
    Held(
        "8.12, 8.13, 8.14",
        "401 carries the code 401; no other code than 400, 401, 422, 500; no framework's error body",
        (*EVERY_ERROR, "test_transport::test_without_right_keys_the_code_in_the_body_is_401_too"),
    ),
    Held(
        "8.21",
        "the same customer id again fails alone, and is 4xx where it is the only one",
        (
            "test_profiles::test_one_bad_profile_does_not_void_a_batch",
            "test_profiles::test_a_profile_that_is_refused_alone_is_an_error_and_never_an_empty_list",
        ),
    ),
    Held(
        "8.22",
        "the public client has no keys against repeats",
        ("test_events_and_items::test_the_same_file_twice_stores_its_events_twice",),
    ),
    Held(
        "8.25",
        "the script's filter `rfm=300-400`",
        ("test_churn::test_the_script_finds_who_is_about_to_leave",),
    ),
)

NOT_HERE = (
    NotHere("0.10", "`templates[].metadata` is never null", NEIGHBOUR),
    NotHere("1", "base URLs, time-outs, the client's store of keys", CLIENT),
    NotHere("1", "which words octy-cli prints for which code", CLIENT),
    NotHere("1", "unknown keys are ignored, missing ones are zero, null is accepted", CLIENT),
    NotHere("1.6", "100,000 rows in a CSV file; octy-cli counts them", CLIENT),
    NotHere("1.6", "500 templates, 100 messages in a request", NEIGHBOUR),
    NotHere("2", "items/delete", "named in a configuration and never called"),
    NotHere("3.3", "of several requests only the last one's errors are printed", CLIENT),
    NotHere("3.6", "the fields of templates", NEIGHBOUR),
    NotHere("3.7", "the fields of generated messages, the key `failed templates`", NEIGHBOUR),
    NotHere("3.9", "metadata: a parent after a merge, a child that was merged away", NO_MERGING),
    NotHere("3.9", "`authenticated_id_value` is a string", NO_MERGING),
    NotHere("3.12", "the fields of recommendations", NEIGHBOUR),
    NotHere("3.13", "the banner for a version that is not current", CLIENT),
    NotHere("3.14", "columns are inferred from cells and compared with the format", CLIENT),
    NotHere("3.14", "a place of `platform_info` that suits every file", "there is none; the natural one is answered"),
    NotHere("4", "types inferred from cells, duplicates, the report, the exit code", CLIENT),
    NotHere("5", "what YAML files hold; what is sent of them is in section 3", CLIENT),
    NotHere("6", "commands, terminals, credentials, telemetry", CLIENT),
    NotHere("7", "webhooks", "neither client receives any; tests/integration/webhooks and tests/acceptance hold them"),
    NotHere("8.6, 8.7, 8.8, 8.27", "placeholders and default values of templates", NEIGHBOUR),
)

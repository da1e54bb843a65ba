"""The page of limits says what the code does."""

import re
from pathlib import Path

from octy.model import limits

PAGE = Path(__file__).parents[3] / "docs" / "limits.md"

SAID = {
    "address": "URL_BYTES_MAX",
    "header fields": "HEAD_BYTES_MAX",
    "headers must come within": "HEAD_SECONDS_MAX",
    "body": "BODY_BYTES_MAX",
    "body must come within": "BODY_SECONDS_MAX",
    "an answer of which nothing is read": "ANSWER_SECONDS_MAX",
    "a connection on which nothing goes on": "QUIET_SECONDS_MAX",
    "connections (`--connections`)": "CONNECTIONS_MAX",
    "events in a batch": "EVENTS_PER_BATCH_MAX",
    "profiles in a request": "PROFILES_PER_BATCH_MAX",
    "items in a request": "ITEMS_PER_BATCH_MAX",
    "event types in a request": "EVENT_TYPES_PER_REQUEST_MAX",
    "ids in a request": "IDS_PER_REQUEST_MAX",
    "profiles to be deleted in a request": "PROFILES_PER_DELETION_MAX",
    "elements of a list that stands in the body itself": "LIST_MAX",
    "values of a body in all, objects and lists among them": "VALUES_MAX",
    "nesting of JSON": "JSON_DEPTH_MAX",
    "properties of an event or an event type, keys of any object": "PROPERTIES_MAX",
    "properties of an event, as JSON": "EVENT_PROPERTIES_BYTES_MAX",
    "key of a property": "PROPERTY_KEY_CHARACTERS_MAX",
    "string": "STRING_CHARACTERS_MAX",
    "customer id, item id": "ID_CHARACTERS_MAX",
    "name of an event type or a segment": "NAME_CHARACTERS_MAX",
    "`message_id`": "MESSAGE_ID_CHARACTERS_MAX",
    "`Idempotency-Key`": "IDEMPOTENCY_KEY_CHARACTERS_MAX",
    "steps of an event sequence": "STEPS_MAX",
    "days of a segment's window": "WINDOW_DAYS_MAX",
    "minutes between two steps": "EXP_TIMEFRAME_MINUTES_MAX",
    "segments": "SEGMENTS_PER_ACCOUNT_MAX",
    "times that a segment is restored": "RESTORES_MAX",
    "jobs that wait or run: datasets, trainings": "JOBS_WAITING_MAX",
    "instants of a dataset": "DATASET_INSTANTS_MAX",
    "days of churn's horizon": "CHURN_HORIZON_DAYS_MAX",
    "days between trainings by schedule": "TRAINING_EVERY_DAYS_MAX",
    "days that events are kept, where not for ever": "RETENTION_DAYS_MAX",
    "webhooks a minute of a segment, where bounded": "WEBHOOKS_PER_MINUTE_MAX",
    "either, of one account (`octy accounts limit`)": "PER_SECOND_MAX",
    "requests": "QUEUED_REQUESTS_MAX",
    "events, profiles and the like in them": "QUEUED_OBJECTS_MAX",
    "bytes of bodies that come in or wait": "BODY_BYTES_WAITING_MAX",
}
NOT_OF_A_SENDER = {
    "DELIVERIES_PER_PAGE_MAX",
    "DELIVERIES_PER_REPLAY_MAX",
    "DIGEST_CHANGES_PER_PAGE_MAX",
    "DIGEST_CHANGES_SHOWN_MAX",
    "EXP_TIMEFRAME_MINUTES_MIN",
    "INTEGER_MAX",
    "INTEGER_MIN",
    "PROFILES_PER_PAGE_MAX",
}
"""Sizes of pages and the like."""


def test_every_limit_is_on_the_page_with_its_value() -> None:
    rows = [line.split("|") for line in PAGE.read_text().splitlines() if line.startswith("| ")]
    shown = {row[1].strip(): row[2].strip() for row in rows if re.match(r"\s[0-9]", row[2])}
    assert {what: int(re.sub(r"[^0-9]", "", value)) for what, value in shown.items()} == {
        what: getattr(limits, name) for what, name in SAID.items()
    }
    named = {name for name in vars(limits) if name.isupper()}
    assert named == set(SAID.values()) | NOT_OF_A_SENDER

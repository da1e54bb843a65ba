"""H1: what a webhook says, and what stands beside it."""

import json

from octy.model.webhooks import WebhookEvent
from octy.webhooks import message
from octy.webhooks.message import TAG_CREATED, TAG_UPDATED, Meta, Moment, overtaking, tag_body

MATCHED_US = 1_593_338_955_999_999
MATCHED = "2020-06-28T10:09:15.999999Z"


def body(tag: str = "Abandoned", *, updated: bool = False, matched_us: int = MATCHED_US) -> bytes:
    meta = Meta(
        delivery_id="msg_1",
        event=WebhookEvent.MATCHED,
        segment_id="s",
        segment_version=1,
        cause="elapsed time",
        action=Moment("event_7", "2020-06-28T09:39:15.999999Z"),
        match=Moment(None, MATCHED),
        sequence=3,
        evaluated_through=MATCHED,
    )
    subject = TAG_UPDATED if updated else TAG_CREATED
    return tag_body(subject=subject, profile_id="p", segment_tag=tag, dated_us=matched_us, meta=meta)


def test_the_body_of_a_match_is_as_existing_receivers_know_it_with_meta_beside_it() -> None:  # H1
    assert body() == (
        b'{"subject":"Live segment tag created",'
        b'"body":{"profile_id":"p","segment":{"segment_id":"s","segment_tag":"Abandoned"}},'
        b'"date_time":"Sun, 28 Jun 2020 10:09:15 GMT",'
        b'"meta":{"delivery_id":"msg_1","event":"live_segment.matched","segment_id":"s","segment_version":1,'
        b'"cause":"elapsed time",'
        b'"action":{"event_id":"event_7","at":"2020-06-28T09:39:15.999999Z"},'
        b'"match":{"event_id":null,"at":"2020-06-28T10:09:15.999999Z"},'
        b'"sequence":3,"evaluated_through":"2020-06-28T10:09:15.999999Z","overtakes":0}}'
    )


def test_a_further_match_updates_the_tag() -> None:  # H1, G3
    assert b'"subject":"Live segment tag updated"' in body(updated=True)


def test_a_name_in_any_script_travels_as_utf_8() -> None:
    assert '"segment_tag":"Zögerer \\"€\\" 🛒"'.encode() in body('Zögerer "€" 🛒', matched_us=0)


def test_a_message_that_leaves_before_earlier_ones_says_before_how_many() -> None:
    before, after = json.loads(body()), json.loads(overtaking(body(), 12))
    assert after["meta"].pop("overtakes") == 12
    assert before["meta"].pop("overtakes") == 0
    assert after == before


def test_a_message_without_meta_stays_as_it_is() -> None:
    assert overtaking(b'{"subject":"x"}', 3) == b'{"subject":"x"}'


def test_a_training_that_is_over_is_told_in_a_sentence() -> None:  # H2
    told = {
        because: json.loads(
            message.training_body(
                delivery_id="msg_1", training_job_id="job_7", failed_because=because, now_us=MATCHED_US
            )
        )
        for because in (None, "too few profiles.")
    }
    assert told[None] == {
        "subject": "Octy training job has successfully completed.",
        "body": "The training job job_7 has completed: profiles tell what it foretells.",
        "date_time": "Sun, 28 Jun 2020 10:09:15 GMT",
        "meta": {"delivery_id": "msg_1", "event": "training.completed", "training_job_id": "job_7"},
    }
    assert told["too few profiles."] == told[None] | {
        "subject": "Octy training job has failed.",
        "body": "The training job job_7 has failed: too few profiles.",
    }


def test_a_test_says_that_nothing_has_happened() -> None:
    assert json.loads(message.test_body(delivery_id="msg_1", now_us=MATCHED_US)) == {
        "subject": "Webhook test",
        "body": "Nothing has happened: the account has asked for a test.",
        "date_time": "Sun, 28 Jun 2020 10:09:15 GMT",
        "meta": {"delivery_id": "msg_1", "event": "webhook.test"},
    }


def segment_meta() -> Meta:
    return Meta(
        delivery_id="msg_2",
        event=WebhookEvent.BACKFILLED,
        segment_id="s",
        segment_version=1,
        cause="backfill",
        sequence=1,
        evaluated_through=MATCHED,
    )


def test_what_concerns_a_whole_segment_names_it_and_says_what_else_there_is_to_say() -> None:
    changes = [{"profile_id": "p1"}, {"profile_id": "p2"}]
    told = message.segment_body(
        subject=message.DIGEST, segment_tag="Gold", dated_us=MATCHED_US, meta=segment_meta(), count=2, changes=changes
    )
    assert json.loads(told)["subject"] == "Segment webhooks in one"
    segment = {"segment_id": "s", "segment_tag": "Gold"}
    assert json.loads(told)["body"] == {"segment": segment, "count": 2, "changes": changes}
    assert json.loads(told)["date_time"] == "Sun, 28 Jun 2020 10:09:15 GMT"
    left = message.without_profiles(told, {"p1", "p9"})
    assert json.loads(left)["body"] == {"segment": segment, "count": 2, "changes": [{"profile_id": "p2"}]}
    assert json.loads(left)["meta"] == json.loads(told)["meta"]

"""H1: what a webhook says."""

from octy.webhooks.message import match_body

MATCHED_US = 1_593_338_955_999_999


def test_the_body_of_a_match_is_as_existing_receivers_know_it() -> None:  # H1
    body = match_body(profile_id="p", segment_id="s", segment_tag="Abandoned", updated=False, matched_us=MATCHED_US)
    assert body == (
        b'{"subject":"Live segment tag created",'
        b'"body":{"profile_id":"p","segment":{"segment_id":"s","segment_tag":"Abandoned"}},'
        b'"date_time":"Sun, 28 Jun 2020 10:09:15 GMT"}'
    )


def test_a_further_match_updates_the_tag() -> None:  # H1, G3
    body = match_body(profile_id="p", segment_id="s", segment_tag="A", updated=True, matched_us=MATCHED_US)
    assert b'"subject":"Live segment tag updated"' in body


def test_a_name_in_any_script_travels_as_utf_8() -> None:
    body = match_body(profile_id="p", segment_id="s", segment_tag='Zögerer "€" 🛒', updated=False, matched_us=0)
    assert '"segment_tag":"Zögerer \\"€\\" 🛒"'.encode() in body

"""What does a webhook say? Its body is made once, with the match, so every attempt sends the same bytes (H1, H4).

Its id is made beside it, by whoever stores the two in the transaction of the match (H3).
"""

import msgspec

from octy.model.instants import rfc1123

TAG_CREATED = "Live segment tag created"
TAG_UPDATED = "Live segment tag updated"

_encoder = msgspec.json.Encoder()


def match_body(*, profile_id: str, segment_id: str, segment_tag: str, updated: bool, matched_us: int) -> bytes:
    """The JSON of a live match (H1). `updated` says that the profile bore the tag just before."""
    return _encoder.encode(
        {
            "subject": TAG_UPDATED if updated else TAG_CREATED,
            "body": {"profile_id": profile_id, "segment": {"segment_id": segment_id, "segment_tag": segment_tag}},
            "date_time": rfc1123(matched_us),
        }
    )

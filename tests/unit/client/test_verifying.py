"""Is a webhook genuine? Held against the library of the standard."""

from base64 import b64encode
from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks import Webhook

from octy.client import NotGenuine, verify_webhook

SECRET = "whsec_" + b64encode(b"0123456789abcdef0123456789abcdef").decode()
FORMER = "whsec_" + b64encode(b"fedcba9876543210fedcba9876543210").decode()
BODY = '{"subject": "Live segment tag created", "name": "ünïcödé"}'


def headers(at: datetime, *secrets: str) -> dict[str, str]:
    """As a sender that holds these secrets writes them."""
    signatures = " ".join(Webhook(secret).sign("msg_1", at, BODY) for secret in secrets)
    return {"Webhook-Id": "msg_1", "Webhook-Timestamp": str(int(at.timestamp())), "Webhook-Signature": signatures}


def now() -> datetime:
    return datetime.now(UTC)


@pytest.mark.parametrize("signed_with", [(SECRET,), (FORMER, SECRET), (SECRET, FORMER)])
def test_what_one_of_the_secrets_has_signed_is_genuine(signed_with: tuple[str, ...]) -> None:
    verify_webhook(BODY.encode(), headers(now(), *signed_with), SECRET)
    verify_webhook(BODY.encode(), headers(now(), SECRET), FORMER, SECRET)


@pytest.mark.parametrize(
    "changed",
    [
        {"Webhook-Id": "msg_2"},
        {"Webhook-Id": ""},
        {"Webhook-Timestamp": "1"},
        {"Webhook-Timestamp": "soon"},
        {"Webhook-Signature": ""},
        {"Webhook-Signature": "v1,no base64"},
        {"Webhook-Signature": "v2,AAAA"},
    ],
)
def test_headers_that_were_changed_are_told_of(changed: dict[str, str]) -> None:
    with pytest.raises(NotGenuine):
        verify_webhook(BODY.encode(), headers(now(), SECRET) | changed, SECRET)


def test_another_body_and_another_secret_are_told_of() -> None:
    with pytest.raises(NotGenuine):
        verify_webhook(BODY.encode() + b" ", headers(now(), SECRET), SECRET)
    with pytest.raises(NotGenuine):
        verify_webhook(BODY.encode(), headers(now(), SECRET), FORMER)


@pytest.mark.parametrize("days", [-1, 1])
def test_an_old_one_is_not_taken_unless_its_age_does_not_matter(days: int) -> None:
    then = now() + timedelta(days=days)
    with pytest.raises(NotGenuine, match="more than 300 seconds"):
        verify_webhook(BODY.encode(), headers(then, SECRET), SECRET)
    verify_webhook(BODY.encode(), headers(then, SECRET), SECRET, age_seconds_max=None)

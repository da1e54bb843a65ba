"""C21: the package that receivers verify with is the oracle."""

import secrets
from base64 import b64decode
from datetime import UTC, datetime
from random import Random

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from octy.webhooks.signing import new_key, secret_of, signatures
from tests.sizes import sized

SIGNED = MUTATED = sized(100_000, 2_000)


def now() -> int:
    return int(datetime.now(UTC).timestamp())


def headers(keys: list[bytes], webhook_id: str, body: bytes, timestamp: int | None = None) -> dict[str, str]:
    at = now() if timestamp is None else timestamp
    return {
        "webhook-id": webhook_id,
        "webhook-timestamp": str(at),
        "webhook-signature": signatures(keys, webhook_id, at, body),
    }


def verifies(secret: str, sent: dict[str, str], body: bytes) -> bool:
    try:
        Webhook(secret).verify(body, sent, json_parse=False)
    except (WebhookVerificationError, ValueError):  # ValueError: what is no base64, or no UTF-8, any more
        return False
    return True


def test_a_secret_is_whsec_and_24_to_64_random_bytes_in_base64() -> None:
    secret = secret_of(new_key())
    assert secret.startswith("whsec_")
    assert 24 <= len(b64decode(secret.removeprefix("whsec_"), validate=True)) <= 64
    assert secret_of(new_key()) != secret


def test_every_signature_is_verified_by_the_standards_own_package() -> None:  # C21
    chance = Random(21)
    for number in range(SIGNED):
        key = chance.randbytes(chance.randint(24, 64))
        body = '{"n":%d,"text":"ü✓"}'.encode() % number + b" " * chance.randint(0, 300)
        assert verifies(secret_of(key), headers([key], f"msg_{number}", body), body)


def test_nothing_of_which_a_byte_was_changed_is_verified() -> None:  # C21
    chance = Random(22)
    for number in range(MUTATED):
        key, body = chance.randbytes(32), b'{"subject":"Live segment tag created","number":%d}' % number
        sent = headers([key], f"msg_{number}", body)
        name = chance.choice([*sent, "body"])
        whole = bytearray(body if name == "body" else sent[name].encode())
        place = chance.randrange(3 if name == "webhook-signature" else 0, len(whole) - 2)
        whole[place] = chance.choice([byte for byte in b"0123456789abcdefXYZ" if byte != whole[place]])
        if name == "body":
            assert not verifies(secret_of(key), sent, bytes(whole))
        else:
            assert not verifies(secret_of(key), sent | {name: whole.decode()}, body)


def test_while_a_secret_is_replaced_both_verify() -> None:  # C21
    old, new, strange = (secrets.token_bytes(32) for _ in range(3))
    sent = headers([new, old], "msg_1", b"{}")
    assert verifies(secret_of(old), sent, b"{}")
    assert verifies(secret_of(new), sent, b"{}")
    assert not verifies(secret_of(strange), sent, b"{}")


@pytest.mark.parametrize("age_seconds", [-3_600, 3_600])
def test_an_old_timestamp_is_no_longer_verified(age_seconds: int) -> None:
    """What keeps somebody who has overheard a webhook from sending it again."""
    key = new_key()
    assert not verifies(secret_of(key), headers([key], "msg_1", b"{}", now() - age_seconds), b"{}")

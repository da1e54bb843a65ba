"""Routes of webhooks: what they are signed with (Standard Webhooks), and whether they are sent at all."""

from collections.abc import Sequence

from litestar import Router, get, post
from litestar.params import JSONBody

from octy.http.answers import Json, counted, encode, ok, success
from octy.http.auth import SHOWS_SECRETS
from octy.http.body import typed
from octy.http.idempotency import write
from octy.http.requests import OctyRequest
from octy.http.wire.accounts import shown_receiver
from octy.http.wire.enabling import Enabled, Enabling
from octy.http.wire.webhook_secrets import SecretList, SecretRotated, SecretRotation, shown
from octy.model.idempotency import Answer
from octy.model.instants import iso
from octy.model.webhooks import Receiver
from octy.service.webhook_secrets import SigningKey


@get("/secrets", opt=SHOWS_SECRETS)
async def show_secrets(request: OctyRequest) -> Json[SecretList]:
    """What are the account's webhooks signed with now?"""
    rows = [shown(secret) for secret in request.octy.webhook_secrets(request.account_id)]
    return ok(SecretList(success(f"{counted(len(rows), 'valid secret')}.", len(rows)), rows))


@post("/secrets/rotate", status_code=200, dto=typed(SecretRotation))
async def rotate_secret(request: OctyRequest, data: JSONBody[SecretRotation]) -> Json[SecretRotated]:
    """Replace the secret. For some hours webhooks bear a signature by the former one as well.

    The answer does not show the new secret, so that no copy of it is kept for a repeat of the request.
    """

    def answer(keys: Sequence[SigningKey]) -> Answer:
        new, *former = keys
        expires_us = former[0].expires_us if former else None
        meta = success("The secret is replaced.", 1)
        until = None if expires_us is None else iso(expires_us)
        return Answer(200, encode(SecretRotated(meta, iso(new.created_us), until)))

    octy, account_id = request.octy, request.account_id
    return await write(request, lambda once: octy.rotate_webhook_secret(account_id, data.overlap_hours, once), answer)


@post("/enable", status_code=200, dto=typed(Enabling))
async def enable_webhooks(request: OctyRequest, data: JSONBody[Enabling]) -> Json[Enabled]:
    """Send the receiver webhooks again, after it was disabled."""

    def answer(receiver: Receiver) -> Answer:
        meta = success("The receiver is sent webhooks.", 1)
        return Answer(200, encode(Enabled(meta, shown_receiver(receiver))))

    octy, account_id = request.octy, request.account_id
    return await write(request, lambda once: octy.enable_webhooks(account_id, replay=data.replay, once=once), answer)


def router() -> Router:
    """The routes of this module."""
    return Router("/v1/webhooks", route_handlers=[show_secrets, rotate_secret, enable_webhooks], tags=["Webhooks"])

"""`octy-cli webhooks listen`: what would the receiver get?

A receiver on this machine, to which a sandbox's webhooks are pointed for as long as it runs. It checks every signature
and shows what arrives. Only for sandboxes: another server's webhooks belong to somebody who waits for them.
"""

from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import msgspec

from octy.cli.clock import NO_SANDBOX
from octy.cli.failures import Stopped
from octy.cli.output import say
from octy.cli.styles import Style, say_styled
from octy.client import NotGenuine, NotThere, Octy, verify_webhook

ADDRESS = "127.0.0.1"
WAITING_MAX = 64
"""Webhooks come ten at a time, and are taken one after the other."""


def listen(server: Octy, port: int, *, with_bodies: bool) -> bool:
    """Until Ctrl-C; then the account's webhooks go where they went before."""
    try:
        server.clock()
    except NotThere:
        raise Stopped(NO_SANDBOX) from None
    former = server.account().account_data.webhook_url or ""
    secrets = [one.secret for one in server.webhook_secrets()]
    with _listening(port, secrets, with_bodies=with_bodies) as receiver:
        url = f"http://{ADDRESS}:{receiver.server_address[1]}/"
        server.configure(webhook_url=url)
        say(f"Webhooks of the sandbox arrive at {url}. Ctrl-C ends it, and sets the webhook URL back.")
        try:
            receiver.serve_forever(poll_interval=0.1)
        except KeyboardInterrupt:
            pass
        finally:
            server.configure(webhook_url=former)
    return True


def _listening(port: int, secrets: list[str], *, with_bodies: bool) -> HTTPServer:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            is_genuine = _show(body, dict(self.headers.items()), secrets, with_bodies=with_bodies)
            self.send_response(204 if is_genuine else 401)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """What arrives is shown already."""

    class Receiver(HTTPServer):
        request_queue_size = WAITING_MAX

    try:
        return Receiver((ADDRESS, port), Handler)
    except OSError as error:
        raise Stopped(f"cannot listen on {ADDRESS}:{port}: {error.strerror}. Choose another with --port.") from None


def _show(body: bytes, headers: dict[str, str], secrets: list[str], *, with_bodies: bool) -> bool:
    """A line for what has arrived; whether it is genuine. A sandbox's clock signs it, so its age says nothing."""
    try:
        verify_webhook(body, headers, *secrets, age_seconds_max=None)
    except NotGenuine as error:
        say_styled(("NOT GENUINE", Style.BAD), f"  {error}")
        return False
    told: dict[str, Any] = msgspec.json.decode(body)
    inner = told.get("body")
    about = [told.get("date_time"), told.get("subject")]
    if isinstance(inner, dict):
        segment = inner.get("segment") or {}
        about += [segment.get("segment_tag"), inner.get("profile_id")]
    shown = "  ".join(str(part) for part in about if part)
    say_styled(("signed", Style.GOOD), f"  {shown}  {headers.get('webhook-id', '')}")
    if with_bodies:
        say(f"  {body.decode()}")
    return True

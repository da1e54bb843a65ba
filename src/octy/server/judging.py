"""What do the settings of `octy serve` mean, and which of their values are refused? What is refused is wrong usage.

Asked before anything is opened, by `octy serve` and by `octy config show`.
"""

from pathlib import Path
from typing import NamedTuple

import typer

from octy.model.instants import parse_instant
from octy.server import settings
from octy.webhooks.schedule import PAUSES_FORM, Schedule, pauses_of

SANDBOX_START = "2024-01-01T00:00:00Z"


class Judged(NamedTuple):
    """What texts of settings mean."""

    schedule: Schedule
    clock_us: int | None
    """Where a sandbox's clock starts; None outside a sandbox."""
    trusted_proxies: list[str]


def judge(
    *,
    webhook_pauses: str,
    webhook_jitter: float,
    sandbox: bool,
    clock: str | None,
    tls_certificate: Path | None,
    tls_key: Path | None,
    trusted_proxies: str,
    otlp_endpoint: str,
    security_contact: str,
) -> Judged:
    """All that Typer cannot judge; typer.BadParameter for what is no such thing."""
    if clock is not None and not sandbox:
        raise typer.BadParameter("a clock can be set in a sandbox only; add --sandbox", param_hint="--clock")
    clock_us = _instant(SANDBOX_START if clock is None else clock) if sandbox else None
    try:
        schedule = Schedule(pauses_of(webhook_pauses), webhook_jitter)
    except ValueError:
        message = f"{webhook_pauses!r} is no schedule; expected {PAUSES_FORM}"
        raise typer.BadParameter(message, param_hint="--webhook-pauses") from None
    try:
        proxies = settings.networks_of(trusted_proxies)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--trusted-proxies") from None
    if tls_key is not None and tls_certificate is None:
        message = "a key is of use with a certificate only; add --tls-certificate"
        raise typer.BadParameter(message, param_hint="--tls-key")
    if otlp_endpoint and not settings.is_http_url(otlp_endpoint):
        message = f"{otlp_endpoint!r} is no URL of a collector; expected such as http://127.0.0.1:4318/v1/traces"
        raise typer.BadParameter(message, param_hint="--otlp-endpoint")
    if security_contact and not settings.is_contact(security_contact):
        message = f"{security_contact!r} is no contact; expected such as mailto:security@example.com or https://…"
        raise typer.BadParameter(message, param_hint="--security-contact")
    return Judged(schedule, clock_us, proxies)


def _instant(text: str) -> int:
    try:
        return parse_instant(text)
    except ValueError:
        message = f"{text!r} is no instant; expected ISO 8601, such as {SANDBOX_START}"
        raise typer.BadParameter(message, param_hint="--clock") from None

"""The demo's plot: a shop opens its account, and six months pass in its sandbox.

Everything goes the way that a shop's own data would go: files through `octy-cli`, the month's changed customer data
through the API, webhooks to a receiver. The sandbox's clock follows the events (T4), so everything falls due in time.
"""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from msgspec import Struct

from octy.server.demo.processes import Server, octy_cli
from octy.server.demo.receiver import Receiver
from octy.server.demo.shop import FOLDER, Row, Shop, updates_by, write_events
from octy.server.demo.summary import Change

START = "2024-01-01T00:00:00Z"
END = "2024-07-01T00:00:00Z"
PROFILES_PER_PAGE = 200
PROFILES_PER_UPDATE = 500
WEBHOOK_SECONDS_MAX = 20

ACCOUNT = """\
kind: accountConfigurations
configurations:
  contactName: Dana
  contactSurname: Demo
  contactEmail: dana@shop.example
  webhookURL: {url}
"""


class Story(Struct, frozen=True):
    """What happened, for the summary."""

    segments: list[dict[str, Any]]
    histories: dict[str, list[Change]]
    """By customer id."""
    profile_ids: dict[str, str]
    """By customer id."""
    events: int
    seconds: float
    """How long the events took to go in, all that fell due on the way included."""


class Replay:
    """Plays the shop's six months on a server; `tell` is told what is done."""

    def __init__(self, server: Server, receiver: Receiver, folder: Path, tell: Callable[[str], None]) -> None:
        self._server = server
        self._receiver = receiver
        self._folder = folder
        self._tell = tell
        self._shop = Shop()

    def run(self) -> Story:
        """From the first command to the last webhook."""
        self._open_account()
        profile_ids = self._upload_profiles()
        began = time.perf_counter()
        self._replay_months(profile_ids)
        self._server.post("/v1/sandbox/clock", {"now": END})
        seconds = time.perf_counter() - began
        histories = {
            customer: self._server.get("/v1/retention/profiles/history", id=profile_id)["segment_tag_history"]
            for customer, profile_id in sorted(profile_ids.items())
        }
        segments = self._server.get("/v1/retention/segments")["segments"]
        self._await_webhooks(segments, histories)
        return Story(segments, histories, profile_ids, len(self._shop.rows), seconds)

    def _open_account(self) -> None:
        account = self._folder / "account.yml"
        account.write_text(ACCOUNT.format(url=self._receiver.url), encoding="utf-8")
        for path in (account, FOLDER / "event-types.yml", FOLDER / "segments.yml"):
            self._cli("apply", "-f", str(path), "--yes")

    def _upload_profiles(self) -> dict[str, str]:
        path = self._folder / "profiles.csv"
        count = self._shop.write_profiles(path)
        self._cli("upload", "profiles", "-f", str(path))
        found: dict[str, str] = {}
        while len(found) < count:
            page = self._server.get("/v1/retention/profiles", cursor=len(found), limit=PROFILES_PER_PAGE)
            found |= {profile["customer_id"]: profile["profile_id"] for profile in page["profiles"]}
        return found

    def _replay_months(self, profile_ids: dict[str, str]) -> None:
        known: dict[str, Row] = dict(self._shop.first_of)
        for month, rows in self._shop.months():
            path = self._folder / f"events-{month}.csv"
            write_events(path, rows, profile_ids)
            self._cli("upload", "events", "-f", str(path))
            updates = updates_by(rows, known)
            for first in range(0, len(updates), PROFILES_PER_UPDATE):
                chunk = updates[first : first + PROFILES_PER_UPDATE]
                self._server.post("/v1/retention/profiles/update", {"profiles": chunk})
            self._tell(
                f"  POST /v1/retention/profiles/update: {len(updates)} customers with a new platform or lifecycle"
            )

    def _await_webhooks(self, segments: list[dict[str, Any]], histories: dict[str, list[Change]]) -> None:
        """Webhooks leave beside the traffic; the last ones may still be on their way."""
        live = {segment["segment_name"] for segment in segments if segment["segment_type"] == "live"}
        changes = [change for profile in histories.values() for change in profile]
        wanted = sum(change["segment_tag"] in live and change["kind"] != "removed" for change in changes)
        patience = time.monotonic() + WEBHOOK_SECONDS_MAX
        while len(self._receiver.deliveries) < wanted and time.monotonic() < patience:
            time.sleep(0.05)

    def _cli(self, *arguments: str) -> None:
        shown = [Path(argument).name if "/" in argument else argument for argument in arguments]
        self._tell(f"[bold]$ octy-cli {' '.join(shown)}[/bold]")
        lines = octy_cli(self._server.url, *arguments)
        plans = [number for number, line in enumerate(lines, 1) if line.startswith("Plan: ")]
        lines = lines[plans[-1] :] if plans else lines  # what was done; the plan says the same
        told = [line for line in lines if line.startswith("Created a total")] or lines
        for line in told:
            self._tell(f"  {line}")

"""An account on a running server: the few requests by which the tests of this folder make and read their world."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeAlias
from uuid import uuid4

import httpx

from tests.acceptance.processes import PUBLIC_KEY, SECRET_KEY, Machine, Server, wait_for
from tests.logs import opened

Json: TypeAlias = dict[str, Any]

CONFIGURATION = "/v1/configurations/account/set"
CONTACT = {"contact_name": "Dana", "contact_surname": "Doe", "contact_email_address": "dana@shop.example"}
TABLES = ("accounts", "event_types", "profiles", "events", "message_ids", "segments", "tags", "tag_history", "items")


def step(event_type: str, action: str = "action", minutes: int = 0, **properties: object) -> Json:
    """An event of a definition's sequence."""
    sequence = {"event_type": event_type, "action_inaction": action, "exp_timeframe": minutes}
    return sequence | {"event_properties": properties or None}


class Account:
    """Speaks to a server with the account's keys. Anything but a success is a failed test."""

    def __init__(self, server: Server, keys: tuple[str, str] = (PUBLIC_KEY, SECRET_KEY)) -> None:
        self.http = server.client(keys)

    def get(self, path: str, **query: str | int) -> Json:
        """A decoded answer."""
        return decoded(self.http.get(path, params=query))

    def post(self, path: str, body: object) -> Json:
        """A decoded answer."""
        return decoded(self.http.post(path, json=body))

    def send_webhooks_to(self, url: str) -> None:
        """Sets the account's webhook URL."""
        self.post(CONFIGURATION, CONTACT | {"webhook_url": url, "authenticated_id_key": ""})

    def event_type(self, name: str, *properties: str) -> None:
        """A custom event type."""
        body = {"event_types": [{"event_type": name, "event_properties": list(properties) or ["page"]}]}
        self.post("/v1/retention/events/types/create", body)

    def segment(self, name: str, kind: str, sub_type: int, *steps: Json, days: int = 0, **whose: str) -> str:
        """A segment's id, once it is active; `whose` names the profile property that it asks for."""
        body = {"segment_name": name, "segment_type": kind, "segment_sub_type": sub_type, "segment_timeframe": days}
        for key, value in whose.items():
            body |= {"profile_property_name": key, "profile_property_value": value}
        created = self.post("/v1/retention/segments/create", body | {"event_sequence": list(steps)})
        segment_id: str = created["segment_id"]
        wait_for("the backfill's end", lambda: self.status(segment_id) == "active")
        return segment_id

    def matches_payment_errors(self) -> str:
        """The id of a new live 1 segment, which each payment error matches at once."""
        self.event_type("payment_error", "bank")
        return self.segment("payment trouble", "live", 1, step("payment_error"))

    def status(self, segment_id: str) -> str:
        """`active` or `backfilling`."""
        status: str = self.get("/v1/retention/segments", ids=segment_id)["segments"][0]["segment_status"]
        return status

    def profiles(self, *customers: str) -> list[str]:
        """The profile ids of new customers."""
        body = {"profiles": [{"customer_id": one, "profile_data": {}, "platform_info": {}} for one in customers]}
        return [one["profile_id"] for one in self.post("/v1/retention/profiles/create", body)["profiles"]]

    def happens(self, event_type: str, profile_id: str, at: str | None = None, **properties: object) -> Json:
        """One event; without `at`, now."""
        event = {"event_type": event_type, "profile_id": profile_id, "event_properties": properties or None}
        return self.post("/v1/retention/events/create", event | ({} if at is None else {"created_at": at}))

    def events_of(self, profile_id: str) -> list[Json]:
        """What the profile did."""
        events: list[Json] = self.get("/v1/retention/profiles/events", id=profile_id, limit=1000)["events"]
        return events

    def tags_of(self, profile_id: str) -> dict[str, str]:
        """The segment tags that the profile bears, and since when."""
        (profile,) = self.get("/v1/retention/profiles", ids=profile_id)["profiles"]
        return {tag["segment_tag"]: tag["created_at"] for tag in profile["segment_tags"] or []}

    def history_of(self, profile_id: str) -> list[Json]:
        """Every change of the profile's tags."""
        changes: list[Json] = self.get("/v1/retention/profiles/history", id=profile_id)["segment_tag_history"]
        return changes

    def clock(self) -> str:
        """A sandbox's time."""
        now: str = self.get("/v1/sandbox/clock")["now"]
        return now

    def move_clock(self, now: str) -> None:
        """Lets time pass in a sandbox."""
        self.post("/v1/sandbox/clock", {"now": now})


def orders(machine: Machine, *arguments: str, data: str = "data") -> Json:
    """What `octy accounts` brings of the server in that folder, as JSON."""
    ended = machine.run("octy", "accounts", *arguments, "--data", data, "--json")
    assert ended.code == 0, ended.stderr
    report: Json = json.loads(ended.stdout)
    return report


def new_keys(machine: Machine) -> tuple[str, str]:
    """The public and the secret key of an account that is created beside those that the server has."""
    keys = orders(machine, "create", uuid4().hex)["keys"]
    return keys["public_key"], keys["secret_key"]


def decoded(answer: httpx.Response) -> Json:
    """The body of a success."""
    assert answer.status_code in (200, 201), f"{answer.status_code}: {answer.text}"
    body: Json = answer.json()
    return body


def error_lines(answer: httpx.Response, status: int) -> list[Json]:
    """The lines of an error, after a look at the whole shape of wire.md 1.1."""
    assert answer.status_code == status, f"{answer.status_code}: {answer.text[:2000]}"
    return lines_of(answer.json(), status)


def lines_of(body: Mapping[str, Any], status: int) -> list[Json]:
    """As `error_lines`, of a body that is decoded already."""
    assert set(body) == {"request_meta", "error"}
    assert body["request_meta"]["request_status"] == "Failure"
    assert type(body["request_meta"]["count"]) is type(body["request_meta"]["total"]) is int
    error = body["error"]
    assert error["code"] == (status if status in (400, 401, 422, 500) else 400 if status < 500 else 500)
    assert error["reason"]
    assert error["errors"], "never empty: clients index it without looking"
    assert all(line["error_message"] and line["extended_help"] for line in error["errors"])
    lines: list[Json] = error["errors"]
    return lines


def messages(lines: Iterable[Mapping[str, Any]]) -> str:
    """All that an error says, one message on a line."""
    return "\n".join(line["error_message"] for line in lines)


def stored_rows(data: Path) -> dict[str, int]:
    """How many rows each table of a data folder holds, also while a server writes to it."""
    with opened(data) as connection:
        count = "SELECT count(*) FROM "
        return {table: connection.execute(count + table).fetchone()[0] for table in TABLES}

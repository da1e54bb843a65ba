"""A sandbox served in this process, and accounts that talk to it."""

import base64
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from httpx import Response
from litestar import Litestar
from litestar.testing import TestClient

from octy.http.app import idle_app, put_to_work
from octy.http.attempts import Attempts
from octy.http.door import Door
from octy.http.lane import Lane
from octy.model.clock import Clock, ManualClock
from octy.model.instants import iso, parse_instant
from octy.model.keys import Keys
from octy.service.jobs.runner import JobSettings
from octy.service.keys import new_keys
from octy.service.octy import Octy
from octy.store.folder import open_store

_IDLE: dict[bool, list[Litestar]] = {True: [], False: []}
"""Applications of worlds that are closed, sandboxes or not, for the next ones: to make one takes as long as a test."""
START = "2024-01-01T00:00:00.000000Z"
ERROR_CODES = (400, 401, 422, 500)


class World:
    """An Octy on a folder of its own, with its application."""

    def __init__(self, folder: Path, clock: Clock | None = None) -> None:
        self.octy = Octy(
            open_store(folder),
            clock or ManualClock(parse_instant(START)),
            job_settings=JobSettings(niceness=0, share=8),
        )
        self.octy.start()
        idle = _IDLE[self.octy.is_sandbox]
        app = idle.pop() if idle else idle_app(is_sandbox=self.octy.is_sandbox)
        self.app = put_to_work(app, self.octy, Attempts(per_minute=0))
        self.door = Door(Lane(self.app, self.octy), self.octy)
        self.client = TestClient(self.door, raise_server_exceptions=False)
        """As served; `detour` is without the lane."""
        self.detour = TestClient(Door(self.app, self.octy), raise_server_exceptions=False)

    def account(self) -> "Api":
        """Somebody new, who sees nothing of anybody else."""
        keys = new_keys()
        account = self.octy.create_account(keys)
        return Api(self.client, keys, account.account_id)

    @property
    def now(self) -> str:
        """The instant at which the clock stands."""
        return iso(self.octy.clock.now_us())

    def close(self) -> None:
        """Stops the Octy."""
        self.octy.stop()
        if self.app not in _IDLE[self.octy.is_sandbox]:
            _IDLE[self.octy.is_sandbox].append(self.app)


class Api:
    """An account at its client."""

    def __init__(self, client: "TestClient[Any]", keys: Keys, account_id: int) -> None:
        self.client = client
        self.keys = keys
        self.account_id = account_id
        self.headers = {"Authorization": bare(keys)}

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> Response:
        """What the server answers."""
        return self.client.get(path, headers=self.headers | dict(headers or {}))

    def post(self, path: str, content: object, headers: Mapping[str, str] | None = None) -> Response:
        """Sends bytes as they are, anything else as JSON."""
        whole = self.headers | {"Content-Type": "application/json"} | dict(headers or {})
        if isinstance(content, bytes):
            return self.client.post(path, content=content, headers=whole)
        return self.client.post(path, json=content, headers=whole)

    def has_profiles(self, *customer_ids: str, **data: object) -> list[str]:
        """Creates profiles; returns their profile ids."""
        drafts = [{"customer_id": one, "profile_data": data, "platform_info": {}} for one in customer_ids]
        answer = self.post("/v1/retention/profiles/create", {"profiles": drafts})
        assert answer.status_code == 201, answer.text
        return [profile["profile_id"] for profile in answer.json()["profiles"]]

    def has_event_types(self, **properties: list[str]) -> list[str]:
        """Creates event types; returns their ids."""
        drafts = [{"event_type": name, "event_properties": keys} for name, keys in properties.items()]
        answer = self.post("/v1/retention/events/types/create", {"event_types": drafts})
        assert answer.status_code == 201, answer.text
        return [one["event_type_id"] for one in answer.json()["event_types"]]

    def has_segment(self, definition: Mapping[str, Any]) -> str:
        """Creates a segment; returns its id."""
        answer = self.post("/v1/retention/segments/create", definition)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["segment_id"])


def bare(keys: Keys) -> str:
    """The Authorization that the Go clients send: no scheme word (wire.md 0.1)."""
    return base64.b64encode(f"{keys.public_key}:{keys.secret_key}".encode()).decode()


def live(name: str, event_type: str = "viewed", **properties: object) -> dict[str, Any]:
    """A live 1: one action."""
    return _definition(name, "live", 1, 0, event_type, properties)


def past(name: str, event_type: str = "viewed", days: int = 30, **properties: object) -> dict[str, Any]:
    """A past 1 of one action."""
    return _definition(name, "past", 1, days, event_type, properties)


def error_of(response: Response, status: int, code: int = 400) -> dict[str, Any]:
    """The error of an answer, after checking all that wire.md 1.1 says of every error."""
    assert response.status_code == status, f"{response.status_code} {response.text}"
    assert response.headers["content-type"] == "application/json"
    body = response.json()
    assert set(body) == {"request_meta", "error"}
    assert body["request_meta"]["request_status"] == "Failure"
    assert set(body["request_meta"]) == {"request_status", "message", "count", "total"}
    error: dict[str, Any] = body["error"]
    assert type(error["code"]) is int
    assert error["code"] == code
    assert error["code"] in ERROR_CODES
    assert error["reason"]
    assert error["errors"]
    for line in error["errors"]:
        assert line["error_message"]
        assert "::" not in line["error_message"]
        assert line["extended_help"]
    return error


def message_of(response: Response, status: int, code: int = 400) -> str:
    """The one message of an error."""
    (line,) = error_of(response, status, code)["errors"]
    return str(line["error_message"])


def meta_of(response: Response, status: int = 200) -> dict[str, Any]:
    """The meta of a success, after checking its four fields."""
    assert response.status_code == status, f"{response.status_code} {response.text}"
    meta: dict[str, Any] = response.json()["request_meta"]
    assert set(meta) == {"request_status", "message", "count", "total"}
    assert meta["request_status"] == "Success"
    assert [type(meta[field]) for field in ("message", "count", "total")] == [str, int, int]
    return meta


def _definition(
    name: str, kind: str, sub_type: int, days: int, event_type: str, properties: Mapping[str, object]
) -> dict[str, Any]:
    step = {
        "event_type": event_type,
        "exp_timeframe": 0,
        "action_inaction": "action",
        "event_properties": dict(properties) or None,
    }
    return {
        "segment_name": name,
        "segment_type": kind,
        "segment_sub_type": sub_type,
        "segment_timeframe": days,
        "event_sequence": [step],
    }

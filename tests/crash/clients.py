"""Clients that give up on nothing: what they cannot know the outcome of, they send again, under the same key.

Each is a thread with a diary of its own. It ends once it is told to and its last request has an outcome.
"""

import threading
import time
from collections.abc import Mapping
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

import httpx

from tests.acceptance.account import decoded, error_lines, step
from tests.acceptance.ledger import EVENTS, EVENTS_PER_BATCH_MAX
from tests.acceptance.processes import PATIENCE_SECONDS
from tests.crash.diary import Diary
from tests.crash.shop import happening

PAUSE_SECONDS = 0.05
"""Between two attempts."""
SEGMENTS = "/v1/retention/segments"


class Client:
    """Asks a server again and again until it answers."""

    def __init__(self, http: httpx.Client, diary: Path) -> None:
        self._http = http
        self._diary = Diary(diary)
        self._stopping = threading.Event()
        self._failure: BaseException | None = None
        self.answered: list[tuple[float, float]] = []
        """When each request that had an answer at once was sent, and when it was answered, by a clock of its own."""
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Waits until what is under way has an outcome; raises what the client found wrong."""
        self._stopping.set()
        self._thread.join(10 * PATIENCE_SECONDS)
        assert not self._thread.is_alive(), "a request without an end"
        if self._failure is not None:
            raise self._failure

    def _run(self) -> None:
        try:
            while not self._stopping.is_set():
                self._work()
        except BaseException as error:  # noqa: BLE001 - the test's thread raises it
            self._failure = error

    def _work(self) -> None:
        """One thing to be done."""
        raise NotImplementedError

    def _ask(self, key: str, path: str, body: object, headers: Mapping[str, str] | None = None) -> dict[str, Any]:
        """The answer that a request has in the end."""
        while True:
            began = time.monotonic()
            try:
                answer = self._http.post(path, json=body, headers=headers)
            except httpx.TransportError as error:
                self._diary.is_unknown(key, type(error).__name__)
            else:
                if answer.status_code != 503:
                    self.answered.append((began, time.monotonic()))
                    return decoded(answer)
                error_lines(answer, 503)
                self._diary.is_unknown(key, "503")
            time.sleep(PAUSE_SECONDS)


class Customers(Client):
    """Sends what customers do in batches of 1 to 500, each event with a `message_id` (E8)."""

    def __init__(self, http: httpx.Client, diary: Path, chance: Random, profile_ids: list[str]) -> None:
        self._chance = chance
        self._profile_ids = profile_ids
        self._batches, self._events = count(), count()
        super().__init__(http, diary)

    def _work(self) -> None:
        name, key = self._diary.path.stem, f"batch {next(self._batches)}"
        size = self._chance.randint(1, EVENTS_PER_BATCH_MAX)
        batch = [happening(self._chance, self._profile_ids, f"{name} {next(self._events)}") for _ in range(size)]
        self._diary.will_send(key, [event["message_id"] for event in batch])
        answer = self._ask(key, EVENTS, {"events": batch})
        created = answer["created_events"]
        assert answer["failed_to_create"] == []
        assert len(created) == size
        assert len({one.get("duplicate", False) for one in created}) == 1, "half a batch was stored"
        self._diary.is_answered(key, [one["event_id"] for one in created])


class Marketer(Client):
    """Creates past segments and deletes every second one, each request with an `Idempotency-Key` (E5)."""

    def __init__(self, http: httpx.Client, diary: Path, segments_max: int) -> None:
        self._numbers = iter(range(segments_max))
        super().__init__(http, diary)

    def _work(self) -> None:
        number = next(self._numbers, None)
        if number is None:
            self._stopping.wait()
            return
        created = self._asked_once(f"create {number}", f"{SEGMENTS}/create", _definition(number))
        if number % 2:
            self._asked_once(f"delete {number}", f"{SEGMENTS}/delete", {"segments": [created["segment_id"]]})
        self._stopping.wait(PAUSE_SECONDS)

    def _asked_once(self, key: str, path: str, body: object) -> dict[str, Any]:
        self._diary.will_send(key, body)
        answer = self._ask(key, path, body, {"Idempotency-Key": key})
        self._diary.is_answered(key, answer.get("segment_id"))
        return answer


def _definition(number: int) -> dict[str, Any]:
    body = {"segment_name": f"campaign {number}", "segment_type": "past", "segment_sub_type": 1}
    return body | {"segment_timeframe": 30, "event_sequence": [step("leave"), step("charged")]}

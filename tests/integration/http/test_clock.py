"""A sandbox's clock over the wire (semantics T3, T4, T6)."""

from pathlib import Path

import pytest

from octy.service.clock import SystemClock
from tests.integration.http.world import START, World, error_of, live, message_of, meta_of

CLOCK = "/v1/sandbox/clock"


def test_the_clock_stands_until_it_is_moved(tmp_path: Path) -> None:
    world = World(tmp_path)
    api = world.account()
    answer = api.get(CLOCK)
    meta_of(answer)
    assert answer.json()["now"] == START
    moved = api.post(CLOCK, {"now": "2024-01-01T01:00:00.000001+01:00"})
    meta_of(moved, 200)
    assert moved.json()["now"] == "2024-01-01T00:00:00.000001Z"
    assert api.post(CLOCK, {"now": moved.json()["now"]}).status_code == 200
    assert "does not move back" in message_of(api.post(CLOCK, {"now": START}), 400)
    assert api.get(CLOCK).json()["now"] == moved.json()["now"]
    world.close()


@pytest.mark.parametrize("now", ["soon", "", "1969-01-01", "2024-13-01", "2024-01-01T00:00:00\\u0000"])
def test_what_is_no_instant_is_refused(world: World, now: str) -> None:
    answer = world.account().post(CLOCK, b'{"now": "%s"}' % now.encode())
    assert message_of(answer, 400).startswith("now: expected ")


def test_what_falls_due_on_the_way_is_done_when_the_answer_comes(tmp_path: Path) -> None:
    """T6: a cart that nobody pays becomes a match exactly when its window ends (L5)."""
    world = World(tmp_path)
    api = world.account()
    api.has_event_types(carted=[], paid=[])
    definition = live("Abandoned cart", "carted") | {"segment_sub_type": 2}
    definition["event_sequence"][0]["exp_timeframe"] = 30
    definition["event_sequence"].append({"event_type": "paid", "exp_timeframe": 0, "action_inaction": "inaction"})
    api.has_segment(definition)
    (ana,) = api.has_profiles("ana")
    api.post("/v1/retention/events/create", {"event_type": "carted", "profile_id": ana})
    api.post(CLOCK, {"now": "2024-01-01T05:00:00Z"})
    (change,) = api.get("/v1/retention/profiles/history?id=ana").json()["segment_tag_history"]
    assert (change["kind"], change["cause"], change["event_id"]) == ("created", "elapsed time", None)
    assert change["effective_at"] == change["recorded_at"] == "2024-01-01T00:30:00.000000Z"
    world.close()


def test_outside_a_sandbox_there_is_no_clock(tmp_path: Path) -> None:
    world = World(tmp_path, SystemClock())
    api = world.account()
    error_of(api.get(CLOCK), 404)
    error_of(api.post(CLOCK, {"now": "2100-01-01"}), 404)
    assert CLOCK not in world.client.get("/openapi.json").json()["paths"]
    world.close()

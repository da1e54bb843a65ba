"""How does a server answer an example's requests? As it would anybody, to an account that has what the examples say."""

from datetime import timedelta
from typing import Any

from octy.model.instants import iso, parse_instant
from tests.integration.http.world import Api, World
from tests.recorded.rules import Asked, Request

_US = timedelta(microseconds=1)


class Answerer:
    """A sandbox, and a server that is none, each with a new account for each example."""

    def __init__(self, sandbox: World, other: World) -> None:
        self._sandbox, self._other = sandbox, other

    def answer(self, example: Asked) -> tuple[int, str]:
        """The status, and the body without backslashes before quotation marks."""
        world = self._sandbox if example.request.on_a_sandbox else self._other
        api = world.account()
        (event_type,) = api.has_event_types(view=["page"])
        (profile,) = api.has_profiles("ana")
        names = {"PROFILE": profile, "TYPE": event_type}
        for request in example.before:
            self._sent(world, api, request, names)
        answer = self._sent(world, api, example.request, names)
        return answer.status_code, answer.text.replace('\\"', '"')

    def _sent(self, world: World, api: Api, request: Request, names: dict[str, str]) -> Any:
        headers = {"Idempotency-Key": request.key} if request.key else {}
        path = _named(request.path, world, names)
        if request.method == "GET":
            return api.get(path, headers)
        answer = api.post(path, _named(request.body, world, names), headers)
        if path.endswith("/segments/create") and answer.status_code == 201:
            names["SEGMENT"] = answer.json()["segment_id"]
        return answer


def _named(value: Any, world: World, names: dict[str, str]) -> Any:
    """With ids for their names, and `LATER+72h` for the instant so many hours from now."""
    match value:
        case dict():
            return {key: _named(inner, world, names) for key, inner in value.items()}
        case list():
            return [_named(inner, world, names) for inner in value]
        case str() if value.startswith("LATER+"):
            hours = int(value.removeprefix("LATER+").removesuffix("h"))
            return iso(parse_instant(world.now) + timedelta(hours=hours) // _US)
        case str():
            for name, found in names.items():
                value = value.replace(name, found)
            return value
        case _:
            return value

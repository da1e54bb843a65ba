"""A server on the loopback interface that speaks wire.md as far as the client needs, and remembers what it was sent.

It accepts everything, unless a test has told it how to answer the next requests of a path.
"""

import json
from base64 import b64decode
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

PUBLIC_KEY, SECRET_KEY = "pk_ours", "sk_ours"


class Sent(NamedTuple):
    """A request as it arrived."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: Any


class Answer(NamedTuple):
    """An answer that a test has prepared."""

    status: int
    body: object
    """JSON, unless it is bytes; None breaks the connection instead of answering."""
    headers: Mapping[str, str] = {}
    breaks_after: int | None = None
    """Bytes of the body after which the connection breaks."""


def refusal(*errors: str | Mapping[str, object], status: int = 400, reason: str = "Refused.") -> Answer:
    """The error shape of wire.md 1.1."""
    lines = [{"error_message": one} if isinstance(one, str) else one for one in errors]
    meta = {"request_status": "Failure", "message": reason, "count": 0, "total": 0}
    error = {"code": status, "reason": reason, "errors": lines}
    return Answer(status, {"request_meta": meta, "error": error})


class OctyServer:
    """The server, listening until closed."""

    def __init__(self) -> None:
        self.requests: list[Sent] = []
        self.event_types: list[dict[str, Any]] = []
        self.segments: list[dict[str, Any]] = []
        self.profiles: list[dict[str, Any]] = []
        self.account: dict[str, Any] = {}
        self.page_rows_max = 1000
        self.before_answer: Callable[[Sent], None] = lambda _: None
        self._prepared: dict[str, deque[Answer]] = defaultdict(deque)
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._http.daemon_threads = True
        Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self._http.server_address[1]}"

    def close(self) -> None:
        """Ends it; its port then refuses connections."""
        self._http.shutdown()
        self._http.server_close()

    def answers(self, path: str, *answers: Answer) -> None:
        """Prepares the answers to the next requests of a path."""
        self._prepared[path].extend(answers)

    def sent_to(self, path: str) -> list[Sent]:
        """The requests of a path, in order."""
        return [request for request in self.requests if request.path == path]

    def answer(self, request: Sent) -> Answer:
        """What it answers."""
        self.requests.append(request)
        self.before_answer(request)
        if self._prepared[request.path]:
            return self._prepared[request.path].popleft()
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme != "Basic" or b64decode(token).decode() != f"{PUBLIC_KEY}:{SECRET_KEY}":
            return refusal("The keys are wrong.", status=401)
        route = _ROUTES.get((request.method, request.path))
        return Answer(200, route(self, request)) if route else refusal("There is no such address.", status=404)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                self._respond()

            def do_POST(self) -> None:
                self._respond()

            def log_message(self, *_: object) -> None:
                """Nothing."""

            def _respond(self) -> None:
                content = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                parts = urlsplit(self.path)
                headers = {name.lower(): value for name, value in self.headers.items()}
                body = json.loads(content) if content else None
                answer = server.answer(Sent(self.command, parts.path, parse_qs(parts.query), headers, body))
                if answer.body is None:
                    self.close_connection = True
                    return
                encoded = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(encoded)))
                self.end_headers()
                self.wfile.write(encoded[: answer.breaks_after])
                self.close_connection = answer.breaks_after is not None

        return Handler


Route = Callable[[OctyServer, Sent], dict[str, Any]]


def _meta(total: int) -> dict[str, object]:
    return {"request_status": "Success", "message": "", "count": total, "total": total}


def _done(_: OctyServer, __: Sent) -> dict[str, Any]:
    return {"request_meta": _meta(1)}


def _account(server: OctyServer, _: Sent) -> dict[str, Any]:
    return {"request_meta": _meta(1), "account_data": server.account}


def _set_account(server: OctyServer, request: Sent) -> dict[str, Any]:
    server.account = request.body
    return {"request_meta": _meta(1)}


def _create_event_types(server: OctyServer, request: Sent) -> dict[str, Any]:
    created = [
        {"event_type_id": f"custom_event_type_{number}", **event_type}
        for number, event_type in enumerate(request.body["event_types"], len(server.event_types) + 1)
    ]
    server.event_types += created
    return {"request_meta": _meta(len(created)), "event_types": created, "failed_to_create": []}


def _create_segment(server: OctyServer, request: Sent) -> dict[str, Any]:
    segment = {**request.body, "segment_id": f"segment_{len(server.segments) + 1}", "segment_status": "active"}
    server.segments.append(segment)
    fields = ("segment_id", "segment_name", "segment_type", "segment_sub_type", "segment_status")
    return {"request_meta": _meta(1)} | {field: segment[field] for field in fields}


def _lister(rows: str, *id_keys: str) -> Route:
    """Pages of an attribute of the server, as wire.md 1.3 and 1.4 describe them."""

    def answer(server: OctyServer, request: Sent) -> dict[str, Any]:
        found: list[dict[str, Any]] = getattr(server, rows)
        ids = [one for one in request.query.get("ids", [""])[0].split(",") if one]
        if ids:
            found = [row for row in found if any(row[key] in ids for key in id_keys)]
        skipped = int(request.headers.get("cursor", 0))
        return {"request_meta": _meta(len(found)), rows: found[skipped : skipped + server.page_rows_max]}

    return answer


def _deleter(asked: str, deleted: str, id_key: str) -> Route:
    def answer(_: OctyServer, request: Sent) -> dict[str, Any]:
        ids = request.body[asked]
        return {"request_meta": _meta(len(ids)), deleted: [{id_key: one} for one in ids], "failed_to_delete": []}

    return answer


def _creator(asked: str, created: str) -> Route:
    def answer(_: OctyServer, request: Sent) -> dict[str, Any]:
        rows = request.body[asked]
        return {"request_meta": _meta(len(rows)), created: rows, "failed_to_create": []}

    return answer


_ROUTES: dict[tuple[str, str], Route] = {
    ("GET", "/v1/account/authenticate"): _done,
    ("GET", "/v1/configurations/account"): _account,
    ("POST", "/v1/configurations/account/set"): _set_account,
    ("POST", "/v1/configurations/retention/algorithms/set"): _done,
    ("GET", "/v1/retention/events/types"): _lister("event_types", "event_type_id"),
    ("GET", "/v1/retention/segments"): _lister("segments", "segment_id"),
    ("GET", "/v1/retention/profiles"): _lister("profiles", "profile_id", "customer_id"),
    ("POST", "/v1/retention/events/types/create"): _create_event_types,
    ("POST", "/v1/retention/segments/create"): _create_segment,
    ("POST", "/v1/retention/events/types/delete"): _deleter("event_type_ids", "deleted_event_types", "event_type_id"),
    ("POST", "/v1/retention/segments/delete"): _deleter("segments", "deleted_segments", "segment_id"),
    ("POST", "/v1/retention/profiles/create"): _creator("profiles", "profiles"),
    ("POST", "/v1/retention/items/create"): _creator("items", "items"),
    ("POST", "/v1/retention/events/create/batch"): _creator("events", "created_events"),
}

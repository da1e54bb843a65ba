"""Where canaries are heard, and all that the product says is kept: in each process that runs tests."""

import json
import logging
import re
import sys
import tempfile
from collections.abc import Callable
from contextlib import redirect_stderr, suppress
from functools import wraps
from traceback import format_exception
from typing import Any

import msgspec
import pytest
import structlog

from octy.server.logs import configure_logs
from octy.server.settings import LogLevel
from tests.canaries.hearing import Canaries

PERSONAL_HEADERS = ("user-agent", "cookie", "idempotency-key")
HEARD_BYTES_MAX = 20_000
"""Of a body: a larger one repeats itself."""
HEARD_OBJECTS_MAX = 20

_WEBHOOK_SECRET = re.compile(r"whsec_([A-Za-z0-9+/=]{16,})")


def listen_to_logs(canaries: Canaries) -> None:
    """All that is logged in this process, whatever a test does with it, as `octy serve` would write it."""
    with tempfile.TemporaryFile("w+") as nowhere, redirect_stderr(nowhere):
        handlers = list(logging.root.handlers)
        configure_logs(LogLevel.DEBUG)
        processors = structlog.get_config()["processors"]
        structlog.reset_defaults()
        logging.root.handlers[:] = handlers

    def log(method: str, happening: Any) -> None:
        for processor in processors:
            happening = processor(None, method, happening)
        canaries.keep("log", happening)

    bound: Any = structlog.BoundLoggerBase
    process_event = bound._process_event

    @wraps(process_event)
    def processed(self: Any, method: str, event: str | None, said: dict[str, Any]) -> Any:
        log(method, {**self._context, **said, "event": event})
        return process_event(self, method, event, said)

    bound._process_event = processed

    class FromLibraries(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if not record.name.startswith("octy.client"):  # it speaks in a customer's own program
                raised = "".join(format_exception(record.exc_info[1])) if record.exc_info else ""
                canaries.keep("log", record.getMessage() + raised)

    logging.root.addHandler(FromLibraries(logging.WARNING))


def _listen_to_requests(canaries: Canaries) -> None:
    """All that httpx sends and receives, to a server in this process or another."""
    import httpx

    client_class: Any = httpx.Client
    send = client_class.send

    @wraps(send)
    def sent(client: httpx.Client, request: httpx.Request, **options: Any) -> httpx.Response:
        canaries.hear_authorization(request.headers.get("Authorization", ""))
        canaries.hear_personal([request.headers.get(name, "") for name in PERSONAL_HEADERS], is_personal=True)
        answer: httpx.Response = send(client, request, **options)
        if options.get("stream"):
            return answer
        with suppress(ValueError, RecursionError, httpx.StreamError):
            if len(request.content) <= HEARD_BYTES_MAX:
                canaries.hear_personal(json.loads(request.content))
        if answer.is_error:
            canaries.keep("error", answer.content)
        elif request.url.path == "/metrics":
            canaries.keep("metrics", answer.content)
        elif b"whsec_" in answer.content:
            for found in _WEBHOOK_SECRET.finditer(answer.text):
                canaries.hear_webhook_secret(found[1])
        return answer

    client_class.send = sent


def _listen_to_octy(canaries: Canaries) -> None:
    """What is asked of an `Octy` in this process, without HTTP."""
    from octy.service.octy import Octy

    octy_class: Any = Octy

    def listen(name: str, hear: Callable[..., None]) -> None:
        method = getattr(octy_class, name)

        @wraps(method)
        def heard(*given: Any, **options: Any) -> Any:
            hear(*given[1:])
            return method(*given, **options)

        setattr(octy_class, name, heard)

    def objects(_account_id: int, given: Any, *_: object) -> None:
        some = list(given[:HEARD_OBJECTS_MAX])
        canaries.hear_personal(msgspec.to_builtins(some, enc_hook=lambda _: None))  # large ones are packed

    for name in ("create_profiles", "update_profiles", "ingest", "put_items"):
        listen(name, objects)
    listen("configure", lambda _, given, *__: canaries.hear_personal(msgspec.to_builtins(given)))
    listen("create_account", lambda keys, *_: canaries.hear_secret(keys.secret_key))
    listen("add_keys", lambda _, keys, *__: canaries.hear_secret(keys.secret_key))


class Watching:
    """The plugin that hears and keeps."""

    def __init__(self, canaries: Canaries) -> None:
        self._canaries = canaries

    def pytest_collection_finish(self) -> None:
        """What tests need is loaded; what none of them needs is not."""
        if "httpx" in sys.modules:
            _listen_to_requests(self._canaries)
        if "octy.service.octy" in sys.modules:
            _listen_to_octy(self._canaries)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self._canaries.begin(nodeid)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> None:
        folder = getattr(item, "funcargs", {}).get("tmp_path")
        if folder is not None:
            self._canaries.search_stores(folder)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self) -> None:
        self._canaries.write()

"""`octy serve`: opens the data folder, brings the engine back, serves until told to stop, and leaves nothing half done.

It answers from the first moment: how far the start is, and everything else once that is done.

The order of the end is the order of the promise: not ready any more, connections closed so that clients see it, no new
connections, requests that are under way answered, webhooks at rest, the writer's last group committed, the store
closed.
"""

import asyncio
import gc
import resource
import signal
import socket
import ssl
import sys
import time
from collections.abc import Callable
from contextlib import nullcontext, suppress
from importlib import import_module
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

import pyarrow as pa
import structlog
import uvicorn
from litestar import Litestar
from msgspec import Struct

from octy.engine.loading import load
from octy.http.app import idle_app, put_to_work
from octy.http.attempts import Attempts
from octy.http.connections import TURNED_AWAY_MAX, Connections
from octy.http.door import Door
from octy.http.ending import Ending
from octy.http.lane import Lane
from octy.http.protocol import served_by
from octy.http.watch import RequestCounts, Watch
from octy.model.clock import Clock, ManualClock
from octy.model.errors import StoreError, Unavailable
from octy.model.instants import iso
from octy.model.keys import Keys
from octy.model.tracing import Report
from octy.server.accounts import tell_keys
from octy.server.allocator import give_back_memory
from octy.server.certificates import show_certificate, tls_of
from octy.server.control import Control
from octy.server.keeping import Life, keep
from octy.server.logs import configure_logs
from octy.server.settings import LogLevel
from octy.server.telemetry import reporting
from octy.server.telling import plain
from octy.service.clock import SystemClock
from octy.service.continuous_backup import ContinuousBackupSettings
from octy.service.jobs.runner import JobSettings
from octy.service.keys import new_keys
from octy.service.octy import Octy
from octy.store.folder import open_store
from octy.webhooks.dispatcher import Dispatcher
from octy.webhooks.late_sender import LateSender
from octy.webhooks.schedule import Schedule

if TYPE_CHECKING:
    from octy.webhooks.sender import Sender

log = structlog.get_logger()

GRACE_SECONDS = 3
"""How long requests that are under way may take once the end has begun."""

DRAIN_LOOK_SECONDS = 0.02

CONNECTIONS_WAITING_MAX = 1024

FILES_KEPT = 250
"""How many open files are for the store, webhooks and the like, and not for connections."""

ACCEPTED_PER_TURN = 64
"""The loop accepts one connection of each listening socket whenever it comes by, and hears those that stand beside it.
Where they keep it busy, new ones would wait for seconds."""

GIVE_BACK_EVERY_SECONDS = 60.0

LOADED_LATER = ("octy.webhooks.sender", "pyarrow.compute", "uvloop")
"""What a server loads once it is ready, or on its way to it; for those that are forked, all is loaded before."""

SWITCH_SECONDS = 0.0001
"""For how long the writer may keep the interpreter while a connection has something to say. Each time that one does, it
waits for so long; with Python's 5 ms, a server at work could be spoken to some hundred times a second."""


class Settings(Struct, frozen=True):
    """How to serve."""

    host: str
    port: int
    data: Path
    allow_private_webhooks: bool
    allow_http_webhooks: bool
    new_webhook_secrets: bool
    """Every account gets another, because those that are stored cannot be read."""
    webhook_schedule: Schedule
    clock_us: int | None
    """Where a sandbox's clock starts; None outside a sandbox."""
    continuous_backup: ContinuousBackupSettings | None
    audit_share: float
    """How much of one core's time is for holding tags against the log."""
    failures_per_minute: int
    """How many wrong keys are answered as what they are, by public key and by address; 0 for any number."""
    jobs: JobSettings
    connections_max: int
    requests_per_second: int
    events_per_second: int
    """Of each account; 0 for any number."""
    log_level: LogLevel
    otlp_endpoint: str
    """The URL to which spans are sent; empty where none are."""
    trace_share: float
    """How much of what nobody else traces is recorded."""
    tls_certificate: Path | None
    tls_key: Path | None
    trusted_proxies: list[str]
    """Addresses and networks that say truly for whom they ask."""
    drain_seconds: float
    """How long the end waits for clients to hang up by themselves."""
    security_contact: str
    """A URI, to be told of weaknesses; empty where nobody is."""
    public_key: str | None
    secret_key: str | None


class Server(uvicorn.Server):
    """Uvicorn, which answers while what it serves is still being started, with the webhooks' dispatcher beside it."""

    def __init__(
        self,
        config: uvicorn.Config,
        octy: Octy,
        begin: Callable[[], None],
        announce: Callable[[], None],
        dispatcher: Dispatcher,
        control: Control,
        drain_seconds: float,
    ) -> None:
        super().__init__(config)
        self._octy = octy
        self._begin = begin
        self._announce = announce
        self._dispatcher = dispatcher
        self._control = control
        self._drain_seconds = drain_seconds
        self._loop: asyncio.AbstractEventLoop | None = None

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        """Serves until a signal asks for the end, or the start fails with what this raises."""
        self._loop = asyncio.get_running_loop()
        starting = asyncio.create_task(self._start())
        giving_back = asyncio.create_task(_keep_giving_back_memory())
        try:
            await super().serve(sockets)
        finally:
            giving_back.cancel()
            self.should_exit = True
            self._octy.cancel_start()
            await starting
            await self._control.stop()
            await self._dispatcher.stop()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """A signal asks for the end: clients are told first, and hang up. A second one does not wait for them."""
        if not self._octy.has_started or self._octy.is_ending or self._loop is None:
            super().handle_exit(sig, frame)
            return
        self._octy.is_ending = True
        self._loop.call_soon_threadsafe(lambda: asyncio.ensure_future(self._drain(sig, frame)))

    async def _drain(self, sig: int, frame: FrameType | None) -> None:
        """Every answer says that the connection closes, until all are closed or the time is up."""
        until = time.monotonic() + self._drain_seconds
        while self.server_state.connections and time.monotonic() < until and not self.should_exit:
            await asyncio.sleep(DRAIN_LOOK_SECONDS)
        if not self.should_exit:
            super().handle_exit(sig, frame)

    def renew_certificate(self, settings: Settings) -> None:
        """Connections from now on are shown what the certificate's files hold now; as before, where that is no good."""
        assert settings.tls_certificate is not None, "asked for where TLS is served"
        assert self.config.ssl is not None, "as before"
        try:
            tls_of(settings.tls_certificate, settings.tls_key)  # what is no good must not spoil the one that serves
            show_certificate(self.config.ssl, settings.tls_certificate, settings.tls_key)
        except StoreError as error:
            log.error("tls.certificate_not_renewed", reason=str(error))
        else:
            log.info("tls.certificate_renewed")

    async def _start(self) -> None:
        try:
            await asyncio.to_thread(self._begin)
            await self._control.start()
            self._announce()
            await self._dispatcher.start()  # it loads what sends
        except BaseException as error:
            if isinstance(error, Unavailable) and self.should_exit:
                log.info("serve.start_left_off")  # the end was asked for before
                return
            self.should_exit = True
            raise


def serve_on(settings: Settings) -> None:
    """As `serve`; a server that dies is followed by another (`octy.server.keeping`)."""
    configure_logs(settings.log_level)
    _leave_no_core()
    listening = _listen(settings.host, settings.port)
    load()
    for name in LOADED_LATER:
        import_module(name)
    app = _idle_app(settings)
    gc.freeze()
    keep(lambda life: serve(settings, listening, app, life))


def serve(
    settings: Settings,
    listening: socket.socket | None = None,
    app: Litestar | None = None,
    life: Life | None = None,
) -> None:
    """Serves until SIGINT or SIGTERM. StoreError where the port is taken or the data folder cannot be served.

    `listening` and `app` are what a keeper has made already.
    """
    configure_logs(settings.log_level)
    _leave_no_core()
    pa.set_memory_pool(pa.system_memory_pool())  # its own keeps what is free
    sys.setswitchinterval(SWITCH_SECONDS)
    listening = listening or _listen(settings.host, settings.port)
    tls = None if settings.tls_certificate is None else tls_of(settings.tls_certificate, settings.tls_key)
    store = open_store(settings.data)
    clock: Clock = SystemClock() if settings.clock_us is None else ManualClock(settings.clock_us)
    octy = Octy(
        store,
        clock,
        allow_private_webhooks=settings.allow_private_webhooks,
        allow_http_webhooks=settings.allow_http_webhooks,
        new_webhook_secrets=settings.new_webhook_secrets,
        continuous_backup=settings.continuous_backup,
        audit_share=settings.audit_share,
        job_settings=settings.jobs,
        requests_per_second=settings.requests_per_second,
        events_per_second=settings.events_per_second,
    )

    if life is not None:
        octy.deaths = life.deaths

    def begin() -> None:
        load()  # a fifth of a second, so that no event waits for a kernel to be loaded
        _calm_the_collector()
        octy.start(lambda: _first_account(octy, settings))
        gc.collect()  # of what the start itself has made, which stays as well
        gc.freeze()
        give_back_memory()

    def announce() -> None:
        _announce(octy, settings, listening)
        if life is not None:
            life.tell_ready()

    spans = reporting(settings.otlp_endpoint) if settings.otlp_endpoint else nullcontext()
    try:
        with spans as report:
            _run(octy, app or _idle_app(settings), begin, announce, listening, settings, tls, report)
    finally:
        octy.stop()


def _listen(host: str, port: int) -> socket.socket:
    """The listening socket, taken before anything else so that a taken port costs nothing."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listening = socket.socket(family, kind, protocol)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(CONNECTIONS_WAITING_MAX)
    except (socket.gaierror, UnicodeError) as error:  # what is no name at all is refused by its encoding
        reason = error.strerror if isinstance(error, OSError) else "no name of a machine"
        raise StoreError(f"cannot listen on {plain(host)}:{port}: {reason}. Choose another with --host.") from None
    except OSError as error:
        raise StoreError(f"cannot listen on {host}:{port}: {error.strerror}. Choose another with --port.") from None
    return listening


def _first_account(octy: Octy, settings: Settings) -> None:
    """Creates an account in a store that has none."""
    if octy.has_accounts():
        return
    if (settings.public_key is None) != (settings.secret_key is None):
        raise StoreError("set both OCTY_PUBLIC_KEY and OCTY_SECRET_KEY, or neither")
    if settings.public_key is not None and settings.secret_key is not None:
        if not settings.public_key or not settings.secret_key:
            raise StoreError("OCTY_PUBLIC_KEY and OCTY_SECRET_KEY must not be empty; unset both to get new keys")
        octy.create_account(Keys(settings.public_key, settings.secret_key))
        return
    keys = new_keys()
    octy.create_account(keys)
    print("A new account.", end=" ")
    tell_keys(keys)


def _announce(octy: Octy, settings: Settings, listening: socket.socket) -> None:
    host, port = listening.getsockname()[:2]
    name = f"[{host}]" if ":" in host else host
    sandbox = f", a sandbox whose clock says {iso(octy.clock.now_us())}" if octy.is_sandbox else ""
    scheme = "http" if settings.tls_certificate is None else "https"
    print(f"Octy serves {settings.data} on {scheme}://{name}:{port}{sandbox}. Ctrl-C ends it.", flush=True)


def _idle_app(settings: Settings) -> Litestar:
    return idle_app(settings.security_contact, is_sandbox=settings.clock_us is not None)


def _run(
    octy: Octy,
    app: Litestar,
    begin: Callable[[], None],
    announce: Callable[[], None],
    listening: socket.socket,
    settings: Settings,
    tls: ssl.SSLContext | None,
    report: Report | None,
) -> None:
    sender = LateSender(lambda: _sender(octy))
    dispatcher = Dispatcher(
        octy.outbox, sender, octy.clock, schedule=settings.webhook_schedule, counts=octy.attempts, report=report
    )
    octy.on_webhooks(dispatcher.wake, dispatcher.forgive)
    put_to_work(app, octy, Attempts(settings.failures_per_minute))
    door = Door(Lane(app, octy), octy)
    requests: RequestCounts = app.state.requests
    requests.bytes_inside = lambda: door.bytes_inside
    connections = Connections(_connections_max(settings.connections_max))
    config = uvicorn.Config(
        Watch(Ending(door), requests, lambda: octy.is_ending, report, settings.trace_share if report else 0),
        loop="uvloop",
        http=served_by(door, connections),
        callback_notify=connections.look_around,
        timeout_notify=1,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=settings.trusted_proxies,
        server_header=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    # Uvicorn catches both signals while it serves and raises them again afterwards, when the end is ours to finish.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _note)
    config.load()
    config.ssl = tls
    control = Control(settings.data, octy)
    control.open()
    server = Server(
        config,
        octy,
        begin,
        announce,
        dispatcher,
        control,
        settings.drain_seconds,
    )
    if tls is not None:
        signal.signal(signal.SIGHUP, lambda *_: server.renew_certificate(settings))
    with suppress(KeyboardInterrupt):
        ears = [listening, *(listening.dup() for _ in range(ACCEPTED_PER_TURN - 1))]
        server.run(sockets=ears)


def _sender(octy: Octy) -> "Sender":
    from octy.webhooks.sender import Sender  # it loads aiohttp, for which a start should not wait

    return Sender(
        octy.clock,
        octy.signing_keys.valid,
        allow_private=octy.allow_private_webhooks,
        allow_http=octy.allow_http_webhooks,
    )


def _connections_max(wanted: int) -> int:
    """How many connections there may be: as many as are wanted, where the process may open so many files."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    files = wanted + TURNED_AWAY_MAX + FILES_KEPT
    if soft != resource.RLIM_INFINITY and soft < files:
        soft = files if hard == resource.RLIM_INFINITY else min(files, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        if soft < files:
            log.warning("serve.fewer_connections", wanted=wanted, open_files=soft)
            return max(wanted - (files - soft), 1)
    return wanted


def _calm_the_collector() -> None:
    """What is loaded stays: the collector need not look at it again, nor at all, as next to nothing of it goes."""
    gc.freeze()
    gc.enable()


def _leave_no_core() -> None:
    """A crash leaves no image of the memory, which has keys and customers in it, unless `prlimit --core` asks for one.

    The processes of jobs inherit that.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))


async def _keep_giving_back_memory() -> None:
    """Now and then, for ever."""
    while True:
        await asyncio.sleep(GIVE_BACK_EVERY_SECONDS)
        await asyncio.to_thread(give_back_memory)


def _note(_number: int, _frame: FrameType | None) -> None:
    """Nothing: whoever waits for the end sees it in `Server.run` returning."""

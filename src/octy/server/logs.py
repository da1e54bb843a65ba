"""What does the server say of itself while it serves? One line for each happening, on standard error.

Never a key, a header, a body or a value of anybody's: not in a line of our own, and not by a traceback's variables.
Libraries are heard from warnings on whatever the level is, since what they say below that holds what they were given.
"""

import io
import logging
import sys
from contextlib import suppress
from traceback import format_exception
from typing import TYPE_CHECKING, TextIO

import structlog
from structlog.typing import EventDict, Processor

from octy.model import tracing
from octy.server.settings import LogLevel
from octy.server.telling import plain

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


def configure_logs(least: LogLevel) -> None:
    """One line per happening on standard error: readable on a terminal, JSON elsewhere."""
    on_terminal = sys.stderr.isatty()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            _with_trace,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *(_for_terminals() if on_terminal else _for_machines()),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(least.name)),
        logger_factory=structlog.WriteLoggerFactory(_log_file()),
    )
    logging.basicConfig(level=logging.WARNING, handlers=[_ToStructlog()], force=True)


def _with_trace(_logger: object, _method: str, happening: EventDict) -> EventDict:
    """What is said while a request is answered names its trace."""
    trace = tracing.current.get()
    if trace is not None:
        happening.setdefault("trace_id", trace.id)
    return happening


def _log_file() -> TextIO:
    descriptor = _Unfailing(sys.stderr.fileno(), "w", closefd=False)
    return io.TextIOWrapper(descriptor, encoding="utf-8", errors="backslashreplace", write_through=True)


class _Unfailing(io.FileIO):
    """A file that may have no room left, or no reader: what it does not take is lost, and nothing else is."""

    def write(self, data: "ReadableBuffer") -> int:
        """Says that all was written."""
        with suppress(OSError):
            super().write(data)
        return memoryview(data).nbytes


class _ToStructlog(logging.Handler):
    """What libraries have to say, in the same form as our own."""

    def emit(self, record: logging.LogRecord) -> None:
        """Writes a line."""
        error = record.exc_info[1] if record.exc_info else None
        raised = {} if error is None else {"exception": "".join(format_exception(error))}
        structlog.get_logger().log(record.levelno, record.getMessage(), logger=record.name, **raised)


def _for_terminals() -> list[Processor]:
    traceback = structlog.dev.plain_traceback  # others show local variables: a request's keys may be among them
    return [_printable, structlog.dev.ConsoleRenderer(exception_formatter=traceback)]


def _printable(_: object, __: str, event: EventDict) -> EventDict:
    """No word of a request or a library is obeyed by a terminal; an exception keeps its lines."""
    return {
        name: "\n".join(map(plain, text.split("\n"))) if isinstance(text, str) else text for name, text in event.items()
    }


def _for_machines() -> list[Processor]:
    transform = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
    return [structlog.processors.ExceptionRenderer(transform), structlog.processors.JSONRenderer()]

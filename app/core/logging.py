"""Structured logs: one line an event on stderr, JSON for machines or colours for people.

What is for machines is kept and sent elsewhere: it holds no secret and nothing that users wrote.
"""

import logging
import sys
import threading
from types import TracebackType
from typing import Any, Literal

import structlog

from app.core.report_cleaning import clean_exception_text, clean_text

# Local variables, which structlog's own defaults show, hold tokens and what users wrote.
_TELL_TRACEBACK = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)

logger = structlog.get_logger(__name__)

_QUIET_LOGGERS = ("httpx", "httpcore", "pymongo", "uvicorn.access")


def configure_logging(log_format: Literal["json", "console"]) -> None:
    """Send structlog's and the standard library's records to stderr in one format."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
    ]
    renderers: list[structlog.typing.Processor] = (
        [structlog.processors.ExceptionRenderer(_describe_exception), structlog.processors.JSONRenderer()]
        if log_format == "json"
        else [
            structlog.dev.ConsoleRenderer(
                colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
            )
        ]
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, _clean_foreign],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderers],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.INFO)
    for name in _QUIET_LOGGERS:
        logging.getLogger(name).setLevel(logging.WARNING)
    if log_format == "json":
        sys.excepthook, threading.excepthook = _log_end, _log_end_of_thread


def _log_end(kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
    """Log what ends the process, which Python would write in lines of its own."""
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, traceback)
    else:
        logger.critical("process_failed", exc_info=(kind, error, traceback))


def _log_end_of_thread(ended: threading.ExceptHookArgs) -> None:
    """Log what ends a thread, without which the process goes on."""
    if ended.exc_value is not None and not isinstance(ended.exc_value, SystemExit):
        name = ended.thread.name if ended.thread else None
        logger.error("thread_failed", thread=name, exc_info=ended.exc_value)


def _describe_exception(exc_info: structlog.typing.ExcInfo) -> list[dict[str, Any]]:
    """Return an exception and its causes with their frames; texts, in which libraries quote values, only if plain."""
    return [_clean_trace(trace) for trace in _TELL_TRACEBACK(exc_info)]


def _clean_trace(trace: dict[str, Any]) -> dict[str, Any]:
    text = clean_exception_text(trace["exc_type"], trace["exc_value"])
    groups = [[_clean_trace(member) for member in members] for members in trace["exceptions"]]
    return {**trace, "exc_value": text, "exc_notes": [], "exceptions": groups}


def _clean_foreign(_logger: object, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Clean the text of a library, which is not one of our names of events.

    asyncio describes a task in further lines, with the text of its exception; the exception itself is told apart.
    """
    lines = str(event["event"]).splitlines()
    told = lines[:1] if event["logger"] == "asyncio" else lines
    return {**event, "event": "\n".join(clean_text(line) for line in told)}

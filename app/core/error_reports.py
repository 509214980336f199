"""Reports to Sentry: faults of ours with their stack, and the course of requests, without what users wrote."""

import logging
import re
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any, cast

import sentry_sdk
import structlog
from sentry_sdk.integrations.atexit import AtexitIntegration
from sentry_sdk.integrations.dedupe import DedupeIntegration
from sentry_sdk.integrations.excepthook import ExcepthookIntegration

from app import __version__
from app.core.report_cleaning import DATABASE_SPAN, clean_breadcrumb, clean_event
from app.core.settings import ObservabilitySettings

if TYPE_CHECKING:
    from sentry_sdk.tracing import NoOpSpan, Transaction
    from sentry_sdk.types import Breadcrumb, BreadcrumbHint, Event, Hint

# The end of a process waits so long for what is left to be sent, as with traces.
FLUSH_SECONDS = 2.0

# Reports of what reports would never end.
_SILENT_LOGGERS = ("sentry_sdk", "urllib3", "opentelemetry")
# As events of ours are called. Any other text may have been put together of what somebody wrote.
_EVENT_NAME = re.compile(r"[a-z][a-z0-9_]*")


def configure_error_reports(settings: ObservabilitySettings, profile: str) -> None:
    """Send faults to the configured Sentry project; without a DSN nothing is sent.

    `configure_logging` comes first. Sending is the work of a thread with a queue of 100 reports; what comes beyond,
    while the receiver is slow or away, is dropped.
    """
    if settings.sentry_dsn is None:
        return
    sentry_sdk.init(
        dsn=settings.sentry_dsn.get_secret_value(),
        release=f"taskfleet@{__version__}" + (f"+{settings.revision}" if settings.revision else ""),
        environment=settings.environment or profile,
        # Without a share, nothing of tracing is at work.
        traces_sample_rate=settings.sentry_traces_sample_rate or None,
        # Those that come by default look into web framework, database and arguments of the program, and tell of them
        # what is nobody's business. `RequestReports`, `_LogReports` and `record_command` stand in.
        default_integrations=False,
        auto_enabling_integrations=False,
        integrations=[AtexitIntegration(_end_quietly), DedupeIntegration(), ExcepthookIntegration()],
        # Local variables and bodies hold task texts and tokens. Nothing is said of personal data, which leaves them
        # out; saying so is deprecated.
        include_local_variables=False,
        max_request_body_size="never",
        before_send=_clean,
        before_send_transaction=_clean,
        before_breadcrumb=_clean_breadcrumb,
        shutdown_timeout=FLUSH_SECONDS,
    )
    logging.getLogger().addHandler(_LogReports())


def flush_error_reports() -> None:
    """Send what is left, and wait for that for a while only; it blocks meanwhile."""
    sentry_sdk.flush(FLUSH_SECONDS)


@contextmanager
def report_request(
    method: str, find_route: Callable[[], str], ignored: tuple[type[Exception], ...], *, is_of_interest: bool
) -> Iterator[Callable[[int], None]]:
    """Report what is raised within, under the route that `find_route` tells at the end, and pass it on.

    Gives what to call with the status of the answer. What is `ignored` is no fault; of a request that is not
    `is_of_interest` the course is never told.
    """
    with sentry_sdk.isolation_scope(), _begin_course(method, is_of_interest=is_of_interest) as transaction:
        try:
            yield _tell_nobody if transaction is None else transaction.set_http_status
        except Exception as error:
            if not isinstance(error, ignored):
                _name_transaction(method, find_route)
                sentry_sdk.capture_exception(error)
            raise
        finally:
            _name_transaction(method, find_route)


def _begin_course(method: str, *, is_of_interest: bool) -> "Transaction | NoOpSpan | nullcontext[None]":
    """Begin what tells the course of a request; where none is ever told, nothing, which is cheaper."""
    if not is_of_interest or not sentry_sdk.get_client().options.get("traces_sample_rate"):
        return nullcontext()
    return sentry_sdk.start_transaction(op="http.server", name=method, source="route")


def _tell_nobody(_status: int) -> None:
    """Take the status of an answer whose course is not told."""


def _name_transaction(method: str, find_route: Callable[[], str]) -> None:
    sentry_sdk.get_current_scope().set_transaction_name(f"{method} {find_route()}", source="route")


class ReportedCommands:
    """Adds commands to MongoDB to the course of a request that is reported."""

    def record_command(self, operation: str, collection: str | None, seconds: float, *, is_failed: bool) -> None:
        """Note a command that has just ended."""
        parent = sentry_sdk.get_current_span()
        if parent is None or not parent.sampled:
            return
        ended = time.time()
        name = f"{operation} {collection}" if collection else operation
        span = parent.start_child(op=DATABASE_SPAN, name=name, start_timestamp=ended - seconds)
        span.set_status("internal_error" if is_failed else "ok")
        span.finish(end_timestamp=ended)


class _LogReports(logging.Handler):
    """Reports what is logged as an error, and keeps the names of events that went before."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)

    def emit(self, record: logging.LogRecord) -> None:
        """Take note of an event; only its name is of use, because its fields may tell of users."""
        if record.name.partition(".")[0] in _SILENT_LOGGERS:
            return
        # structlog hands its fields on where others have their text.
        fields: dict[str, Any] = record.msg if isinstance(record.msg, dict) else {"event": record.msg}
        name = _name_of(str(fields["event"]), record)
        if record.levelno < logging.ERROR:
            sentry_sdk.add_breadcrumb(category=record.name, message=name, level=record.levelname.lower())
            return
        error = _find_exception(fields.get("exc_info") or record.exc_info)
        if error is None:
            sentry_sdk.capture_event({"message": name, "level": "error", "logger": record.name})
        else:
            sentry_sdk.capture_exception(error, tags={"event": name, "logger": record.name})


def _name_of(text: str, record: logging.LogRecord) -> str:
    """Return the event's name, or the text into which others put their values; else only where it was logged."""
    is_constant = bool(record.args) or _EVENT_NAME.fullmatch(text) is not None
    return text if is_constant else f"{record.name}, line {record.lineno}"


def _find_exception(information: Any) -> BaseException | None:
    if isinstance(information, BaseException):
        return information
    if information is True:
        return sys.exc_info()[1]
    return information[1] if isinstance(information, tuple) else None


def _clean(event: "Event", _hint: "Hint") -> "Event":
    """Return what may be told of an event, with the names by which it is found in the log."""
    context = structlog.contextvars.get_contextvars()
    named = {name: context[name] for name in ("request_id", "trace_id") if name in context}
    return cast("Event", clean_event({**event, "tags": {**cast("dict[str, Any]", event.get("tags") or {}), **named}}))


def _clean_breadcrumb(breadcrumb: "Breadcrumb", _hint: "BreadcrumbHint") -> "Breadcrumb":
    return clean_breadcrumb(breadcrumb)


def _end_quietly(_pending: int, _timeout: float) -> None:
    """Write nothing to the log, whose lines are JSON."""

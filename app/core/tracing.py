"""Traces by OpenTelemetry: sent to an OTLP endpoint in the background, without secrets and what users wrote."""

import asyncio
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.sampling import ALWAYS_ON, ParentBased
from opentelemetry.trace import SpanContext, SpanKind, Status, StatusCode
from opentelemetry.util.re import parse_env_headers

from app import __version__
from app.core.settings import MODULES, ObservabilitySettings, RuntimeSettings

SERVICE_NAME = "taskfleet"

# Where a base address leads to (OpenTelemetry Protocol 1.9, "OTLP/HTTP Request").
_TRACES_PATH = "/v1/traces"

# The defaults of OpenTelemetry's batch processor; 2,048 spans are some 4 MB. What comes beyond is dropped.
_MAX_WAITING_SPANS = 2_048
_MAX_SPANS_OF_A_BATCH = 512
# What is lost when the process is killed.
_SEND_EACH_MILLISECONDS = 1_000
# One attempt and its retries; other spans wait meanwhile, requests never do.
_EXPORT_SECONDS = 5
# The end of a process waits so long for what is left to be sent, and drops it then.
FLUSH_SECONDS = 2.0

# Whatever else is in a span (path, query, host, method as it came) holds ids, secrets or what somebody wrote.
ATTRIBUTES = frozenset(
    {
        *("http.request.method", "http.route", "http.response.status_code", "error.type"),
        *("url.scheme", "network.protocol.version"),
        *("db.system.name", "db.operation.name", "db.collection.name"),
    }
)


class Tracing:
    """The traces of one process. It decides nothing: whatever is begun without a caller's decision is traced."""

    def __init__(self, endpoint: str, resource: Mapping[str, str], headers: Mapping[str, str] | None = None) -> None:
        """`endpoint` is a base address; without `headers`, those that OpenTelemetry's own variables name are sent."""
        exporter = OTLPSpanExporter(endpoint=endpoint + _TRACES_PATH, timeout=_EXPORT_SECONDS, headers=headers)
        self.provider = TracerProvider(
            sampler=ParentBased(ALWAYS_ON), resource=Resource.create(dict(resource)), shutdown_on_exit=False
        )
        self.provider.add_span_processor(
            BatchSpanProcessor(
                CleaningExporter(exporter),
                max_queue_size=_MAX_WAITING_SPANS,
                schedule_delay_millis=_SEND_EACH_MILLISECONDS,
                max_export_batch_size=_MAX_SPANS_OF_A_BATCH,
            )
        )
        self._tracer = self.provider.get_tracer(SERVICE_NAME, __version__)

    def record_command(self, operation: str, collection: str | None, seconds: float, *, is_failed: bool) -> None:
        """Add a command to MongoDB to the request under way, if that is traced."""
        if not trace.get_current_span().get_span_context().trace_flags.sampled:
            return
        ended = time.time_ns()
        attributes = {"db.system.name": "mongodb", "db.operation.name": operation}
        if collection is not None:
            attributes["db.collection.name"] = collection
        span = self._tracer.start_span(
            f"{operation} {collection}" if collection else operation,
            kind=SpanKind.CLIENT,
            attributes=attributes,
            start_time=ended - int(seconds * 1e9),
        )
        if is_failed:
            span.set_status(StatusCode.ERROR)
        span.end(ended)

    async def close(self) -> None:
        """Send what is left, and wait for that for a while only."""
        loop, is_sent = asyncio.get_running_loop(), asyncio.Event()

        def send() -> None:
            self.provider.shutdown()
            with suppress(RuntimeError):  # nobody waited so long, and the loop is closed
                loop.call_soon_threadsafe(is_sent.set)

        # A thread that does not keep the process from ending, unlike those of the loop.
        threading.Thread(target=send, name="last-spans", daemon=True).start()
        with suppress(TimeoutError):
            async with asyncio.timeout(FLUSH_SECONDS):
                await is_sent.wait()


def name_service(runtime: RuntimeSettings) -> str:
    """Return what tells a service from the others that the modules are split into, such as `taskfleet-auth`."""
    if runtime.is_whole:
        return SERVICE_NAME
    return "-".join((SERVICE_NAME, *(module for module in MODULES if module in runtime.enabled_modules)))


def open_tracing(settings: ObservabilitySettings, runtime: RuntimeSettings) -> Tracing | None:
    """Return the traces that the settings ask for; the name of the profile stands in for that of an environment."""
    if settings.otlp_endpoint is None:
        return None
    resource = {
        "service.name": name_service(runtime),
        # Semantic conventions of OpenTelemetry, "Service": what several services belong to.
        "service.namespace": SERVICE_NAME,
        "service.version": __version__,
        "deployment.environment.name": settings.environment or runtime.profile,
    }
    if settings.revision is not None:
        resource["vcs.ref.head.revision"] = settings.revision
    headers = settings.otlp_headers
    sent = None if headers is None else parse_env_headers(headers.get_secret_value(), liberal=True)
    return Tracing(settings.otlp_endpoint, resource, sent)


class CleaningExporter(SpanExporter):
    """Hands spans on with what may be told of them; it works in the background, where it costs no request time."""

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send spans."""
        return self._exporter.export([clean_span(span) for span in spans])

    def shutdown(self) -> None:
        """Send no more."""
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Nothing waits here."""
        return self._exporter.force_flush(timeout_millis)


def clean_span(span: ReadableSpan) -> ReadableSpan:
    """Return a span with the attributes that are allowed, without events (exceptions with their text), links and what
    its caller says in `tracestate`.
    """
    attributes = {name: value for name, value in (span.attributes or {}).items() if name in ATTRIBUTES}
    return ReadableSpan(
        name=span.name,
        context=_without_state(span.context),
        parent=_without_state(span.parent),
        resource=span.resource,
        attributes=attributes,
        kind=span.kind,
        status=Status(span.status.status_code),
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )


def _without_state(context: SpanContext | None) -> SpanContext | None:
    if context is None:
        return None
    return SpanContext(context.trace_id, context.span_id, context.is_remote, context.trace_flags)

"""The ASGI application."""

import asyncio
import gc
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI
from fastapi.responses import RedirectResponse
from starlette.datastructures import State
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Receive, Scope, Send

from app import __version__
from app.api import health, metrics_router
from app.api.awaited_keys import AwaitedKeysMiddleware
from app.api.cacheable import collect_cacheable_routes
from app.api.cached_reads import CachedReadsMiddleware
from app.api.draining import DRAINING, Draining
from app.api.event_stream import END_STREAMS
from app.api.flat_routing import FlatRoutingMiddleware
from app.api.middleware import (
    MAX_BODY_BYTES,
    BodyLimitMiddleware,
    DeadlineMiddleware,
    HeadMiddleware,
    LogContextMiddleware,
    PlainPathMiddleware,
    RequestContextMiddleware,
)
from app.api.openapi import API_DESCRIPTION, TAGS, install_openapi
from app.api.paths import API_PREFIX
from app.api.problems import install_problem_handlers
from app.api.quick_reads import QUICK_READS, QuickReads
from app.api.rate_limit import RateLimitMiddleware
from app.api.reported_requests import ReportedRequestsMiddleware
from app.api.request_reports import RequestReports
from app.api.traced_requests import TraceChoice, TracedRequestMiddleware
from app.api.unconfirmed_tokens import UnconfirmedTokensMiddleware
from app.api.web_app import install_web_app
from app.bootstrap import build_limits, run_services
from app.core.access_log import AccessLog, PlainAccessLog, open_access_log
from app.core.clock import Clock, SystemClock
from app.core.error_reports import ReportedCommands, configure_error_reports, flush_error_reports
from app.core.logging import configure_logging
from app.core.metrics import Metrics
from app.core.settings import Settings, load_settings
from app.core.tracing import Tracing, open_tracing
from app.data.database import CommandListeners
from app.modules import enabled_parts
from app.monitoring import run_monitoring
from app.tasks.router import IMPORT_PATH


class _PlainState(State):
    """Attributes like any other object's: Starlette's own take ten times as long to be found, for each answer."""

    def __setattr__(self, key: str, value: Any) -> None:
        object.__setattr__(self, key, value)

    def __delattr__(self, key: str) -> None:
        object.__delattr__(self, key)


class _Application(FastAPI):
    """FastAPI with a front: middleware ahead of its own, through which a cached answer need not go."""

    front: Sequence[Middleware] = ()
    # Which requests FastAPI traces; None where there are no traces.
    trace_choice: TraceChoice | None = None

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Coroutine[Any, Any, None]:
        """Handle one connection; without a `root_path` and a trace, FastAPI itself does nothing else."""
        if scope["type"] == "lifespan":
            return super().__call__(scope, receive, send)
        if self.trace_choice is not None and self.trace_choice.is_traced(scope):
            # FastAPI's telemetry knows the messages of ASGI alone; it would take a whole answer for none.
            return super().__call__({**scope, "extensions": {}}, receive, send)
        if self.middleware_stack is None:
            self.middleware_stack = self.build_middleware_stack()
        scope["app"] = self
        return self.middleware_stack(scope, receive, send)  # type: ignore[return-value]  # typed by Starlette

    def build_middleware_stack(self) -> ASGIApp:
        """Put the front before what FastAPI builds; its first is the outermost."""
        app = super().build_middleware_stack()
        for middleware in reversed(self.front):
            app = middleware.cls(app, *middleware.args, **middleware.kwargs)
        return app


def create_app(
    settings: Settings,
    *,
    clock: Clock | None = None,
    listeners: CommandListeners = (),
    access_log: AccessLog | None = None,
) -> FastAPI:
    """Return the app with the enabled modules; its lifespan opens and closes all connections."""

    clock = clock or SystemClock()
    request_log = access_log or PlainAccessLog()
    observability = settings.observability
    tracing = open_tracing(observability, settings.runtime)
    is_reporting = observability.sentry_dsn is not None

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[dict[str, object]]:
        async with (
            _send_last(tracing, is_reporting=is_reporting),
            run_monitoring(observability, app.state.metrics),
            run_services(app, settings, clock, listeners),
        ):
            routes = collect_cacheable_routes(app)
            app.state.quick_reads = QuickReads(app.state.cached_reads, limits, reports, API_PREFIX, routes)
            try:
                yield {
                    END_STREAMS: app.state.events.close,
                    DRAINING: app.state.draining,
                    # What is traced goes the long way, all of it: it is there that traces are begun.
                    QUICK_READS: app.state.quick_reads if tracing is None else None,
                }
            finally:
                request_log.flush()

    app = _Application(
        title="Taskfleet",
        version=__version__,
        description=API_DESCRIPTION,
        openapi_tags=TAGS,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
        telemetry={
            "metrics": False,
            "logs": False,
            "operation_spans": False,
            "auto_configure": False,
            "tracing": tracing is not None,
            "tracer_provider": None if tracing is None else tracing.provider,
        },
    )
    app.state = _PlainState()
    app.state.metrics = Metrics(observability.revision)
    reports = RequestReports(app.state.metrics, request_log)
    app.state.span_recorders = (
        *([] if tracing is None else [tracing]),
        *([ReportedCommands()] if observability.sentry_traces_sample_rate and is_reporting else []),
    )
    app.state.draining = Draining(settings.http.shutdown_delay_seconds, app.state.metrics)
    app.state.limits = build_limits(app, settings, clock)
    install_problem_handlers(app)
    install_openapi(app)
    metrics, limits = app.state.metrics, app.state.limits
    web_dist, asset_origin = settings.http.web_dist, settings.http.web_asset_origin
    frontends = () if web_dist is None else (install_web_app(app, web_dist, asset_origin),)
    if tracing is not None:
        app.trace_choice = TraceChoice(observability.trace_sample_ratio)
    app.front = (
        *([] if tracing is None else [Middleware(TracedRequestMiddleware)]),
        Middleware(HeadMiddleware),
        Middleware(RequestContextMiddleware, reports=reports),
        *(() if settings.runtime.signs_tokens else (Middleware(AwaitedKeysMiddleware),)),
        Middleware(RateLimitMiddleware, limits=limits, routes=app.routes, metrics=metrics, frontends=frontends),
        Middleware(CachedReadsMiddleware, prefix=API_PREFIX, routes=lambda: collect_cacheable_routes(app)),
        Middleware(UnconfirmedTokensMiddleware),
        *([Middleware(ReportedRequestsMiddleware)] if is_reporting else []),
    )
    # The last one added is the outermost.
    app.add_middleware(FlatRoutingMiddleware, routes=app.routes, handlers=app.exception_handlers)
    app.add_middleware(PlainPathMiddleware)
    uploads = {IMPORT_PATH: settings.tasks.max_import_bytes}
    app.add_middleware(BodyLimitMiddleware, max_bytes=MAX_BODY_BYTES, uploads=uploads)
    app.add_middleware(
        DeadlineMiddleware, timeout_seconds=settings.http.request_timeout_seconds, uploads=uploads.keys()
    )
    app.add_middleware(LogContextMiddleware)
    _include_routers(app, settings)
    return app


@asynccontextmanager
async def _send_last(tracing: Tracing | None, *, is_reporting: bool) -> AsyncIterator[None]:
    """Send the traces and reports that are left, at the end of the context and within a few seconds."""
    try:
        yield
    finally:
        await asyncio.gather(
            *([] if tracing is None else [tracing.close()]),
            *([asyncio.to_thread(flush_error_reports)] if is_reporting else []),
        )


def _include_routers(app: FastAPI, settings: Settings) -> None:
    for parts in enabled_parts(settings):
        for router, prefix in parts.routers(settings):
            app.include_router(router, prefix=prefix)
    app.include_router(health.router)
    if settings.observability.metrics_port is None:
        app.include_router(metrics_router.router)
    if settings.http.web_dist is None:
        app.add_api_route("/", _redirect_to_docs, include_in_schema=False)


async def _redirect_to_docs() -> RedirectResponse:
    return RedirectResponse("/docs")


def create_app_from_environment() -> FastAPI:
    """Return the app that the environment describes; the factory that uvicorn's workers call."""
    settings = load_settings()
    configure_logging(settings.observability.log_format)
    configure_error_reports(settings.observability, settings.runtime.profile)
    app = create_app(settings, access_log=open_access_log(settings.observability.log_format))
    _calm_garbage_collector()
    return app


def _calm_garbage_collector() -> None:
    """Keep the collector from walking, again and again, what lives as long as the process: modules, routes, schemas.

    It took a seventh of the time of a cached answer, and a full collection kept everybody waiting for 70 ms.
    """
    gc.collect()
    gc.freeze()
    # Objects that may form cycles, made since the last look: some hundred requests instead of ten.
    gc.set_threshold(20_000, 20, 20)

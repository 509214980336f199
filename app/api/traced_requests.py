"""Which requests are traced, and what their traces tell of answers that never reach the framework's router."""

import random
from collections.abc import Callable
from typing import Any

from opentelemetry import trace
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api.paths import OPERATIONS_PATHS
from app.api.traceparent import find_traceparent, is_sampled


class TraceChoice:
    """Decides ahead of everything else, so that a request that is not traced costs next to nothing."""

    def __init__(self, ratio: float, draw: Callable[[], float] = random.random) -> None:
        """`ratio` is the share of those traced that come without a caller's decision; `draw` is from 0 to below 1."""
        self._ratio = ratio
        self._draw = draw

    def is_traced(self, scope: Scope) -> bool:
        """Whether this connection is a request to be traced: as its caller has it, else by chance."""
        if scope["type"] != "http" or scope["path"] in OPERATIONS_PATHS:
            return False
        traceparent = find_traceparent(scope["headers"])
        return self._draw() < self._ratio if traceparent is None else is_sampled(traceparent)


class TracedRequestMiddleware:
    """Within the span of a request: gives it a `traceparent` if it came without, and the span the route."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection of any type; only requests under way in a trace are dealt with here."""
        span = trace.get_current_span()
        context = span.get_span_context()
        if scope["type"] != "http" or not context.is_valid:
            await self._app(scope, receive, send)
            return
        state: dict[str, Any] = scope.setdefault("state", {})
        if find_traceparent(scope["headers"]) is None:
            made = b"00-%032x-%016x-%02x" % (context.trace_id, context.span_id, context.trace_flags)
            scope["headers"] = [*scope["headers"], (b"traceparent", made)]

        async def send_and_name(message: Message) -> None:
            route = state.get("route_template")
            if message["type"] == "http.response.start" and route is not None:
                span.set_attribute("http.route", route)
                span.update_name(f"{scope['method']} {route}")
            await send(message)

        await self._app(scope, receive, send_and_name)

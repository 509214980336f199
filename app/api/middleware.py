"""Pure ASGI middleware around the router: request ids, log, metrics, body limit, deadline, last-resort errors."""

import asyncio
import re
import time
from collections.abc import Mapping
from http import HTTPMethod
from typing import Any

import structlog
from fastapi import Request
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api.problems import InternalError, respond_with_problem
from app.core.access_log import AccessLog
from app.core.errors import ProblemError, ServiceUnavailableError
from app.core.ids import new_name
from app.core.metrics import Metrics

_SAFE_REQUEST_ID = re.compile(rb"[A-Za-z0-9._:/+=-]{1,128}")
# W3C Trace Context, level 1, section 3.2.
_TRACEPARENT = re.compile(rb"[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")

# What a URL cannot hold (RFC 3986, section 2), but some servers pass on; reading it would fail further in.
_BEYOND_ASCII = re.compile(rb"[\x80-\xff]")

_SECURITY_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"x-frame-options", b"DENY"),
)

# 1 MiB is the contract's number (strictness).
MAX_BODY_BYTES = 1_048_576
# More than 2 ** 64 has; Python refuses to read numbers of several thousand digits.
_MAX_LENGTH_DIGITS = 20

# Where inner middleware leaves, in the state of a request that failed, the headers that its answer would have had.
FAILURE_HEADERS = "failure_headers"

# Nobody hears the answer to a request whose client has gone; logs and metrics show it with nginx's own number.
_CLIENT_CLOSED_REQUEST = 499

logger = structlog.get_logger(__name__)


class RequestContextMiddleware:
    """Names each request, logs and counts its end, and answers what nobody else did with a 500 problem."""

    def __init__(self, app: ASGIApp, metrics: Metrics, access_log: AccessLog) -> None:
        self._app = app
        self._metrics = metrics
        self._access_log = access_log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection of any type; only http is dealt with here."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if not scope["query_string"].isascii():
            scope = {**scope, "query_string": _BEYOND_ASCII.sub(_quote_byte, scope["query_string"])}
        exchange = _Exchange(scope, send)
        try:
            await self._app(scope, receive, exchange.send)
        except ClientDisconnect:
            exchange.status = _CLIENT_CLOSED_REQUEST
        except Exception:
            logger.exception("request_failed", request_id=exchange.request_id)
            if exchange.status == 0:
                response = respond_with_problem(Request(scope), InternalError("Something went wrong on our side."))
                response.raw_headers.extend(scope["state"].get(FAILURE_HEADERS, ()))
                await response(scope, receive, exchange.send)
        finally:
            self._report(scope, exchange)

    def _report(self, scope: Scope, exchange: "_Exchange") -> None:
        seconds = time.perf_counter() - exchange.started
        method, route = _method_label(scope), _route_template(scope)
        self._metrics.count_request(method, route, exchange.status, seconds)
        entry = {
            "method": method,
            "route": route,
            "status": exchange.status,
            "milliseconds": round(seconds * 1000, 1),
            "user_id": scope["state"].get("user_id"),
            "request_id": exchange.request_id,
        }
        if exchange.trace_id is not None:
            entry["trace_id"] = exchange.trace_id
        self._access_log.write(entry)


def _quote_byte(match: re.Match[bytes]) -> bytes:
    return b"%%%02X" % match[0][0]


class _Exchange:
    """One request with its answer."""

    __slots__ = ("_headers", "_send", "request_id", "started", "status", "trace_id")

    def __init__(self, scope: Scope, send: Send) -> None:
        self.started = time.perf_counter()
        self.status = 0
        self.request_id = ""
        self.trace_id: str | None = None
        self._send = send
        self._headers = list(_SECURITY_HEADERS)
        for name, value in scope["headers"]:
            if name == b"x-request-id" and not self.request_id and _SAFE_REQUEST_ID.fullmatch(value):
                self.request_id = value.decode()
            elif name == b"traceparent" and self.trace_id is None and _TRACEPARENT.fullmatch(value):
                self.trace_id = value.decode().split("-")[1]
                self._headers.append((b"traceparent", value))
        self.request_id = self.request_id or new_name()
        self._headers.append((b"x-request-id", self.request_id.encode()))
        state = scope.setdefault("state", {})
        state["request_id"] = self.request_id
        state["trace_id"] = self.trace_id
        state["started"] = self.started

    async def send(self, message: Message) -> None:
        """Pass the answer on with the headers that every answer bears."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            message = {**message, "headers": [*message["headers"], *self._headers]}
        await self._send(message)


class LogContextMiddleware:
    """Binds the request's ids to everything that is logged while the router is at work."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection of any type; only http is dealt with here."""
        if scope["type"] == "http":
            state = scope["state"]
            structlog.contextvars.clear_contextvars()
            structlog.contextvars.bind_contextvars(request_id=state["request_id"])
            if state["trace_id"] is not None:
                structlog.contextvars.bind_contextvars(trace_id=state["trace_id"])
        await self._app(scope, receive, send)


def _method_label(scope: Mapping[str, Any]) -> str:
    """The method; for those that somebody made up one fixed label, so that they make no new time series."""
    method: str = scope["method"]
    return method if method in HTTPMethod.__members__ else "(other)"


def _route_template(scope: Mapping[str, Any]) -> str:
    """The full path template; for unknown paths one fixed label, so that scanners make no new time series."""
    known: str | None = scope["state"].get("route_template")  # of what never reached the router
    if known is not None:
        return known
    route = scope.get("route")
    if route is None:
        return "(none)"
    effective = scope.get("fastapi", {}).get("effective_route_context")
    return str(getattr(effective, "path", None) or route.path)


class DeadlineMiddleware:
    """Answers 503 when a request takes too long and has not begun its answer."""

    def __init__(self, app: ASGIApp, timeout_seconds: float) -> None:
        self._app = app
        self._timeout_seconds = timeout_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Bound an http request up to the start of its answer; a stream may then go on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            # What went before, such as waiting for another request's answer, counts.
            waited_seconds = time.perf_counter() - scope["state"].get("started", time.perf_counter())
            async with asyncio.timeout(max(self._timeout_seconds - waited_seconds, 0)) as deadline:

                async def send_and_lift(message: Message) -> None:
                    deadline.reschedule(None)
                    await send(message)

                await self._app(scope, receive, send_and_lift)
        except TimeoutError:
            if not deadline.expired():
                raise
            logger.warning("request_timed_out")
            problem = ServiceUnavailableError("The request could not be answered in time.")
            await respond_with_problem(Request(scope), problem)(scope, receive, send)


class PayloadTooLargeError(ProblemError):
    """The body is longer than any operation takes."""

    slug = "payload-too-large"
    title = "Payload too large"
    status = 413


class BodyLimitMiddleware:
    """Refuses bodies over a limit: at once when `Content-Length` admits it, else while they are read."""

    def __init__(self, app: ASGIApp, max_bytes: int) -> None:
        self._app = app
        self._max_bytes = max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection of any type; only http has a body."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        problem = PayloadTooLargeError(f"The body is longer than {self._max_bytes} bytes.")
        declared = Headers(scope=scope).get("content-length", "")
        if declared.isdecimal() and (len(declared) > _MAX_LENGTH_DIGITS or int(declared) > self._max_bytes):
            await respond_with_problem(Request(scope), problem)(scope, receive, send)
            return
        received_bytes = 0

        async def receive_bounded() -> Message:
            nonlocal received_bytes
            message = await receive()
            received_bytes += len(message.get("body", b""))
            if received_bytes > self._max_bytes:
                raise problem
            return message

        await self._app(scope, receive_bounded, send)


class HeadMiddleware:
    """Answers HEAD as GET without its body (RFC 9110, section 9.3.2), which FastAPI's routes do not by themselves."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection of any type; all but HEAD requests pass as they are."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return

        is_complete = False

        async def send_without_body(message: Message) -> None:
            nonlocal is_complete
            if message["type"] != "http.response.body":
                await send(message)
            elif not is_complete:
                # Complete with the first part: a stream may have no last one. It sees its client leave then.
                is_complete = True
                await send({"type": "http.response.body", "body": b""})

        await self._app({**scope, "method": "GET"}, receive, send_without_body)

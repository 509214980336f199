"""Pure ASGI middleware around the router: request ids, log, metrics, body limit, deadline, last-resort errors."""

import asyncio
import re
import secrets
import time
from collections.abc import Mapping
from http import HTTPMethod
from typing import Any

import structlog
from fastapi import Request
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api.problems import InternalError, respond_with_problem
from app.core.errors import ProblemError, ServiceUnavailableError
from app.core.metrics import Metrics

_SAFE_REQUEST_ID = re.compile(r"[A-Za-z0-9._:/+=-]{1,128}")
# W3C Trace Context, level 1, section 3.2.
_TRACEPARENT = re.compile(r"[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")

# What a URL cannot hold (RFC 3986, section 2), but some servers pass on; reading it would fail further in.
_BEYOND_ASCII = re.compile(rb"[\x80-\xff]")

_SECURITY_HEADERS: Mapping[str, str] = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}

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

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection of any type; only http is dealt with here."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        ascii_scope = {**scope, "query_string": _BEYOND_ASCII.sub(_quote_byte, scope["query_string"])}
        await _Exchange(self._app, self._metrics, ascii_scope, receive, send).run()


def _quote_byte(match: re.Match[bytes]) -> bytes:
    return b"%%%02X" % match[0][0]


class _Exchange:
    """One request with its answer."""

    def __init__(self, app: ASGIApp, metrics: Metrics, scope: Scope, receive: Receive, send: Send) -> None:
        self._app = app
        self._metrics = metrics
        self._scope = scope
        self._receive = receive
        self._send = send
        self._status = 0
        self._headers: dict[str, str] = dict(_SECURITY_HEADERS)

    async def run(self) -> None:
        self._name()
        started = time.perf_counter()
        try:
            await self._app(self._scope, self._receive, self._send_with_headers)
        except ClientDisconnect:
            self._status = _CLIENT_CLOSED_REQUEST
        except Exception:
            logger.exception("request_failed")
            if self._status == 0:
                response = respond_with_problem(
                    Request(self._scope), InternalError("Something went wrong on our side.")
                )
                response.raw_headers.extend(self._scope["state"].get(FAILURE_HEADERS, ()))
                await response(self._scope, self._receive, self._send_with_headers)
        finally:
            self._report(time.perf_counter() - started)

    def _name(self) -> None:
        incoming = Headers(scope=self._scope)
        request_id = incoming.get("x-request-id", "")
        if not _SAFE_REQUEST_ID.fullmatch(request_id):
            request_id = secrets.token_hex(8)
        self._headers["X-Request-ID"] = request_id
        self._scope.setdefault("state", {})["request_id"] = request_id
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        traceparent = incoming.get("traceparent", "")
        if _TRACEPARENT.fullmatch(traceparent):
            self._headers["traceparent"] = traceparent
            structlog.contextvars.bind_contextvars(trace_id=traceparent.split("-")[1])

    async def _send_with_headers(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._status = message["status"]
            outgoing = MutableHeaders(scope=message)
            for name, value in self._headers.items():
                outgoing.setdefault(name, value)
        await self._send(message)

    def _report(self, seconds: float) -> None:
        method, route = _method_label(self._scope), _route_template(self._scope)
        self._metrics.requests.labels(method, route, str(self._status)).inc()
        self._metrics.request_seconds.labels(method, route).observe(seconds)
        logger.info(
            "request",
            method=method,
            route=route,
            status=self._status,
            milliseconds=round(seconds * 1000, 1),
            user_id=self._scope["state"].get("user_id"),
        )


def _method_label(scope: Mapping[str, Any]) -> str:
    """The method; for those that somebody made up one fixed label, so that they make no new time series."""
    method: str = scope["method"]
    return method if method in HTTPMethod.__members__ else "(other)"


def _route_template(scope: Mapping[str, Any]) -> str:
    """The full path template; for unknown paths one fixed label, so that scanners make no new time series."""
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
            async with asyncio.timeout(self._timeout_seconds) as deadline:

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

        async def send_without_body(message: Message) -> None:
            await send({**message, "body": b""} if message["type"] == "http.response.body" else message)

        await self._app({**scope, "method": "GET"}, receive, send_without_body)

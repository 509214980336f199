"""Pure ASGI middleware around the router: request ids, log, metrics, body limit, deadline, last-resort errors."""

import asyncio
import re
import time
from collections.abc import Awaitable, Collection, Mapping
from typing import Any

import structlog
from fastapi import Request
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api.exchange import Exchange
from app.api.problems import PayloadTooLargeError, respond_with_fault, respond_with_problem
from app.api.request_reports import RequestReports
from app.core.errors import NotFoundError, ServiceUnavailableError

# What a URL cannot hold (RFC 3986, section 2), but some servers pass on; reading it would fail further in.
_BEYOND_ASCII = re.compile(rb"[\x80-\xff]")

# 1 MiB is the contract's number (strictness).
MAX_BODY_BYTES = 1_048_576
# More than 2 ** 64 has; Python refuses to read numbers of several thousand digits.
_MAX_LENGTH_DIGITS = 20

# Nobody hears the answer to a request whose client has gone; logs and metrics show it with nginx's own number.
_CLIENT_CLOSED_REQUEST = 499

logger = structlog.get_logger(__name__)


class RequestContextMiddleware:
    """Names each request, logs and counts its end, and answers what nobody else did with a 500 problem."""

    def __init__(self, app: ASGIApp, reports: RequestReports) -> None:
        self._app = app
        self._reports = reports

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection of any type; only http is dealt with here."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if not scope["query_string"].isascii():
            scope = {**scope, "query_string": _BEYOND_ASCII.sub(_quote_byte, scope["query_string"])}
        exchange = Exchange.begin(scope, send)
        try:
            await self._app(scope, receive, exchange.send)
            if not exchange.has_begun:  # a stream whose client left ahead of its first part
                exchange.status = _CLIENT_CLOSED_REQUEST
        except ClientDisconnect:
            exchange.status = _CLIENT_CLOSED_REQUEST
        except Exception:
            logger.exception("request_failed", **_names_of(exchange, scope))
            if not exchange.has_begun:
                await respond_with_fault(Request(scope))(scope, receive, exchange.send)
        finally:
            self._reports.report(scope, exchange)
            exchange.end()


def _names_of(exchange: Exchange, scope: Scope) -> dict[str, Any]:
    """The names that everything logged of a request bears; here, no context bears them."""
    names = {"user_id": scope["state"].get("user_id"), "request_id": exchange.request_id}
    return names if exchange.trace_id is None else names | {"trace_id": exchange.trace_id}


def _quote_byte(match: re.Match[bytes]) -> bytes:
    return b"%%%02X" % match[0][0]


class LogContextMiddleware:
    """Binds the request's ids to everything that is logged while the router is at work.

    Where the cache does not know the user, `app.api.security` adds whose request it is.
    """

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
            if "user_id" in state:
                structlog.contextvars.bind_contextvars(user_id=state["user_id"])
        await self._app(scope, receive, send)


class DeadlineMiddleware:
    """Answers 503 when a request takes too long and nothing of its answer has left."""

    def __init__(self, app: ASGIApp, timeout_seconds: float, uploads: Collection[str] = ()) -> None:
        """`uploads` are the paths to which bodies may be long on their way: each part begins the time anew."""
        self._app = app
        self._timeout_seconds = timeout_seconds
        self._uploads = frozenset(uploads)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Bound an http request up to the first part of its answer's body; a stream may then go on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            # What went before, such as waiting for another request's answer, counts.
            waited_seconds = time.perf_counter() - scope["state"].get("started", time.perf_counter())
            async with asyncio.timeout(max(self._timeout_seconds - waited_seconds, 0)) as deadline:

                async def send_and_lift(message: Message) -> None:
                    # An app that answers although it was told that it is too late has an answer all the same.
                    if message["type"] == "http.response.body" and not deadline.expired():
                        deadline.reschedule(None)
                    await send(message)

                async def receive_and_defer() -> Message:
                    message = await receive()
                    if message["type"] == "http.request" and deadline.when() is not None and not deadline.expired():
                        deadline.reschedule(asyncio.get_running_loop().time() + self._timeout_seconds)
                    return message

                is_upload = scope["path"] in self._uploads
                await self._app(scope, receive_and_defer if is_upload else receive, send_and_lift)
        except TimeoutError:
            if not deadline.expired():
                raise
            logger.warning("request_timed_out")
            problem = ServiceUnavailableError("The request could not be answered in time.")
            await respond_with_problem(Request(scope), problem)(scope, receive, send)


class BodyLimitMiddleware:
    """Refuses bodies over a limit: at once when `Content-Length` admits it, else while they are read."""

    def __init__(self, app: ASGIApp, max_bytes: int, uploads: Mapping[str, int] | None = None) -> None:
        """`uploads` has the paths that take more, each with its own limit."""
        self._app = app
        self._max_bytes = max_bytes
        self._uploads = dict(uploads or {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection of any type; only http has a body."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        max_bytes = self._uploads.get(scope["path"], self._max_bytes)
        declared = next((value for name, value in scope["headers"] if name == b"content-length"), b"")
        if declared.isdigit() and (len(declared) > _MAX_LENGTH_DIGITS or int(declared) > max_bytes):
            await respond_with_problem(Request(scope), _too_large(max_bytes))(scope, receive, send)
            return
        received_bytes = 0

        async def receive_bounded() -> Message:
            nonlocal received_bytes
            message = await receive()
            received_bytes += len(message.get("body", b""))
            if received_bytes > max_bytes:
                raise _too_large(max_bytes)
            return message

        await self._app(scope, receive_bounded, send)


def _too_large(max_bytes: int) -> PayloadTooLargeError:
    return PayloadTooLargeError(f"The body is longer than {max_bytes} bytes.")


class PlainPathMiddleware:
    """Answers 404 for a path that ends in a line break.

    Starlette's patterns end in `$`, which matches ahead of one: its router takes such a path for the one without, and
    whatever else goes by the path (limits, links) does not.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection of any type; only http has paths with routes."""
        app = self._app
        if scope["type"] == "http" and scope["path"].endswith("\n"):
            app = respond_with_problem(Request(scope), NotFoundError("There is nothing at this address."))
        await app(scope, receive, send)


class HeadMiddleware:
    """Answers HEAD as GET without its body (RFC 9110, section 9.3.2), which FastAPI's routes do not by themselves."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Handle one connection of any type; all but HEAD requests pass as they are."""
        is_head = scope["type"] == "http" and scope["method"] == "HEAD"
        return self._answer(scope, receive, send) if is_head else self._app(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_complete = False

        async def send_without_body(message: Message) -> None:
            nonlocal is_complete
            if message["type"] != "http.response.body":
                await send(message)
            elif not is_complete:
                # Complete with the first part: a stream may have no last one. It sees its client leave then.
                is_complete = True
                await send({"type": "http.response.body", "body": b""})

        await self._app({**scope, "method": "GET", "extensions": {}}, receive, send_without_body)

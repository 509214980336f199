"""HTTP/1.1 on a connection: uvicorn's own protocol, with a bound on the head of a request and problems for errors.

What is whole already, as most answers are, leaves in one piece.
"""

import asyncio
import secrets
from collections.abc import Awaitable, Sequence
from functools import partial
from http import HTTPStatus
from typing import Any, cast

import structlog
from pydantic_core import to_json
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from app.api.draining import DRAINING, Draining
from app.api.event_stream import END_STREAMS
from app.api.exchange import DONE, WHOLE_ANSWER, read_head, split_answer, write_head
from app.api.problems import MEDIA_TYPE, describe_problem
from app.api.quick_reads import QUICK_READS, QuickReads
from app.core.errors import ProblemError

# What uvicorn's slower protocol allows by default; this one would read a head of any length into memory.
MAX_HEAD_BYTES = 65_536
# A head of which a part has arrived is complete within a round trip or two, or its client is very slow.
_HEAD_PATIENCE_SECONDS = 1.0

logger = structlog.get_logger(__name__)


class MalformedRequestError(ProblemError):
    """What arrived is not HTTP/1.1."""

    slug = "malformed-request"
    title = "Malformed request"
    status = 400


class RequestHeadTooLargeError(ProblemError):
    """The request line and the headers are longer than any request needs."""

    slug = "request-head-too-large"
    title = "Request head too large"
    status = 431


class HttpProtocol(HttpToolsProtocol):
    """One connection. What is refused here never reaches the app, so the problem is written by hand."""

    _is_receiving = False
    _was_in_head = False
    _head_bytes = 0

    def data_received(self, data: bytes) -> None:
        """Take bytes from the connection."""
        self._is_receiving = True
        super().data_received(data)
        self._is_receiving = False
        # The first byte of a request makes a scope, the end of its head a cycle.
        if self.cycle is not None and self.cycle.scope is self.scope:
            self._was_in_head = False
            return
        # A piece in which something else ended is not counted, so the bound is exceeded by one piece at most.
        self._head_bytes = self._head_bytes + len(data) if self._was_in_head else 0
        self._was_in_head = True
        if self._head_bytes > MAX_HEAD_BYTES and not self.transport.is_closing():
            self._refuse(RequestHeadTooLargeError(f"The head of the request exceeds {MAX_HEAD_BYTES} bytes."))

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        answers = _WholeAnswers(cycle, app, self.app_state.get(DRAINING))
        start = partial(super()._start_asgi_task, cycle, answers)  # type: ignore[arg-type]  # typed by Starlette
        # What was waiting behind another request of its connection is begun in the context of that one.
        quick_reads: QuickReads | None = self.app_state.get(QUICK_READS) if self._is_receiving else None
        if quick_reads is None or not quick_reads.begin(cast("Scope", cycle.scope), answers.send_now, start):
            start()

    def shutdown(self) -> None:
        """The server ends, once all answers under way are complete: those that go on for ever have to be ended.

        A request of which a part has arrived is still answered.
        """
        if self._was_in_head:
            self.loop.call_later(_HEAD_PATIENCE_SECONDS, super().shutdown)
        else:
            super().shutdown()
        end_streams = self.app_state.get(END_STREAMS)
        if end_streams is not None:
            end_streams()

    def send_400_response(self, msg: str) -> None:
        """Refuse what the parser cannot read."""
        self._refuse(MalformedRequestError(msg))

    def _refuse(self, problem: ProblemError) -> None:
        request_id = secrets.token_hex(8)
        body = to_json(describe_problem(problem) | {"instance": "", "request_id": request_id})
        head = (
            f"HTTP/1.1 {problem.status} {HTTPStatus(problem.status).phrase}\r\n"
            f"Content-Type: {MEDIA_TYPE}\r\nContent-Length: {len(body)}\r\nCache-Control: no-store\r\n"
            f"X-Content-Type-Options: nosniff\r\nX-Request-ID: {request_id}\r\nConnection: close\r\n\r\n"
        )
        self.transport.write(head.encode() + body)
        self.transport.close()


def _do_nothing() -> None:
    """An answer has ended, and nobody needs to be told any more."""


class _DefaultHead:
    """What the server puts ahead of each head, written once for each list of headers: uvicorn makes one a second."""

    def __init__(self) -> None:
        self._headers: Sequence[tuple[bytes, bytes]] = ()
        self._head = b""

    def of(self, headers: Sequence[tuple[bytes, bytes]]) -> bytes:
        """Return the headers as they travel; the same list is taken to hold the same ones."""
        if headers is not self._headers:
            self._headers, self._head = headers, write_head(headers)
        return self._head


_default_head = _DefaultHead()


class _WholeAnswers:
    """Runs the app for one request, which may answer with a single call.

    That is one call of the kernel instead of two, and no look at each header of what is known to be valid.
    """

    __slots__ = ("_app", "_cycle", "_draining")

    def __init__(self, cycle: RequestResponseCycle, app: ASGIApp, draining: Draining | None) -> None:
        self._cycle = cycle
        self._app = app
        self._draining = draining

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - it is ours
        scope["extensions"] = extensions = {WHOLE_ANSWER: self.send_whole}
        try:
            await self._app(scope, receive, self.send)
        except asyncio.CancelledError:
            if not self._is_cut_off():
                raise
            # uvicorn would tell of a fault of the app. The client was too slow, and sees that something is missing.
            logger.warning("answer_cut_off", method=scope["method"])
            self._cycle.disconnected = True
            self._cycle.transport.close()
        finally:
            extensions.clear()  # it leads to the scope that it is in; nobody should have to unravel that

    def _is_cut_off(self) -> bool:
        """Whether the server has lost patience with an answer under way, which it does at the end only."""
        is_ending = self._draining is not None and self._draining.has_begun
        return is_ending and self._cycle.response_started and not self._cycle.response_complete

    async def send(self, message: Message) -> None:
        """Take a part of the answer."""
        self._heed_end()
        await self._cycle.send(message)  # type: ignore[arg-type]

    def send_whole(self, status: int, head: bytes, body: bytes) -> Awaitable[None]:
        """Take the whole answer (`app.api.exchange.WHOLE_ANSWER`)."""
        return DONE if self._send_at_once(status, head, body) else self._send_in_parts(status, head, body)

    def send_now(self, status: int, head: bytes, body: bytes) -> bool:
        """Take the whole answer to a request that has no task (`app.api.quick_reads.SendNow`)."""
        is_sent = self._send_at_once(status, head, body)
        if is_sent:
            self._cycle.on_response = _do_nothing  # as uvicorn does at the end of a task: it leads back to the cycle
        return is_sent

    def _send_at_once(self, status: int, head: bytes, body: bytes) -> bool:
        self._heed_end()
        cycle = self._cycle
        if cycle.transport.is_closing():
            cycle.disconnected = True  # uvicorn marks the latest request of a connection alone
        if not cycle.keep_alive or cycle.flow.write_paused or cycle.disconnected or cycle.response_started:
            return False
        cycle.response_started = cycle.response_complete = True
        cycle.waiting_for_100_continue = False
        default_head = _default_head.of(cycle.default_headers)
        cycle.transport.write(b"%b%b%b\r\n%b" % (STATUS_LINE[status], default_head, head, body))
        cycle.message_event.set()
        cycle.on_response()
        return True

    async def _send_in_parts(self, status: int, head: bytes, body: bytes) -> None:
        """Have uvicorn send what is out of the ordinary."""
        for part in split_answer(status, read_head(head), body):
            await self._cycle.send(part)  # type: ignore[arg-type]

    def _heed_end(self) -> None:
        """A proxy that is told that we end lets go by itself; one that is not may send a request as we hang up."""
        if self._draining is not None and self._draining.has_begun:
            self._cycle.keep_alive = False

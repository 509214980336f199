"""One request and its answer: their names, and the headers that the answer bears whoever gives it."""

import re
import time
from collections.abc import Awaitable, Callable, Generator, Iterable

from starlette.types import Message, Scope, Send

from app.api.traceparent import TRACEPARENT
from app.core.ids import new_name

Headers = Iterable[tuple[bytes, bytes]]

# A head is header lines as they travel, each with its line break. What many answers have alike is written once.

# Status, head (content length included) and body.
WholeAnswer = tuple[int, bytes, bytes]
# An ASGI extension of our server (`app.http_protocol`): the function by which a whole answer leaves in one piece. It
# mostly does at once, and then what is returned leaves nothing to wait for. It passes by every `send` further out:
# whoever wraps that has to hand on a scope without extensions.
WHOLE_ANSWER = "taskfleet.http.response.whole"
SendWhole = Callable[[int, bytes, bytes], Awaitable[None]]

_STATE_NAME = "exchange"
# What no header holds (RFC 9110, section 5.5), but for the breaks between lines.
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
# The access log writes it as it is.
_SAFE_REQUEST_ID = re.compile(rb"[A-Za-z0-9._:/+=-]{1,128}")
# What the server decides by itself.
_OF_THE_CONNECTION = frozenset({b"connection", b"transfer-encoding"})
# RFC 9110, section 6.4.1.
_WITHOUT_BODY = frozenset({204, 304})
_SECURITY_HEAD = b"x-content-type-options: nosniff\r\nreferrer-policy: same-origin\r\nx-frame-options: DENY\r\n"


class Exchange:
    """What is noted of a request while it is answered; `head` is for everybody ahead of the answer to add to."""

    __slots__ = (
        *("_send", "_send_whole", "_start", "has_begun"),
        *("head", "is_counted", "request_id", "started", "status", "trace_id"),
    )

    def __init__(self, scope: Scope, send: Send) -> None:
        self.started = time.perf_counter()
        # Under its rate limit.
        self.is_counted = False
        self.status = 0
        self.has_begun = False
        self.trace_id: str | None = None
        self._send = send
        self._send_whole: SendWhole | None = scope.get("extensions", {}).get(WHOLE_ANSWER)
        self._start: Message | None = None
        request_id, head = "", _SECURITY_HEAD
        for name, value in scope["headers"]:
            if name == b"x-request-id" and not request_id and _SAFE_REQUEST_ID.fullmatch(value):
                request_id = value.decode()
            elif name == b"traceparent" and self.trace_id is None and TRACEPARENT.fullmatch(value):
                self.trace_id = value.decode().split("-")[1]
                head += b"traceparent: %b\r\n" % value
        self.request_id = request_id = request_id or new_name()
        self.head = b"%bx-request-id: %b\r\n" % (head, request_id.encode())
        state = scope.setdefault("state", {})
        state["request_id"] = request_id
        state["trace_id"] = self.trace_id
        state["started"] = self.started
        state[_STATE_NAME] = self

    @classmethod
    def begin(cls, scope: Scope, send: Send) -> "Exchange":
        """Begin one, or go on with the one that was begun ahead of the app (`app.api.quick_reads`)."""
        begun: Exchange | None = scope.get("state", {}).get(_STATE_NAME)
        if begun is None:
            return cls(scope, send)
        begun.go_on(scope, send)
        return begun

    def go_on(self, scope: Scope, send: Send) -> None:
        """Answer by this sender from now on."""
        self._send = send
        self._send_whole = scope.get("extensions", {}).get(WHOLE_ANSWER)

    async def send(self, message: Message) -> None:
        """Pass a part of the answer on.

        Its start waits for the first part of the body, before which nothing may leave (ASGI, HTTP message format): an
        answer in two messages is a whole one.
        """
        if message["type"] == "http.response.start":
            self._start = message
            return
        start, self._start = self._start, None
        if start is not None:
            head = None if self._send_whole is None else _head_of_whole(start, message)
            if head is not None:
                await self.send_whole(start["status"], head, message.get("body", b""))
                return
            self.has_begun = True
            self.status = start["status"]
            await self._send({**start, "headers": [*start["headers"], *read_head(self.head)]})
        await self._send(message)

    def send_whole(self, status: int, head: bytes, body: bytes) -> Awaitable[None]:
        """Answer with what is known to be valid (`WholeAnswer`)."""
        if self._send_whole is None:
            return self._send_in_parts(status, head, body)
        self.has_begun = True
        self.status = status
        return self._send_whole(status, head + self.head, body)

    async def _send_in_parts(self, status: int, head: bytes, body: bytes) -> None:
        for message in split_answer(status, read_head(head), body):
            await self.send(message)

    def end(self) -> None:
        """Let go of the connection, which holds the request, which holds this: nobody should have to unravel that."""
        del self._send, self._send_whole


class _Done:
    def __await__(self) -> Generator[None, None, None]:
        return
        yield


# What there is to await of something that was done at once.
DONE = _Done()


def exchange_of(scope: Scope) -> Exchange:
    """Return the exchange that a request belongs to, once `RequestContextMiddleware` has begun it."""
    exchange: Exchange = scope["state"][_STATE_NAME]
    return exchange


def _head_of_whole(start: Message, part: Message) -> bytes | None:
    """Return the head of an answer that these two messages are; None if it is longer, or for the server to judge."""
    headers = start["headers"]
    expected_length = None
    for name, value in headers:
        if name == b"content-length":
            expected_length = value
        elif name in _OF_THE_CONNECTION:
            return None
    if part["type"] != "http.response.body" or part.get("more_body", False):
        return None
    length = len(part.get("body", b""))
    has_no_length = expected_length is None and not length and start["status"] in _WITHOUT_BODY
    has_its_length = expected_length == b"%d" % length and start["status"] not in _WITHOUT_BODY
    if not has_no_length and not has_its_length:
        return None
    head = write_head(headers)
    return head if is_head(head, len(headers)) else None


def write_head(headers: Headers) -> bytes:
    """Return headers as they travel."""
    return b"".join(b"%b: %b\r\n" % header for header in headers)


def is_head(head: bytes, lines: int) -> bool:
    """Whether it is so many lines and nothing else, whatever came into them: no break is hidden in a value."""
    has_its_lines = head.count(b"\r") == head.count(b"\n") == head.count(b"\r\n") == lines
    return has_its_lines and _CONTROL.search(head) is None


def read_head(head: bytes) -> list[tuple[bytes, bytes]]:
    """Return the headers of a head."""
    lines = (line.partition(b": ") for line in head.split(b"\r\n")[:-1])
    return [(name, value) for name, _, value in lines]


def split_answer(status: int, headers: Headers, body: bytes) -> tuple[Message, Message]:
    """Return a whole answer as the two messages that every ASGI server takes."""
    return (
        {"type": "http.response.start", "status": status, "headers": headers},
        {"type": "http.response.body", "body": body},
    )

"""A listener for Prometheus and orchestrators alone, apart from the one that users reach.

It answers GET at a few fixed paths, one request a connection, in the event loop of the process: it fails when the
loop stands still, as it should. Whoever connects holds little and not for long.
"""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus

import structlog

# Prometheus gives a scrape 10 s by default; whoever is slower has given up.
EXCHANGE_SECONDS = 10.0
# Prometheus and the kubelet send some 300 bytes.
MAX_HEAD_BYTES = 8_192
# Two Prometheus servers and the probes of one kubelet, several times over.
MAX_CONNECTIONS = 32

_PLAIN_TEXT = "text/plain; charset=utf-8"

logger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class OperationsAnswer:
    """What a path answers."""

    body: bytes
    status: int = HTTPStatus.OK
    content_type: str = _PLAIN_TEXT


OperationsPaths = Mapping[str, Callable[[], Awaitable[OperationsAnswer]]]


class OperationsServer:
    """Serves each path by calling what it is mapped to; an async context manager's worth of time, see `run`."""

    def __init__(self, listener: socket.socket, paths: OperationsPaths) -> None:
        """`listener` listens already, and is closed at the end of `run`."""
        self._listener = listener
        self._paths = paths
        self._exchanges: set[asyncio.Task[None]] = set()

    @contextlib.asynccontextmanager
    async def run(self) -> AsyncIterator[None]:
        """Serve for as long as the context lasts; answers under way are cut off at its end."""
        server = await asyncio.start_server(self._accept, sock=self._listener, limit=MAX_HEAD_BYTES)
        try:
            yield
        finally:
            server.close()
            for exchange in self._exchanges:
                exchange.cancel()
            await asyncio.gather(*self._exchanges, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self._exchanges) >= MAX_CONNECTIONS:
            writer.transport.abort()
            return
        exchange = asyncio.create_task(self._exchange(reader, writer))
        self._exchanges.add(exchange)
        exchange.add_done_callback(self._exchanges.discard)

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(EXCHANGE_SECONDS):
                head = await reader.readuntil(b"\r\n\r\n")
                writer.write(_write_answer(await self._answer(head)))
                await writer.drain()
                writer.close()
                await writer.wait_closed()
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # it left, was too slow, or does not speak HTTP
        finally:
            writer.transport.abort()

    async def _answer(self, head: bytes) -> OperationsAnswer:
        method, _, rest = head.partition(b"\r\n")[0].partition(b" ")
        path = rest.partition(b" ")[0].partition(b"?")[0].decode("latin-1")
        if path not in self._paths:
            return OperationsAnswer(b"There is nothing at this address.\n", HTTPStatus.NOT_FOUND)
        if method != b"GET":
            return OperationsAnswer(b"Only GET is answered here.\n", HTTPStatus.METHOD_NOT_ALLOWED)
        try:
            return await self._paths[path]()
        except Exception:
            logger.exception("operations_answer_failed", path=path)
            return OperationsAnswer(b"Something went wrong on our side.\n", HTTPStatus.INTERNAL_SERVER_ERROR)


def _write_answer(answer: OperationsAnswer) -> bytes:
    """Return an answer as it travels (RFC 9112)."""
    status = HTTPStatus(answer.status)
    head = (
        f"HTTP/1.1 {status.value} {status.phrase}\r\n"
        f"Content-Type: {answer.content_type}\r\nContent-Length: {len(answer.body)}\r\n"
        f"Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + answer.body

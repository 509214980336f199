"""A few pages over HTTP/1.1 for orchestrators and Prometheus, in a process that has no web framework running."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import NamedTuple

# A probe says who it is in some hundred bytes.
_MAX_HEAD_BYTES = 8_192
# Longer than any page takes, so that connections which say nothing do not pile up.
_PATIENCE_SECONDS = 5.0


class Page(NamedTuple):
    """An answer: the status, the media type and the body."""

    status: int
    media_type: str
    body: bytes


class PlainServer:
    """Serves pages that are made when they are asked for; each connection gets one answer."""

    def __init__(self, listener: socket.socket, pages: Mapping[str, Callable[[], Awaitable[Page]]]) -> None:
        self._listener = listener
        self._pages = pages

    @asynccontextmanager
    async def run(self) -> AsyncIterator[None]:
        """Serve for as long as the context lasts; connections under way are cut at its end."""
        server = await asyncio.start_server(self._answer, sock=self._listener, limit=_MAX_HEAD_BYTES)
        try:
            yield
        finally:
            server.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            async with asyncio.timeout(_PATIENCE_SECONDS):
                head = await reader.readuntil(b"\r\n\r\n")
                method, _, rest = head.partition(b" ")
                path = rest.partition(b" ")[0].partition(b"?")[0].decode("ascii", "replace")
                writer.write(_write(await self._find(method, path), has_body=method != b"HEAD"))
                await writer.drain()
        writer.close()

    async def _find(self, method: bytes, path: str) -> Page:
        make = self._pages.get(path)
        if make is None:
            return Page(404, "text/plain", b"Not found\n")
        if method not in {b"GET", b"HEAD"}:
            return Page(405, "text/plain", b"Method not allowed\n")
        return await make()


def _write(page: Page, *, has_body: bool) -> bytes:
    head = (
        f"HTTP/1.1 {page.status} {HTTPStatus(page.status).phrase}\r\n"
        f"Content-Type: {page.media_type}\r\nContent-Length: {len(page.body)}\r\n"
        f"Cache-Control: no-store\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + (page.body if has_body else b"")

"""The app behind a real uvicorn on a loopback port, for what only a socket can show."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Literal

import uvicorn
from starlette.types import ASGIApp

from app.http_protocol import HttpProtocol
from app.serving import open_listener

# The server, which runs in this process, takes each piece by itself and may answer before the next one is sent: what
# still arrives at a connection that it has closed would make the kernel drop the answer.
_TURNS_OF_THE_LOOP = 10


@dataclass(frozen=True)
class LiveServer:
    """Where the app listens."""

    port: int

    async def send(self, request: bytes, piece_bytes: int = 1_000_000) -> bytes:
        """Send bytes as they are, in pieces, and return all that comes back until the server closes."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        answering = asyncio.create_task(reader.read())
        try:
            async with asyncio.timeout(10):
                for start in range(0, len(request), piece_bytes):
                    if answering.done():
                        break  # refused before all of it was sent
                    writer.write(request[start : start + piece_bytes])
                    await writer.drain()
                    for _ in range(_TURNS_OF_THE_LOOP):
                        await asyncio.sleep(0)
                return await answering
        finally:
            answering.cancel()
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()


class _QuietServer(uvicorn.Server):
    """A server that leaves the signals to the tests."""

    @contextlib.contextmanager
    def capture_signals(self):
        yield


@contextlib.asynccontextmanager
async def serve(app: ASGIApp, lifespan: Literal["on", "off"] = "off") -> AsyncIterator[LiveServer]:
    """Serve the app while the block runs; its lifespan is the caller's business unless it is "on"."""
    config = uvicorn.Config(
        app,
        http=HttpProtocol,
        interface="asgi3",
        lifespan=lifespan,
        log_config=None,
        access_log=False,
        ws="none",
        reset_contextvars=True,
    )
    server = _QuietServer(config)
    listener = open_listener("127.0.0.1", 0)
    running = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield LiveServer(listener.getsockname()[1])
    finally:
        server.should_exit = True
        await running

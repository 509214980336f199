"""The app behind a real uvicorn on a loopback port, for what only a socket can show."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

import uvicorn
from starlette.types import ASGIApp

from app.serving import open_listener


@dataclass(frozen=True)
class LiveServer:
    """Where the app listens."""

    port: int

    async def send(self, request: bytes) -> bytes:
        """Send bytes as they are and return all that comes back until the server closes."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            writer.write(request)
            await writer.drain()
            async with asyncio.timeout(10):
                return await reader.read()
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()


class _QuietServer(uvicorn.Server):
    """A server that leaves the signals to the tests."""

    @contextlib.contextmanager
    def capture_signals(self):
        yield


@contextlib.asynccontextmanager
async def serve(app: ASGIApp) -> AsyncIterator[LiveServer]:
    """Serve the app, whose lifespan is the caller's business, while the block runs."""
    config = uvicorn.Config(app, lifespan="off", log_config=None, access_log=False, ws="none")
    server = _QuietServer(config)
    listener = open_listener("127.0.0.1", 0)
    running = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield LiveServer(listener.getsockname()[1])
    finally:
        server.should_exit = True
        await running

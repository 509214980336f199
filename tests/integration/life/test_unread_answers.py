"""Who does not read an answer to its end holds up no end of the process, and is no fault of it."""

import asyncio
import logging
import socket
from collections.abc import AsyncGenerator

import pytest
import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from structlog.testing import capture_logs

from app.api.draining import DRAINING, Draining
from app.api.streamed_answer import StreamedAnswer
from app.core.metrics import Metrics
from app.embedded.server import LOOPBACK
from app.graceful_server import GracefulServer
from app.http_protocol import HttpProtocol
from app.serving import open_listener
from tests.waiting import DEADLINE_SECONDS, until

REQUEST = b"GET /export HTTP/1.1\r\nHost: x\r\n\r\n"
PIECE = b"x" * 65_536
FAULT = "Exception in ASGI application"


class Export:
    """An answer without an end, which waits for its client all the time."""

    def __init__(self) -> None:
        self.is_closed = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await StreamedAnswer(self._pieces(), "application/json", {})(scope, receive, send)

    async def _pieces(self) -> AsyncGenerator[bytes, None]:
        try:
            while True:
                yield PIECE
        finally:
            self.is_closed = True


async def start(app: ASGIApp) -> tuple[GracefulServer, socket.socket]:
    """Return a server that loses patience after a second, and its listener."""
    config = uvicorn.Config(
        app,
        http=HttpProtocol,
        interface="asgi3",
        lifespan="off",
        ws="none",
        log_config=None,
        timeout_graceful_shutdown=1,
    )
    config.load()
    server = GracefulServer(config, has_parent=True)
    server.lifespan = config.lifespan_class(config)
    server.lifespan.state = {DRAINING: Draining(0.0, Metrics())}
    listener = open_listener(LOOPBACK, 0)
    await server.startup(sockets=[listener])
    return server, listener


def is_waiting(server: GracefulServer) -> bool:
    """Whether an answer waits for its client."""
    return any(connection.flow.write_paused for connection in server.server_state.connections)  # type: ignore[union-attr]


def faults(records: list[logging.LogRecord]) -> list[str]:
    return [record.getMessage().strip() for record in records if FAULT in record.getMessage()]


class TestAnAnswerThatNobodyReads:
    async def test_is_cut_off_at_the_end_and_told_as_such(self, caplog: pytest.LogCaptureFixture) -> None:
        export = Export()
        server, listener = await start(export)
        with socket.create_connection(listener.getsockname(), DEADLINE_SECONDS) as client, capture_logs() as logs:
            client.sendall(REQUEST)
            await until(lambda: is_waiting(server))
            await server.shutdown(sockets=[listener])
            await until(lambda: export.is_closed and not server.server_state.tasks)

        assert faults(caplog.records) == []
        # Others in this process, such as the watch of a cache server, may have something to tell meanwhile.
        assert [one["log_level"] for one in logs if one["event"] == "answer_cut_off"] == ["warning"]


class TestAFaultAtTheEnd:
    @pytest.mark.parametrize("starts", [True, False])
    async def test_is_still_told(self, starts: bool, caplog: pytest.LogCaptureFixture) -> None:
        entered = asyncio.Event()

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            if starts:
                await send({"type": "http.response.start", "status": 200, "headers": []})
            entered.set()
            try:
                await asyncio.Event().wait()
            finally:
                if starts:
                    raise RuntimeError("broken")

        server, listener = await start(app)
        with socket.create_connection(listener.getsockname(), DEADLINE_SECONDS) as client:
            client.sendall(REQUEST)
            await asyncio.wait_for(entered.wait(), DEADLINE_SECONDS)
            await server.shutdown(sockets=[listener])
            await until(lambda: not server.server_state.tasks)

        assert faults(caplog.records) == [FAULT]

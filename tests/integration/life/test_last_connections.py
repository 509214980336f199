"""Who has connected just before the listener is closed is answered."""

import asyncio
import socket
from contextlib import ExitStack

import uvicorn
from starlette.responses import PlainTextResponse

from app.embedded.server import LOOPBACK
from app.graceful_server import GracefulServer
from app.http_protocol import HttpProtocol
from app.serving import open_listener
from tests.waiting import DEADLINE_SECONDS

REQUEST = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"
CONNECTIONS = 20


def receive_all(connection: socket.socket) -> bytes:
    received = b""
    while part := connection.recv(65_536):
        received += part
    return received


class TestAConnectionThatOnlyTheKernelHasAccepted:
    async def test_is_answered(self) -> None:
        config = uvicorn.Config(
            PlainTextResponse("done"),
            http=HttpProtocol,
            interface="asgi3",
            lifespan="off",
            ws="none",
            log_config=None,
        )
        config.load()
        server = GracefulServer(config, has_parent=True)
        server.lifespan = config.lifespan_class(config)
        listener = open_listener(LOOPBACK, 0)
        await server.startup(sockets=[listener])
        with ExitStack() as stack:
            # Nothing is awaited from here on, so that the event loop cannot accept them.
            clients = [
                stack.enter_context(socket.create_connection(listener.getsockname(), DEADLINE_SECONDS))
                for _ in range(CONNECTIONS)
            ]
            for client in clients:
                client.sendall(REQUEST)
            await server.shutdown(sockets=[listener])
            for client in clients:
                assert (await asyncio.to_thread(receive_all, client)).startswith(b"HTTP/1.1 200 ")

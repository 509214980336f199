"""A cache server that says what it is told to, byte for byte."""

import asyncio
import socket
import ssl
import struct
from collections.abc import Callable
from typing import Any, Self

import hiredis

from app.embedded.server import LOOPBACK

Command = list[bytes]


def echo(command: Command) -> bytes:
    """Answer `ECHO text`, `FAIL text` with an error, and `SAY bytes` with just these."""
    name, text = command
    return {b"ECHO": b"$%d\r\n%b\r\n" % (len(text), text), b"FAIL": b"-%b\r\n" % text, b"SAY": text}[name]


class ReplyServer:
    """Answers each command with the bytes that `answer` makes of it; an async context manager."""

    def __init__(self, answer: Callable[[Command], bytes], tls: ssl.SSLContext | None = None) -> None:
        self.answer = answer
        self.received: list[Command] = []
        self.connections: set[asyncio.Transport] = set()
        self.accepted = 0
        self.port = 0
        self._tls = tls

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Client(self), LOOPBACK, 0, ssl=self._tls)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *exception: object) -> None:
        self._server.close()
        self.hang_up()
        await self._server.wait_closed()

    def hang_up(self) -> None:
        """Close every connection, as a server that ends."""
        for transport in self.connections:
            transport.close()

    def reset(self) -> None:
        """Break every connection, as a machine that was switched off and on."""
        for transport in self.connections:
            linger = struct.pack("ii", 1, 0)
            transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            transport.abort()

    def say(self, raw: bytes) -> None:
        """Send this to every client, whether it asked for anything or not."""
        for transport in self.connections:
            transport.write(raw)


class _Client(asyncio.Protocol):
    def __init__(self, server: ReplyServer) -> None:
        self._server = server
        self._commands = hiredis.Reader()

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self._server.connections.add(transport)
        self._server.accepted += 1

    def data_received(self, data: bytes) -> None:
        self._commands.feed(data)
        while (command := self._commands.gets()) is not False:
            self._server.received.append(command)
            self._transport.write(self._server.answer(command))

    def connection_lost(self, exception: Exception | None) -> None:
        self._server.connections.discard(self._transport)

"""A TCP proxy between the service and the cache server that delays, cuts or swallows what passes."""

import asyncio
import contextlib
import random
from collections import deque
from typing import Self

HOST = "127.0.0.1"


class _End(asyncio.Protocol):
    """One of the two ends of a connection."""

    def __init__(self, proxy: "Proxy") -> None:
        self._proxy = proxy
        self.transport: asyncio.Transport | None = None
        self.peer: _End | None = None
        self.early: list[bytes] = []
        self._delayed: deque[bytes] = deque()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self._proxy.ends.add(self)

    def data_received(self, data: bytes) -> None:
        if self._proxy.is_swallowing:
            return
        if self.peer is None or self.peer.transport is None:
            self.early.append(data)
        else:
            self.pass_on(data)

    def pass_on(self, data: bytes) -> None:
        assert self.peer is not None
        if self.peer.is_client and self._proxy.reply_delay_seconds > 0:
            self._delayed.append(data)
            asyncio.get_running_loop().call_later(self._proxy.reply_delay_seconds, self._pass_delayed)
        else:
            self.peer.write(data)

    def _pass_delayed(self) -> None:
        assert self.peer is not None
        self.peer.write(self._delayed.popleft())

    def write(self, data: bytes) -> None:
        if self.transport is not None and not self.transport.is_closing():
            self.transport.write(data)

    @property
    def is_client(self) -> bool:
        """Whether this is the end at the service."""
        return False

    def connection_lost(self, exception: Exception | None) -> None:
        self._proxy.ends.discard(self)
        if self.peer is not None and self.peer.transport is not None:
            self.peer.transport.close()

    def cut(self) -> None:
        if self.transport is not None:
            self.transport.abort()


class _ClientEnd(_End):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._connecting = asyncio.get_running_loop().create_task(self._connect())

    @property
    def is_client(self) -> bool:
        return True

    async def _connect(self) -> None:
        try:
            _, end = await asyncio.get_running_loop().create_connection(
                lambda: _End(self._proxy), HOST, self._proxy.target_port
            )
        except OSError:
            self.cut()
            return
        end.peer, self.peer = self, end
        for data in self.early:
            self.pass_on(data)
        self.early.clear()


class Proxy:
    """Passes bytes on to the target until told otherwise; an async context manager."""

    def __init__(self, target_port: int) -> None:
        self.target_port = target_port
        self.port = 0
        self.ends: set[_End] = set()
        self.reply_delay_seconds = 0.0
        self.is_swallowing = False

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _ClientEnd(self), HOST, 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *exception: object) -> None:
        self._server.close()
        self.cut(1)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(5):
                await self._server.wait_closed()

    def cut(self, share: float) -> None:
        """Break this share of the connections, whatever they are in the middle of."""
        for end in list(self.ends):
            if random.random() < share:
                end.cut()

    def swallow(self) -> None:
        """Take everything and pass nothing on, as a network does whose cable was pulled."""
        self.is_swallowing = True

    def recover(self) -> None:
        """Pass everything again; who was connected meanwhile has to begin anew."""
        self.is_swallowing = False
        self.cut(1)

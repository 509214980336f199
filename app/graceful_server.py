"""uvicorn's server with an end in order: not ready, still serving, no new connections, the last answers, exit 0."""

import asyncio
import signal
import socket
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager, suppress
from types import FrameType
from typing import cast

import uvicorn

from app.api.draining import DRAINING, Draining
from app.core.end_signals import die_by, is_hangup_heard, is_impatient

# uvicorn's own step, at which it looks whether to end.
_TICK_SECONDS = 0.1
# What was sent before anybody could know of the end has arrived by then: a round trip between continents.
LAST_CALL_SECONDS = 0.1


class GracefulServer(uvicorn.Server):
    """Ends at SIGTERM or a hang-up after the delay that the app asks for, at SIGINT without it.

    At a second signal it ends at once.
    """

    def __init__(self, config: uvicorn.Config, *, has_parent: bool) -> None:
        """With a parent that passes signals on, only the parent's patience counts.

        Process managers signal a whole group, so that its members hear of one end twice.
        """
        super().__init__(config)
        self._has_parent = has_parent
        self._signals: list[int] = []

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002 - uvicorn's signature
        """Take a signal. It is not raised again in the end, as uvicorn would: an orderly end has status 0."""
        if self._signals and is_impatient(sig) and not self._has_parent:
            die_by(sig)
        self._signals.append(sig)
        self.should_exit = True

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Take a hang-up as well, which uvicorn leaves to its default: that cuts off whoever is being answered."""
        before = signal.getsignal(signal.SIGHUP)
        if is_hangup_heard():
            signal.signal(signal.SIGHUP, self.handle_exit)
        try:
            with super().capture_signals():
                yield
        finally:
            signal.signal(signal.SIGHUP, before)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End, in the order in which nobody is cut off."""
        draining: Draining | None = self.lifespan.state.get(DRAINING)
        if draining is not None:
            draining.begin()
            await self._go_on_for(draining.delay_seconds)
        still_open = [listener.dup() for listener in sockets or []]
        for server in self.servers:
            server.close()
        for listener in sockets or []:
            listener.close()
        await self._let_in(still_open)
        await asyncio.sleep(LAST_CALL_SECONDS)
        await super().shutdown(sockets)

    async def _let_in(self, listeners: Sequence[socket.socket]) -> None:
        """Close the listeners, and serve those whom the kernel alone had accepted: they would be reset, unheard.

        A proxy does not repeat a POST for which that happens, because it was sent.
        """
        accepted = []
        for listener in listeners:
            listener.setblocking(False)
            # Until nobody is left (`BlockingIOError`), or no descriptor is: then the rest has to be reset.
            with listener, suppress(OSError):
                while True:
                    with suppress(ConnectionAbortedError):  # this one has left by itself
                        accepted.append(listener.accept()[0])
        loop = asyncio.get_running_loop()
        for connection in accepted:
            connection.setblocking(False)
            await loop.connect_accepted_socket(self._make_protocol, connection)

    def _make_protocol(self) -> asyncio.Protocol:
        # As uvicorn does for connections that the event loop accepts.
        protocol = cast("Callable[..., asyncio.Protocol]", self.config.http_protocol_class)
        return protocol(config=self.config, server_state=self.server_state, app_state=self.lifespan.state)

    async def _go_on_for(self, seconds: float) -> None:
        """Serve as before, unless somebody at a terminal waits for the end."""
        loop = asyncio.get_running_loop()
        end_at = loop.time() + seconds
        ticks = 0
        while loop.time() < end_at and signal.SIGINT not in self._signals:
            await self.on_tick(ticks)  # which keeps the `Date` of answers right
            ticks += 1
            await asyncio.sleep(min(_TICK_SECONDS, max(end_at - loop.time(), 0)))

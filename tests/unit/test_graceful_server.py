"""Whom the kernel alone has accepted is let in at the end of a process, whatever happens to others."""

import errno
import os
import socket
from types import TracebackType
from typing import Self

import pytest
import uvicorn

from app.graceful_server import GracefulServer


class Listener:
    """A listening socket whose `accept` fails as it is told to, and then finds nobody."""

    def __init__(self, *outcomes: OSError | socket.socket) -> None:
        self._outcomes = [*outcomes, BlockingIOError()]
        self.is_closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.is_closed = True

    def setblocking(self, flag: bool) -> None:
        assert not flag

    def accept(self) -> tuple[socket.socket, None]:
        outcome = self._outcomes.pop(0)
        if isinstance(outcome, OSError):
            raise outcome
        return outcome, None


@pytest.fixture
def served() -> list[socket.socket]:
    """The connections that a server has been given."""
    return []


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, served: list[socket.socket]) -> GracefulServer:
    async def connect(_loop: object, _protocol: object, connection: socket.socket) -> None:
        served.append(connection)

    monkeypatch.setattr("asyncio.base_events.BaseEventLoop.connect_accepted_socket", connect)
    return GracefulServer(uvicorn.Config("unused:app"), has_parent=False)


class TestTheQueueOfAListener:
    @pytest.mark.parametrize("error", [errno.EMFILE, errno.ENFILE, errno.ENOBUFS])
    async def test_is_left_when_there_is_nothing_to_accept_with(
        self, error: int, server: GracefulServer, served: list[socket.socket]
    ) -> None:
        first, other = socket.socketpair()
        with first, other:
            listener = Listener(first, OSError(error, os.strerror(error)))
            await server._let_in([listener])  # type: ignore[list-item]
        assert served == [first]
        assert listener.is_closed

    async def test_goes_on_behind_somebody_who_has_left(
        self, server: GracefulServer, served: list[socket.socket]
    ) -> None:
        first, other = socket.socketpair()
        with first, other:
            await server._let_in([Listener(ConnectionAbortedError(), first)])  # type: ignore[list-item]
        assert served == [first]

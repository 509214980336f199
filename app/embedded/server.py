"""What mongod and the cache server have in common: a free loopback port, a log, readiness, an orderly end."""

import asyncio
import contextlib
import socket
from abc import ABC, abstractmethod
from pathlib import Path
from types import TracebackType
from typing import ClassVar, Self

from app.embedded.child import ChildProcess
from app.embedded.data_directory import make_private_directory
from app.embedded.errors import ServerStartError

LOOPBACK = "127.0.0.1"

# Between choosing a free port and binding it another process may take it, and a predecessor that was just killed
# may still hold its port and files for a moment; ten tries with this pause cover both.
START_ATTEMPTS = 10
PAUSE_BETWEEN_ATTEMPTS_SECONDS = 0.1

# After a crash mongod replays up to 60 s of journal (WiredTiger's checkpoint interval) on a disk that may be slow.
# When its port has changed it asks whoever listens on the old one "are you me?" and gives a silent stranger 30 s.
READY_TIMEOUT_SECONDS = 120.0

POLL_SECONDS = 0.02


class EmbeddedServer(ABC):
    """A server program that is our child; an async context manager, ready when entered, ended when left.

    With `port=0` a free port is chosen; `port` tells which. Enter it on the main thread (see `ChildProcess`).
    """

    title: ClassVar[str]
    # How long an orderly end may take before the server is killed.
    stop_grace_seconds: ClassVar[float]

    def __init__(self, binary: Path, data_directory: Path, *, port: int = 0) -> None:
        self.port = port
        self._binary = binary
        self._data_directory = data_directory.absolute()
        self._child: ChildProcess | None = None

    @property
    def log_file(self) -> Path:
        return self._data_directory / f"{self.title}.log"

    @property
    def _directories(self) -> tuple[Path, ...]:
        """What must exist before the program starts."""
        return (self._data_directory,)

    @property
    def child(self) -> ChildProcess:
        """The running process."""
        if self._child is None:
            raise RuntimeError(f"{self.title} has not been started")
        return self._child

    async def __aenter__(self) -> Self:
        for directory in self._directories:
            make_private_directory(directory)
        with contextlib.suppress(FileNotFoundError):
            self.log_file.replace(self.log_file.with_suffix(".log.1"))
        requested_port = self.port
        for _ in range(START_ATTEMPTS):
            self.port = requested_port or find_free_port()
            if await self._try_to_start():
                return self
            await asyncio.sleep(PAUSE_BETWEEN_ATTEMPTS_SECONDS)
        raise ServerStartError(
            f"{self.title} could not get port {self.port} or its files for itself; its log is {self.log_file}"
        )

    async def __aexit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.child.stop(self.stop_grace_seconds)

    async def _try_to_start(self) -> bool:
        """Whether the server became ready; False means that another attempt is worth while."""
        child = await self._start_child()
        ready = asyncio.create_task(self._wait_until_ready(child.pid))
        try:
            await asyncio.wait(
                [child.exited, ready], return_when=asyncio.FIRST_COMPLETED, timeout=READY_TIMEOUT_SECONDS
            )
            if ready.done() and not child.exited.done():
                if ready.result():
                    self._child = child
                return self._child is child
            if not child.exited.done():
                raise ServerStartError(
                    f"{self.title} was not ready after {READY_TIMEOUT_SECONDS:.0f} s; its log is {self.log_file}"
                )
        finally:
            ready.cancel()
            await asyncio.gather(ready, return_exceptions=True)
            if self._child is not child:
                await child.kill()
        if self._is_transient(child.exited.result()):
            return False
        raise ServerStartError(
            f"{self.title} ended at its start ({child.describe_end()}); its log is {self.log_file}"
        )

    async def _start_child(self) -> ChildProcess:
        return await ChildProcess.start(self.title, self._command(), log_file=self.log_file)

    def _read_log(self) -> str:
        return self.log_file.read_text(encoding="utf-8", errors="replace")

    async def _wait_for_connection(self) -> None:
        """Return when something accepts connections on the port."""
        while True:
            try:
                _, writer = await asyncio.open_connection(LOOPBACK, self.port)
            except OSError:
                await asyncio.sleep(POLL_SECONDS)
            else:
                writer.close()
                await writer.wait_closed()
                return

    @abstractmethod
    def _command(self) -> list[str | Path]:
        """The program and its arguments."""

    @abstractmethod
    async def _wait_until_ready(self, pid: int) -> bool:
        """Return True when the server with this process id serves, False when another one has its port."""

    @abstractmethod
    def _is_transient(self, return_code: int) -> bool:
        """Whether it ended because the port or the files were still taken."""


def find_free_port() -> int:
    """A loopback port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port

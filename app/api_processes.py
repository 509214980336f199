"""Processes of the API that accept from one listener, as children of a process that holds no requests itself."""

import asyncio
import os
import signal
import socket
import sys
from pathlib import Path

import structlog

import app
from app.core.settings import PREFIX
from app.embedded.child import ChildProcess
from app.embedded.errors import ChildDiedError

# A process that is killed again and again, for want of memory perhaps, must not keep a core busy with its start.
RESTART_PAUSE_SECONDS = 1.0

logger = structlog.get_logger(__name__)


async def start_api_process(listener: socket.socket, index: int, metrics_port: int | None) -> ChildProcess:
    """Start the API on a listener that others may have as well; `index` counts them from 0.

    Each has metrics of its own, and a port of its own for them.
    """
    # `-P` keeps the current directory, which may hold another package named app, out of the import path.
    import_path = [str(Path(app.__file__).parent.parent), os.environ.get("PYTHONPATH", "")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, import_path))}
    if metrics_port is not None:
        environment[f"{PREFIX}METRICS_PORT"] = str(metrics_port + index)
    descriptor = listener.fileno()
    return await ChildProcess.start(
        "the API",
        [sys.executable, "-P", "-m", "app.serving", str(descriptor)],
        environment=environment,
        pass_fds=[descriptor],
    )


def serve_in_several(listener: socket.socket, count: int, metrics_port: int | None) -> None:
    """Serve in so many processes until SIGINT or SIGTERM, which each of them gets. Raises `ChildDiedError`."""
    asyncio.run(_ApiProcesses(listener, count, metrics_port).run())


class _ApiProcesses:
    """Keeps the processes: those that are killed or ended are replaced, one that fails ends all."""

    def __init__(self, listener: socket.socket, count: int, metrics_port: int | None) -> None:
        self._listener = listener
        self._count = count
        self._metrics_port = metrics_port
        self._children: dict[int, ChildProcess] = {}
        self._end_signal: signal.Signals | None = None
        self._failure: ChildDiedError | None = None

    async def run(self) -> None:
        """Return when all have ended; a second signal kills them."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._end, number)
        async with asyncio.TaskGroup() as group:
            for index in range(self._count):
                group.create_task(self._keep(index))
        if self._failure is not None:
            raise self._failure

    def _end(self, number: signal.Signals) -> None:
        is_first = self._end_signal is None
        self._end_signal = number if is_first else signal.SIGKILL
        self._listener.close()  # once they stop listening, nobody does
        for child in self._children.values():
            child.send(self._end_signal)

    async def _keep(self, index: int) -> None:
        while self._end_signal is None:
            child = await start_api_process(self._listener, index, self._metrics_port)
            self._children[index] = child
            if self._end_signal is not None:  # it came while the process was being started
                child.send(self._end_signal)
            code = await child.exited
            if self._end_signal is not None:
                return
            if code > 0:  # by itself: another one would fail in the same way
                self._failure = ChildDiedError(f"{child.title} (process {child.pid}) died ({child.describe_end()})")
                self._end(signal.SIGTERM)
                return
            logger.warning("api_process_replaced", process=child.pid, ended=child.describe_end())
            await asyncio.sleep(RESTART_PAUSE_SECONDS)

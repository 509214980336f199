"""Processes of the API that accept from one listener, as children of a process that holds no requests itself."""

import asyncio
import os
import signal
import socket
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import structlog

import app
from app.core.end_signals import is_impatient, signals_of_the_end
from app.core.settings import PREFIX
from app.embedded.child import ChildProcess
from app.embedded.errors import ChildDiedError

RESTART_PAUSE_SECONDS = 1.0
# A process that is killed again and again, for want of memory perhaps, must not keep a core busy with its start,
# which takes two seconds of one.
LONGEST_PAUSE_SECONDS = 30.0
# Who lived for so long did not end of its start.
STEADY_SECONDS = 60.0

logger = structlog.get_logger(__name__)


class RestartPause:
    """How long to wait ahead of the next start: twice as long after each process that did not live long."""

    def __init__(self) -> None:
        self._next_seconds = RESTART_PAUSE_SECONDS

    def after(self, lived_seconds: float) -> float:
        """Return the pause, in seconds, after a process that lived for so long."""
        seconds = RESTART_PAUSE_SECONDS if lived_seconds >= STEADY_SECONDS else self._next_seconds
        self._next_seconds = min(2 * seconds, LONGEST_PAUSE_SECONDS)
        return seconds


async def start_api_process(
    listener: socket.socket,
    index: int,
    metrics_port: int | None,
    *,
    title: str = "the API",
    variables: Mapping[str, str] | None = None,
) -> ChildProcess:
    """Start the API on a listener that others may have as well; `index` counts them from 0.

    Each has metrics of its own, and a port of its own for them. `variables` are all that it is given, in place of our
    own environment.
    """
    given = os.environ if variables is None else variables
    # `-P` keeps the current directory, which may hold another package named app, out of the import path.
    import_path = [str(Path(app.__file__).parent.parent), given.get("PYTHONPATH", "")]
    environment = {**given, "PYTHONPATH": os.pathsep.join(filter(None, import_path))}
    if metrics_port is not None:
        environment[f"{PREFIX}METRICS_PORT"] = str(metrics_port + index)
    descriptor = listener.fileno()
    return await ChildProcess.start(
        title,
        [sys.executable, "-P", "-m", "app.serving", str(descriptor)],
        environment=environment,
        pass_fds=[descriptor],
    )


def serve_in_several(listener: socket.socket, count: int, metrics_port: int | None, patience_seconds: float) -> None:
    """Serve in so many processes until SIGINT, SIGTERM or a hang-up, which each of them gets.

    One that has not ended `patience_seconds` later is killed. Raises `ChildDiedError`.
    """
    asyncio.run(_ApiProcesses(listener, count, metrics_port, patience_seconds).run())


class _ApiProcesses:
    """Keeps the processes: those that are killed or ended are replaced, one that fails ends all."""

    def __init__(
        self, listener: socket.socket, count: int, metrics_port: int | None, patience_seconds: float
    ) -> None:
        self._listener = listener
        self._count = count
        self._metrics_port = metrics_port
        self._patience_seconds = patience_seconds
        self._children: dict[int, ChildProcess] = {}
        self._ending = asyncio.Event()
        self._end_signal = signal.SIGTERM
        self._failure: ChildDiedError | None = None

    async def run(self) -> None:
        """Return when all have ended; a second signal kills them."""
        loop = asyncio.get_running_loop()
        for number in signals_of_the_end():
            loop.add_signal_handler(number, self._end, number)
        async with asyncio.TaskGroup() as group:
            for index in range(self._count):
                group.create_task(self._keep(index))
        if self._failure is not None:
            raise self._failure

    def _end(self, number: signal.Signals) -> None:
        if self._ending.is_set():
            if not is_impatient(number):
                return
            self._end_signal = signal.SIGKILL
        else:
            self._end_signal = number
            self._ending.set()
            self._listener.close()  # once they stop listening, nobody does
            asyncio.get_running_loop().call_later(self._patience_seconds, self._lose_patience)
        for child in self._children.values():
            child.send(self._end_signal)

    def _lose_patience(self) -> None:
        """Kill those that do not end, as a process does whose event loop stands still."""
        for child in self._children.values():
            if not child.exited.done():
                did = f"did not end within {self._patience_seconds:.0f} s and was killed"
                self._failure = ChildDiedError(f"{child.title} (process {child.pid}) {did}")
                child.send(signal.SIGKILL)

    async def _keep(self, index: int) -> None:
        pause = RestartPause()
        while not self._ending.is_set():
            started = time.monotonic()
            try:
                child = await start_api_process(self._listener, index, self._metrics_port)
            except OSError as error:  # no memory or no process is left; the others serve on meanwhile
                logger.error("api_process_not_started", error=error.strerror)
            else:
                self._children[index] = child
                if self._ending.is_set():  # it was heard while the process was being started
                    child.send(self._end_signal)
                self._judge(child, await child.exited)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._ending.wait(), pause.after(time.monotonic() - started))

    def _judge(self, child: ChildProcess, code: int) -> None:
        """Tell of a process that has ended although nobody had asked it to."""
        if self._ending.is_set():
            return
        if code > 0:  # by itself: another one would fail in the same way
            self._failure = ChildDiedError(f"{child.title} (process {child.pid}) died ({child.describe_end()})")
            self._end(signal.SIGTERM)
        else:
            logger.warning("api_process_replaced", process=child.pid, ended=child.describe_end())

"""One child process: in a session of its own, gone when this process is gone, stopped gracefully or else killed."""

import asyncio
import contextlib
import os
import signal
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

from app.embedded import die_with_parent


class ChildProcess:
    """A started program; `exited` is done, with the return code, when it has ended."""

    def __init__(self, title: str, process: asyncio.subprocess.Process, log_file: Path | None) -> None:
        self.title = title
        self.log_file = log_file
        self.exited: asyncio.Task[int] = asyncio.create_task(process.wait(), name=f"wait for {title}")
        self._process = process

    @classmethod
    async def start(
        cls,
        title: str,
        command: Sequence[str | Path],
        *,
        log_file: Path | None = None,
        environment: Mapping[str, str] | None = None,
        pass_fds: Sequence[int] = (),
        death_signal: signal.Signals = signal.SIGKILL,
    ) -> Self:
        """Start the command with its output in the log file, which is begun anew, or where ours goes.

        Must be called on the main thread: the kernel ends the child with the *thread* that started it, by
        `death_signal`, which has to be another one for a program that has children to take along.
        """
        if threading.current_thread() is not threading.main_thread():
            raise RuntimeError("children are started on the main thread, because they end with their thread")
        with contextlib.ExitStack() as stack:
            log = stack.enter_context(log_file.open("wb")) if log_file else None
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-I", "-S", die_with_parent.__file__, str(os.getpid()), str(death_signal.value)),
                *command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=environment,
                pass_fds=pass_fds,
                # The terminal's Ctrl-C goes to the foreground group alone, so that we choose the order of the end.
                start_new_session=True,
            )
        return cls(title, process, log_file)

    @property
    def pid(self) -> int:
        return self._process.pid

    def send(self, number: signal.Signals) -> None:
        """Send a signal to a process that has not ended."""
        if not self.exited.done():
            self._process.send_signal(number)

    async def stop(self, grace_seconds: float) -> None:
        """Ask the process to end, wait, and kill it when it takes longer or we are cancelled."""
        try:
            self.send(signal.SIGTERM)
            await asyncio.wait([self.exited], timeout=grace_seconds)
        finally:
            await self.kill()

    async def kill(self) -> None:
        """End the process at once."""
        self.send(signal.SIGKILL)
        await asyncio.wait([self.exited])

    def describe_end(self) -> str:
        """How an ended process ended, for a person."""
        code = self.exited.result()
        return f"killed by signal {-code}" if code < 0 else f"exit code {code}"

"""The parent of several processes goes on when one cannot be started, and does not start one after the other."""

import asyncio
import signal
import socket
from typing import Any

import pytest
from structlog.testing import capture_logs

from app import api_processes
from app.api_processes import (
    LONGEST_PAUSE_SECONDS,
    RESTART_PAUSE_SECONDS,
    STEADY_SECONDS,
    RestartPause,
    _ApiProcesses,
)


class TestThePauseAheadOfAnotherStart:
    def test_grows_while_no_process_lives_long(self) -> None:
        pause = RestartPause()
        seconds = [pause.after(0.1) for _ in range(8)]
        assert seconds[:4] == [RESTART_PAUSE_SECONDS * factor for factor in (1, 2, 4, 8)]
        assert seconds[-1] == LONGEST_PAUSE_SECONDS

    def test_is_short_again_after_one_that_did(self) -> None:
        pause = RestartPause()
        for _ in range(8):
            pause.after(0.1)
        assert [pause.after(STEADY_SECONDS), pause.after(0.1)] == [RESTART_PAUSE_SECONDS, 2 * RESTART_PAUSE_SECONDS]


class FakeChild:
    """A process that ends, in order, at its first signal."""

    title, pid = "the API", 1

    def __init__(self) -> None:
        self.exited: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    def send(self, _number: signal.Signals) -> None:
        if not self.exited.done():
            self.exited.set_result(0)


class TestAProcessThatCannotBeStarted:
    async def test_is_told_and_tried_again_while_the_others_serve(self, monkeypatch: pytest.MonkeyPatch) -> None:
        is_serving = asyncio.Event()
        attempts = 0

        async def start(_listener: socket.socket, _index: int, _metrics_port: int | None) -> Any:
            nonlocal attempts
            attempts += 1
            if attempts == 1:
                raise BlockingIOError(11, "Resource temporarily unavailable")
            is_serving.set()
            return FakeChild()

        monkeypatch.setattr(api_processes, "start_api_process", start)
        monkeypatch.setattr(api_processes, "RESTART_PAUSE_SECONDS", 0.01)
        with socket.socket() as listener, capture_logs() as logs:
            parent = _ApiProcesses(listener, 1, None, patience_seconds=60)
            running = asyncio.create_task(parent.run())
            await is_serving.wait()
            parent._end(signal.SIGTERM)
            await running

        # Whatever else lives on this loop may log meanwhile.
        assert [line for line in logs if line["event"].startswith("api_process")] == [
            {
                "event": "api_process_not_started",
                "error": "Resource temporarily unavailable",
                "log_level": "error",
            }
        ]

"""The access log: a line a request, written in batches, because a write costs more than a cached answer."""

import asyncio
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Literal, Protocol

import structlog
from pydantic_core import to_json

# What is lost when the process is killed, and how long a line may take to appear.
FLUSH_SECONDS = 0.1
# About 64 KiB, the size of a pipe's buffer.
_MAX_LINES = 256


class AccessLog(Protocol):
    """Takes one entry a request, which is the log's own from then on."""

    def write(self, entry: dict[str, Any]) -> None:
        """Note a request that was answered."""
        ...

    def flush(self) -> None:
        """Write what has been noted and not written yet."""
        ...


class PlainAccessLog:
    """Hands every entry to structlog, as all other events: for people at a console, and for tests."""

    def __init__(self) -> None:
        self._logger = structlog.get_logger("app.access")

    def write(self, entry: dict[str, Any]) -> None:
        """Note a request that was answered."""
        self._logger.info("request", **entry)

    def flush(self) -> None:
        """Do nothing: every entry was written at once."""


class BatchedAccessLog:
    """Writes entries as JSON lines, some at a time; lines not yet written are lost with a killed process."""

    def __init__(self, output: Callable[[str], object]) -> None:
        self._output = output
        self._lines: list[bytes] = []
        self._millisecond = 0
        self._ending = b""

    def write(self, entry: dict[str, Any]) -> None:
        """Note a request that was answered."""
        if not self._lines:
            asyncio.get_running_loop().call_later(FLUSH_SECONDS, self.flush)
        self._lines.append(b"%b,%b" % (to_json(entry)[:-1], self._end_line()))
        if len(self._lines) >= _MAX_LINES:
            self.flush()

    def flush(self) -> None:
        """Write what has gathered."""
        if self._lines:
            self._lines.append(b"")
            lines, self._lines = self._lines, []
            self._output(b"\n".join(lines).decode())

    def _end_line(self) -> bytes:
        """Return the end of a line with what every event has; it is made once a millisecond."""
        millisecond = int(time.time() * 1000)
        if millisecond != self._millisecond:
            now = datetime.fromtimestamp(millisecond / 1000, UTC)
            ending = {"event": "request", "level": "info", "logger": "app.access", "time": now}
            self._millisecond, self._ending = millisecond, to_json(ending)[1:]
        return self._ending


def open_access_log(log_format: Literal["json", "console"]) -> AccessLog:
    """Return the access log for a format of the log."""
    if log_format == "console":
        return PlainAccessLog()
    return BatchedAccessLog(sys.stderr.write)

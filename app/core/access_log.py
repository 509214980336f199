"""The access log: a line a request, written in batches, because a write costs more than a cached answer."""

import asyncio
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Literal, Protocol

import structlog
from pydantic_core import to_json

from app.core.request_metrics import AnswerKind

# What is lost when the process is killed, and how long a line may take to appear.
FLUSH_SECONDS = 0.1
# About 64 KiB, the size of a pipe's buffer.
_MAX_LINES = 256
# Of a second, as wide as in all other lines; and the end of a line.
_FRACTIONS = tuple(f'.{millisecond:03}000Z"}}' for millisecond in range(1_000))
_KIND_NAMES = ("method", "route", "status")


class AccessLog(Protocol):
    """Takes one entry a request."""

    def write(
        self, kind: AnswerKind, seconds: float, user_id: str | None, request_id: str, trace_id: str | None
    ) -> None:
        """Note a request that was answered; the ids are of characters that JSON has as they are."""
        ...

    def flush(self) -> None:
        """Write what has been noted and not written yet."""
        ...


class PlainAccessLog:
    """Hands every entry to structlog, as all other events: for people at a console, and for tests."""

    def __init__(self) -> None:
        self._logger = structlog.get_logger("app.access")

    def write(
        self, kind: AnswerKind, seconds: float, user_id: str | None, request_id: str, trace_id: str | None
    ) -> None:
        """Note a request that was answered."""
        entry = {
            **dict(zip(_KIND_NAMES, kind, strict=True)),
            "milliseconds": round(seconds * 10_000) / 10,
            "user_id": user_id,
            "request_id": request_id,
        }
        self._logger.info("request", **entry if trace_id is None else entry | {"trace_id": trace_id})

    def flush(self) -> None:
        """Do nothing: every entry was written at once."""


class BatchedAccessLog:
    """Writes entries as JSON lines, some at a time; lines not yet written are lost with a killed process.

    What a line has in common with others is written once: its beginning with each kind, its end with each second.
    """

    def __init__(self, output: Callable[[str], object]) -> None:
        self._output = output
        self._lines: list[str] = []
        self._beginnings: dict[AnswerKind, str] = {}
        self._second = 0
        self._ending = ""

    def write(
        self, kind: AnswerKind, seconds: float, user_id: str | None, request_id: str, trace_id: str | None
    ) -> None:
        """Note a request that was answered."""
        if not self._lines:
            asyncio.get_running_loop().call_later(FLUSH_SECONDS, self.flush)
        beginning = self._beginnings.get(kind) or self._begin_lines(kind)
        user = "null" if user_id is None else f'"{user_id}"'
        trace = "" if trace_id is None else f',"trace_id":"{trace_id}"'
        now = time.time()
        second = int(now)
        if second != self._second:
            self._end_lines(second)
        self._lines.append(
            f'{beginning},"milliseconds":{seconds * 1000:.1f},"user_id":{user}'
            f',"request_id":"{request_id}"{trace}{self._ending}{_FRACTIONS[int((now - second) * 1000)]}'
        )
        if len(self._lines) >= _MAX_LINES:
            self.flush()

    def flush(self) -> None:
        """Write what has gathered."""
        if self._lines:
            self._lines.append("")
            lines, self._lines = self._lines, []
            self._output("\n".join(lines))

    def _begin_lines(self, kind: AnswerKind) -> str:
        beginning = to_json(dict(zip(_KIND_NAMES, kind, strict=True))).decode()[:-1]
        self._beginnings[kind] = beginning
        return beginning

    def _end_lines(self, second: int) -> None:
        """Have the lines of a second end with what every event has, up to the fraction of its time."""
        time_text = datetime.fromtimestamp(second, UTC).isoformat().removesuffix("+00:00")
        ending = {"event": "request", "level": "info", "logger": "app.access", "time": time_text}
        self._second, self._ending = second, f",{to_json(ending).decode()[1:-2]}"


def open_access_log(log_format: Literal["json", "console"]) -> AccessLog:
    """Return the access log for a format of the log."""
    if log_format == "console":
        return PlainAccessLog()
    return BatchedAccessLog(sys.stderr.write)

"""Load by wrk: as many requests as go through, over a fixed number of connections, every answer checked."""

import asyncio
import json
import re
import resource
import shutil
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from app.embedded.child import ChildProcess
from bench.errors import BenchError
from bench.pinning import children_on

SCRIPT = Path(__file__).parent / "load.lua"

# Enough to keep one worker busy all the time; more would only wait in its queue and make p99 a matter of the number.
CONNECTIONS = 32
# Above this share of its core wrk itself may be what limits, and the figure says nothing about the server.
MOST_LOAD_CPU = 0.9
TIMEOUT_SECONDS = 10
# wrk ends by itself; this is for one that hangs.
GRACE_SECONDS = 30.0

# Instants of one day tell the queries of one run apart, the day tells the runs; no task is due before that.
_FIRST_DAY = date(1971, 1, 1)


@dataclass(frozen=True, slots=True)
class Expectation:
    """What every answer must be: its status, and the bytes of its body within bounds."""

    status: int
    least_bytes: int
    most_bytes: int

    @property
    def typical_bytes(self) -> int:
        """The middle of the bounds."""
        return (self.least_bytes + self.most_bytes) // 2

    @classmethod
    def around(cls, status: int, lengths: list[int], tolerance: float) -> "Expectation":
        """Allow the lengths that were seen, and so much (a share) less or more."""
        return cls(status, int(min(lengths) * (1 - tolerance)), int(max(lengths) * (1 + tolerance)))


@dataclass(frozen=True, slots=True)
class LoadResult:
    """What one run of the load saw; with a failure its figures mean nothing."""

    requests: int
    seconds: float
    p50_ms: float
    p99_ms: float
    failure: str | None = None

    @property
    def rate(self) -> float:
        """Requests per second."""
        return self.requests / self.seconds


class Wrk:
    """Runs wrk with one thread on the core of the load."""

    def __init__(self, directory: Path, core: int) -> None:
        binary = shutil.which("wrk")
        if binary is None:
            raise BenchError("there is no wrk on PATH; Debian's package is wrk")
        self._binary = binary
        self._directory = directory
        self._core = core
        self._runs = 0

    async def run(
        self,
        url: str,
        requests_file: Path,
        expectation: Expectation,
        seconds: int,
        connections: int,
    ) -> LoadResult:
        """Send the requests in the file in turn for so many seconds."""
        self._runs += 1
        day = _FIRST_DAY + timedelta(days=self._runs)
        output = self._directory / "wrk.log"
        command: list[str | Path] = [
            self._binary,
            *("-t", "1", "-c", str(connections), "-d", f"{seconds}s", "--timeout", f"{TIMEOUT_SECONDS}s"),
            *("-s", SCRIPT, url, requests_file, str(expectation.status)),
            *(str(expectation.least_bytes), str(expectation.most_bytes), day.isoformat()),
        ]
        before = _children_cpu_seconds()
        with children_on(self._core):
            child = await ChildProcess.start("wrk", command, log_file=output)
        try:
            await asyncio.wait([child.exited], timeout=seconds + TIMEOUT_SECONDS + GRACE_SECONDS)
        finally:
            await child.kill()
        used = _children_cpu_seconds() - before
        return parse_output(output.read_text(encoding="utf-8", errors="replace"), used)


def _children_cpu_seconds() -> float:
    """Processor time of all children that have ended; between two readings only wrk ends."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def parse_output(text: str, load_cpu_seconds: float = 0.0) -> LoadResult:
    """Read what `load.lua` printed, and tell whether it is a figure. Raises `BenchError` when it printed nothing."""
    match = re.search(r"^RESULT (\{.*\})$", text, re.MULTILINE)
    if match is None:
        raise BenchError(f"wrk gave no result: {text.strip().rpartition(chr(10))[2] or 'no output'}")
    told = json.loads(match[1])
    failure = _find_failure(told, load_cpu_seconds)
    return LoadResult(told["requests"], told["seconds"], told["p50_ms"], told["p99_ms"], failure)


def _find_failure(told: dict[str, int | float | str], load_cpu_seconds: float) -> str | None:
    broken = [f"{told[kind]} {kind} errors" for kind in ("connect", "read", "write", "timeout") if told[kind]]
    if broken:
        return ", ".join(broken)
    if told["wrong"]:
        return f"{told['wrong']} wrong answers, the first: {told['first_wrong']}"
    if not told["requests"]:
        return "no answer at all"
    share = load_cpu_seconds / float(told["seconds"])
    if share > MOST_LOAD_CPU:
        return f"the load itself was the limit: it used {share:.0%} of its core"
    return None

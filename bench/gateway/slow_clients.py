"""What others notice of thousands of slow connections: p99 with them and without, in turns."""

import asyncio
import itertools
import os
import re
import statistics
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx

from bench.errors import BenchError
from bench.gateway.connection import Connection
from bench.gateway.people import sign_in
from bench.gateway.stage import HOST, GatewayStage
from bench.stage import say

# 200 reads a second by 8 clients: p99 of a round is that of some 1,000 requests.
CLIENTS = 8
PERIOD_SECONDS = 0.04
ROUND_SECONDS = 5.0
# All are open after a second or two; a slow machine takes longer.
OPEN_TIMEOUT_SECONDS = 30.0


@dataclass(frozen=True)
class SlowFigures:
    """Milliseconds by round, without slow connections and with them."""

    connections: int
    least_seen: int
    without_ms: list[float]
    with_ms: list[float]

    @property
    def ratio(self) -> float:
        """Return the median of the ratios, round by round."""
        return statistics.median(high / low for low, high in zip(self.without_ms, self.with_ms, strict=True))


async def measure_slow_clients(stage: GatewayStage, connections: int, rounds: int) -> SlowFigures:
    """Measure rounds of both kinds in turns. Raises `BenchError` when the slow connections do not last."""
    headers = await sign_in(Connection(HOST, stage.plain.port))
    without, with_them, seen = [], [], []
    await _p99(stage, headers)  # warms everything up
    for number in range(1, rounds + 1):
        without.append(await _p99(stage, headers))
        async with _slow_connections(stage, connections):
            with_them.append(await _p99(stage, headers))
            seen.append(await _count_connections(stage))
        say(f"slow connections, round {number} of {rounds}: p99 {without[-1]:.1f} ms, then {with_them[-1]:.1f} ms")
    if min(seen) < connections:
        raise BenchError(f"only {min(seen)} of {connections} slow connections were open, so nothing was measured")
    return SlowFigures(connections, min(seen), without, with_them)


@asynccontextmanager
async def _slow_connections(stage: GatewayStage, count: int) -> AsyncIterator[None]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bench.gateway.slow_connections", str(stage.plain.port), str(count)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(stage.root)},
    )
    assert process.stdin is not None  # noqa: S101 - it is a pipe
    assert process.stdout is not None  # noqa: S101
    try:
        async with asyncio.timeout(OPEN_TIMEOUT_SECONDS):
            if await process.stdout.readline() != b"open\n":
                raise BenchError("the slow connections could not be opened")
        yield
    finally:
        process.stdin.close()
        await process.wait()


async def _count_connections(stage: GatewayStage) -> int:
    async with httpx.AsyncClient() as client:
        text = (await client.get(f"http://127.0.0.1:{stage.plain.status_port}/status")).text
    match = re.match(r"Active connections: (\d+)", text)
    assert match is not None, "stub_status begins so"  # noqa: S101
    return int(match[1])


async def _p99(stage: GatewayStage, headers: dict[str, str]) -> float:
    """Return the 99th percentile of a round of reads at a constant rate, in milliseconds."""
    times: list[float] = []
    async with asyncio.TaskGroup() as group:
        for _ in range(CLIENTS):
            group.create_task(_read(Connection(HOST, stage.plain.port), headers, times))
    return statistics.quantiles(times, n=100)[98] * 1000


async def _read(connection: Connection, headers: dict[str, str], times: list[float]) -> None:
    beginning = time.perf_counter()
    for number in itertools.count():
        due = beginning + number * PERIOD_SECONDS
        if due - beginning > ROUND_SECONDS:
            break
        await asyncio.sleep(max(due - time.perf_counter(), 0))
        sent = time.perf_counter()
        answer = await connection.ask("GET", "/api/v1/tasks?limit=50", headers)
        times.append(time.perf_counter() - sent)
        if answer.status != 200:
            raise BenchError(f"a read was answered with {answer.status}")
    connection.close()

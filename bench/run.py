"""One run: starts everything, measures in interleaved rounds, stops everything."""

import asyncio
import json
import sys
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path

import httpx

from app.embedded.child import ChildProcess
from bench.errors import BenchError
from bench.figures import Sample
from bench.load import CONNECTIONS
from bench.pinning import children_on
from bench.processes import peak_memory_mb
from bench.results import GROWTH, HALF_LOAD, Options, Results
from bench.scaling import FEW, MANY, ScalingCheck
from bench.scenarios import Scenario, find_scenario
from bench.servers import ROOT, TASKFLEET
from bench.stage import Stage, say
from bench.steady import SteadyResult
from bench.versions import is_this_python_optimised, read_versions

# A steady load ends by itself soon after its time.
STEADY_GRACE_SECONDS = 30.0


async def run_benchmark(options: Options) -> Results:
    """Measure and return what was found. Raises `BenchError` or `EmbeddedError` when it cannot begin."""
    results = Results(options)
    with tempfile.TemporaryDirectory(prefix="taskfleet-bench-") as name:
        async with AsyncExitStack() as stack:
            stage = Stage(stack, Path(name), options.cores)
            await _set_up(stage, results)
            await _Runner(options, results, stage, Path(name)).run()
    return results


async def _set_up(stage: Stage, results: Results) -> None:
    await stage.start_taskfleet()
    try:
        await stage.start_express()
    except BenchError as error:
        results.notes.append(f"Express was not measured: {error}.")
        say(results.notes[-1])
    if not is_this_python_optimised():
        say("this Python was compiled without optimizations; bench/README.md tells how to measure with another one")
    results.versions = read_versions(stage.fleet)
    await stage.seed_readers_and_writers()
    await stage.start_limit()
    await stage.wait_until_idle()


class _Runner:
    def __init__(self, options: Options, results: Results, stage: Stage, directory: Path) -> None:
        self._options = options
        self._results = results
        self._stage = stage
        self._directory = directory

    async def run(self) -> None:
        for round_number in range(self._options.rounds):
            for scenario in self._options.scenarios:
                await self._measure_side_by_side(scenario, round_number)
        for contender in self._stage.contenders.values():
            self._results.memory_mb[contender.name] = peak_memory_mb(contender.pid)
        if HALF_LOAD in self._options.parts:
            await self._measure_half_load()
        if GROWTH in self._options.parts:
            await self._measure_growth()

    async def _measure_side_by_side(self, scenario: Scenario, round_number: int) -> None:
        """Measure one scenario with every contender, each round beginning with another one."""
        names = [name for name in scenario.contenders if name in self._stage.contenders]
        first = round_number % len(names)
        for name in (*names[first:], *names[:first]):
            sample = await self._measure(scenario, name)
            self._results.samples.add(scenario.name, name, sample)
            told = sample.load.failure or f"{sample.load.rate:,.0f}/s"
            say(f"round {round_number + 1} of {self._options.rounds}: {scenario.name}, {name}: {told}")

    async def _measure(self, scenario: Scenario, name: str) -> Sample:
        contender, warmup, seconds = self._stage.contenders[name], self._options.warmup, self._options.seconds
        try:
            return await self._stage.bench.measure(scenario, contender, warmup, seconds)
        except (BenchError, httpx.HTTPError) as error:
            return Sample.failed(str(error) or type(error).__name__)

    async def _measure_half_load(self) -> None:
        """Measure the latency of cached reads at half of the rate that they reached."""
        figures = self._results.samples.figures("cached-list", TASKFLEET)
        if figures is None:
            self._results.notes.append("Half load was not measured: the cached list has no figures.")
            return
        rate = self._results.half_load_rate = figures.rate / 2
        for _ in range(self._options.rounds):
            try:
                await self._stage.bench.prepare_file(find_scenario("cached-list"), self._stage.taskfleet)
                result = await self._run_steady(rate)
            except BenchError as error:
                self._results.half_load.clear()
                self._results.notes.append(f"Half load was not measured: {error}.")
                return
            self._results.half_load.append(result)
            say(f"half load, {rate:,.0f}/s: p99 {result.p99_ms:.1f} ms")

    async def _run_steady(self, rate: float) -> SteadyResult:
        output = self._directory / "steady.log"
        command = [
            *(sys.executable, "-P", "-m", "bench.steady", str(self._stage.taskfleet.port)),
            *(str(self._stage.bench.requests_file), str(rate), str(self._options.seconds), str(CONNECTIONS)),
        ]
        with children_on(self._options.cores.load):
            child = await ChildProcess.start(
                "the steady load", command, log_file=output, environment={"PYTHONPATH": str(ROOT)}
            )
        try:
            await asyncio.wait([child.exited], timeout=self._options.seconds + STEADY_GRACE_SECONDS)
        finally:
            await child.kill()
        told = output.read_text(encoding="utf-8").strip().rpartition("\n")[2]
        if child.exited.result() != 0:
            raise BenchError(f"the steady load failed: {told}")
        return SteadyResult(**json.loads(told))

    async def _measure_growth(self) -> None:
        """Measure the same operations for a user with few tasks and one with many, who are given them only now."""
        say(f"giving one user {MANY:,} tasks")
        await self._stage.seed("few", 1, FEW)
        await self._stage.seed("many", 1, MANY)
        await self._stage.wait_until_idle()
        check = ScalingCheck(self._stage.bench, self._stage.seeder, self._stage.taskfleet)
        for round_number in range(self._options.rounds):
            await check.run_round(round_number, self._options.seconds)
            told = ", ".join(f"{name} x{ratio:.2f}" for name, ratio in check.growth().items())
            say(f"growth, round {round_number + 1} of {self._options.rounds}, so far: {told}")
        self._results.growth, self._results.growth_samples = check.growth(), check.samples

"""`python -m bench.flame_graph`: where one worker spends its time under a scenario, as an SVG made by py-spy."""

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from app.embedded.child import ChildProcess
from app.embedded.errors import EmbeddedError
from bench.errors import BenchError
from bench.interruption import EXIT_FAILURE, EXIT_INTERRUPTED, until_signal
from bench.pinning import Cores, children_on
from bench.scenarios import SCENARIOS, find_scenario
from bench.servers import ROOT, TASKFLEET
from bench.stage import Stage, say

RESULT_FILE = Path(__file__).parent / "results" / "profile.svg"
PY_SPY = Path(sys.executable).with_name("py-spy")

# Prime, so that the samples do not keep step with anything; five times py-spy's own default, for rare paths.
SAMPLES_PER_SECOND = 499
# How long py-spy may take to write what it has seen.
GRACE_SECONDS = 60.0
# The load begins ahead of py-spy, which attaches to a worker that is busy.
LEAD_SECONDS = 1


@dataclass(frozen=True, slots=True)
class Options:
    """What to look at, and for how long."""

    scenario: str
    seconds: int
    cores: Cores


def main(arguments: Sequence[str] | None = None) -> int:
    """Profile one worker and write the flame graph."""
    names = [scenario.name for scenario in SCENARIOS if TASKFLEET in scenario.contenders]
    parser = argparse.ArgumentParser(prog="python -m bench.flame_graph", description=__doc__)
    parser.add_argument("--scenario", choices=names, default=names[0], help="(default: %(default)s)")
    parser.add_argument("--seconds", type=int, default=10, help="how long to look (default: %(default)s)")
    parsed = parser.parse_args(arguments)
    try:
        options = Options(parsed.scenario, parsed.seconds, Cores.choose(None, None, None))
        asyncio.run(until_signal(_profile(options)))
    except (BenchError, EmbeddedError) as error:
        print(f"profile: {error}", file=sys.stderr)
        return EXIT_FAILURE
    except (asyncio.CancelledError, KeyboardInterrupt):
        return EXIT_INTERRUPTED
    print(f"Wrote {RESULT_FILE.relative_to(ROOT)}")
    return 0


async def _profile(options: Options) -> None:
    if not PY_SPY.exists():
        raise BenchError("py-spy is not installed; make profile does it")
    RESULT_FILE.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="taskfleet-bench-") as name:
        async with AsyncExitStack() as stack:
            stage = Stage(stack, Path(name), options.cores)
            await stage.start_taskfleet()
            await stage.seed_readers_and_writers()
            say(f"profiling {options.scenario}")
            plan = await stage.bench.prepare(find_scenario(options.scenario), stage.taskfleet)
            load = asyncio.create_task(
                stage.bench.run(stage.taskfleet, plan, LEAD_SECONDS, options.seconds + 2 * LEAD_SECONDS)
            )
            await asyncio.sleep(2 * LEAD_SECONDS)
            await _record(stage.taskfleet.pid, options, Path(name) / "py-spy.log")
            sample = await load
            if sample.load.failure is not None:
                raise BenchError(f"the load failed: {sample.load.failure}")
            say(f"{sample.load.rate:,.0f} requests/s under the profiler")


async def _record(pid: int, options: Options, log_file: Path) -> None:
    command: list[str | Path] = [
        *(PY_SPY, "record", "--pid", str(pid), "--output", RESULT_FILE),
        *("--duration", str(options.seconds), "--rate", str(SAMPLES_PER_SECOND), "--nonblocking"),
    ]
    with children_on(options.cores.load):
        recorder = await ChildProcess.start("py-spy", command, log_file=log_file)
    try:
        await asyncio.wait([recorder.exited], timeout=options.seconds + GRACE_SECONDS)
    finally:
        await recorder.kill()
    if recorder.exited.result() != 0:
        raise BenchError(f"py-spy failed (it needs root, or kernel.yama.ptrace_scope=0): {_end_of(log_file)}")


def _end_of(log_file: Path) -> str:
    return " ".join(log_file.read_text(encoding="utf-8", errors="replace").split())[-300:]


if __name__ == "__main__":
    sys.exit(main())

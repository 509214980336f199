"""`python -m bench.gateway`: measures the gateway, prints the table, and fails when a figure is missed."""

import argparse
import asyncio
import dataclasses
import json
import resource
import sys
import tempfile
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path

from app.embedded.errors import EmbeddedError
from bench.errors import BenchError
from bench.gateway.overhead import OverheadFigures, measure_overhead
from bench.gateway.restarts import (
    KillFigures,
    OutageFigures,
    RestartFigures,
    measure_kills,
    measure_outage,
    measure_restarts,
)
from bench.gateway.slow_clients import SlowFigures, measure_slow_clients
from bench.gateway.stage import GatewayStage
from bench.interruption import EXIT_FAILURE, EXIT_INTERRUPTED, until_signal
from bench.stage import say
from bench.tables import format_table

RESULT_FILE = Path(__file__).parents[1] / "results" / "gateway.json"

# A third of a millisecond is a tenth of what creating a task takes; others may wait twice as long, not longer.
MOST_ADDED_MS = 0.3
MOST_SLOWER = 2.0

Figures = RestartFigures | OutageFigures | KillFigures | SlowFigures | OverheadFigures


@dataclasses.dataclass(frozen=True)
class Verdict:
    """One figure with its bound."""

    figure: str
    bound: str
    measured: str
    is_met: bool
    is_of_time: bool = False


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure; 1 means that something failed or a figure was missed."""
    try:
        options = _build_parser().parse_args(arguments)
        _raise_limit_of_files()
        figures = asyncio.run(until_signal(_measure(options)))
    except (BenchError, EmbeddedError) as error:
        print(f"gateway-test: {error}", file=sys.stderr)
        return EXIT_FAILURE
    except (asyncio.CancelledError, KeyboardInterrupt):
        print("gateway-test: stopped", file=sys.stderr)
        return EXIT_INTERRUPTED
    verdicts = [verdict for each in figures for verdict in judge(each)]
    print(format_report(verdicts))
    RESULT_FILE.write_text(json.dumps([dataclasses.asdict(each) for each in (*figures, *verdicts)], indent=2) + "\n")
    judged = [verdict for verdict in verdicts if not (verdict.is_of_time and options.times_unjudged)]
    return 0 if all(verdict.is_met for verdict in judged) else EXIT_FAILURE


def _build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.gateway", description=__doc__)
    parser.add_argument("--restarts", type=int, default=20, help="rolling restarts (default: %(default)s)")
    parser.add_argument("--kills", type=int, default=6, help="kills of a process (default: %(default)s)")
    parser.add_argument("--slow", type=int, default=2000, help="slow connections (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=5, help="rounds of what is compared (default: %(default)s)")
    parser.add_argument(
        "--times-unjudged",
        action="store_true",
        help="tell a time that is too long, but do not fail for it: others work on this machine too",
    )
    return parser


def _raise_limit_of_files() -> None:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


async def _measure(options: argparse.Namespace) -> list[Figures]:
    with tempfile.TemporaryDirectory(prefix="taskfleet-gateway-") as directory:
        async with AsyncExitStack() as stack:
            stage = GatewayStage(stack, Path(directory))
            say("starting MongoDB, the cache server, two processes of the API and Nginx")
            await stage.start()
            return [
                await measure_overhead(stage, options.rounds),
                await measure_slow_clients(stage, options.slow, options.rounds),
                await measure_kills(stage, options.kills),
                await measure_restarts(stage, options.restarts),
                await measure_outage(stage),
            ]


def judge(figures: Figures) -> list[Verdict]:
    """Hold figures against their bounds."""
    match figures:
        case RestartFigures():
            title = f"failed requests in {figures.restarts} rolling restarts of two processes"
            return [
                Verdict(
                    title, "0", f"{figures.failed} of {figures.requests:,}", 0 == figures.failed < figures.requests
                )
            ]
        case OutageFigures():
            title = "control: failed requests when both are restarted at once"
            return [Verdict(title, "> 0", f"{figures.failed} of {figures.requests:,}", figures.failed > 0)]
        case KillFigures():
            doubled = f"tasks there twice, {figures.created:,} created, {figures.unanswered} unanswered"
            return [
                Verdict(
                    f"failed GETs in {figures.kills} kills of a process",
                    "0",
                    f"{figures.failed_reads} of {figures.reads:,}",
                    figures.failed_reads == 0,
                ),
                Verdict(doubled, "0", str(figures.doubled), figures.doubled == 0),
                Verdict("acknowledged tasks that are not there", "0", str(figures.lost), figures.lost == 0),
            ]
        case SlowFigures():
            title = f"others' p99 with {figures.connections:,} slow connections, to that without"
            return [
                Verdict(title, f"<= {MOST_SLOWER:.0f}", f"{figures.ratio:.2f}", figures.ratio <= MOST_SLOWER, True)
            ]
        case OverheadFigures():
            return [
                Verdict(
                    f"added by Nginx to {figures.straight_ms:.2f} ms, median (https: {figures.secure_ms:.3f} ms)",
                    f"< {MOST_ADDED_MS} ms",
                    f"{figures.plain_ms:.3f} ms",
                    figures.plain_ms < MOST_ADDED_MS,
                    True,
                )
            ]


def format_report(verdicts: Sequence[Verdict]) -> str:
    """Return the table."""
    rows = [[each.figure, each.bound, each.measured, "met" if each.is_met else "MISSED"] for each in verdicts]
    return format_table(("Figure", "bound", "measured", "verdict"), rows)


if __name__ == "__main__":
    sys.exit(main())

"""`python -m bench`: measures, prints the tables, writes the results."""

import argparse
import asyncio
import sys
from collections.abc import Sequence

from app.embedded.errors import EmbeddedError
from bench.errors import BenchError
from bench.interruption import EXIT_FAILURE, EXIT_INTERRUPTED, until_signal
from bench.pinning import Cores
from bench.report import format_report, write_files, write_readme
from bench.results import PARTS, Options
from bench.run import run_benchmark
from bench.tables import failure_lines

# Access tokens live ten minutes and are at most five old when a measurement begins.
_MOST_SECONDS = 120


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark; 1 means that something failed, not that a target was missed."""
    try:
        parsed = _build_parser().parse_args(arguments)
        options = Options(
            rounds=parsed.rounds,
            seconds=parsed.seconds,
            warmup=parsed.warmup,
            parts=parsed.only,
            cores=Cores.choose(parsed.server_core, parsed.database_core, parsed.load_core),
        )
        results = asyncio.run(until_signal(run_benchmark(options)))
        print(format_report(results))
        write_files(results)
        if parsed.write_readme:
            write_readme(results)
    except (BenchError, EmbeddedError) as error:
        print(f"bench: {error}", file=sys.stderr)
        return EXIT_FAILURE
    except (asyncio.CancelledError, KeyboardInterrupt):
        print("bench: stopped", file=sys.stderr)
        return EXIT_INTERRUPTED
    return EXIT_FAILURE if failure_lines(results) else 0


def _build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--rounds", type=_positive, default=5, help="interleaved rounds (default: %(default)s)")
    parser.add_argument("--seconds", type=_seconds, default=4, help="length of one run (default: %(default)s)")
    parser.add_argument("--warmup", type=_seconds, default=1, help="seconds ahead of it (default: %(default)s)")
    parser.add_argument(
        "--only", type=_parts, default=frozenset(PARTS), metavar="A,B", help=f"some of: {', '.join(PARTS)}"
    )
    parser.add_argument("--server-core", type=int, help="for the measured server (default: the first)")
    parser.add_argument("--database-core", type=int, help="for mongod and the cache (default: that of the server)")
    parser.add_argument("--load-core", type=int, help="for the load (default: the next one)")
    parser.add_argument("--write-readme", action="store_true", help="put the tables and the chart into the README")
    return parser


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number


def _seconds(text: str) -> int:
    number = _positive(text)
    if number > _MOST_SECONDS:
        raise argparse.ArgumentTypeError(f"must be at most {_MOST_SECONDS}")
    return number


def _parts(text: str) -> frozenset[str]:
    parts = frozenset(part.strip() for part in text.split(",") if part.strip())
    if unknown := sorted(parts - set(PARTS)) or not parts:
        raise argparse.ArgumentTypeError(f"{unknown} is none of {', '.join(PARTS)}")
    return parts


if __name__ == "__main__":
    sys.exit(main())

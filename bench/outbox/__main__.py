"""`python -m bench.outbox`: measures how late reminders are told and prints the table."""

import argparse
import asyncio
import dataclasses
import json
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from app.embedded.errors import EmbeddedError
from bench.errors import BenchError
from bench.interruption import EXIT_FAILURE, EXIT_INTERRUPTED, until_signal
from bench.outbox.run import Figures, Options, measure
from bench.report import put_into_readme
from bench.tables import format_table
from bench.versions import describe_machine

RESULT_FILE = Path(__file__).parents[1] / "results" / "outbox.json"
# What users are promised: 99 of 100 reminders are there within 2 s.
MOST_LAG_MS = 2_000.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure; 1 means that something failed, or that a reminder was not told."""
    parsed = _read_options(arguments)
    may_write_readme = parsed.pop("write_readme")
    options = Options(**parsed)
    try:
        with tempfile.TemporaryDirectory(prefix="taskfleet-outbox-") as directory:
            figures = asyncio.run(until_signal(measure(options, Path(directory))))
    except (BenchError, EmbeddedError) as error:
        print(f"outbox-bench: {error}", file=sys.stderr)
        return EXIT_FAILURE
    except (asyncio.CancelledError, KeyboardInterrupt):
        print("outbox-bench: stopped", file=sys.stderr)
        return EXIT_INTERRUPTED
    report = format_report(options, figures)
    print(report)
    results = {"options": dataclasses.asdict(options), "figures": dataclasses.asdict(figures)}
    RESULT_FILE.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    if figures.told != figures.due:
        return EXIT_FAILURE
    if may_write_readme:
        put_into_readme(
            "outbox-bench", f"{report}\n\nMeasured on {datetime.now(UTC):%Y-%m-%d}, {describe_machine()}."
        )
    return 0


def format_report(options: Options, figures: Figures) -> str:
    """Return the table, in Markdown."""
    verdict = "met" if figures.lag_p99_ms < MOST_LAG_MS else "missed"
    rows = [
        ("Reminders told", f"{figures.told:,} of {figures.due:,}"),
        ("Lag p50", f"{figures.lag_p50_ms:,.0f} ms"),
        ("Lag p99", f"{figures.lag_p99_ms:,.0f} ms (target {MOST_LAG_MS:,.0f} ms: {verdict})"),
        ("Longest lag", f"{figures.lag_max_ms:,.0f} ms"),
        ("Processor time of the workers", f"{figures.worker_cpu_ms:.1f} ms a reminder"),
        ("Processor time of mongod", f"{figures.mongod_cpu_ms:.1f} ms a reminder"),
        (f"Memory of a worker, {options.waiting:,} waiting", f"{figures.memory_mb:.0f} MB"),
        (f"Memory of a worker, {figures.backlog:,} due at once", f"{figures.backlog_memory_mb:.0f} MB"),
        ("Told of those", f"{figures.backlog_rate:,.0f} a second"),
    ]
    title = f"{options.workers} workers, {options.rate} reminders due a second"
    return format_table((title, ""), rows)


def _read_options(arguments: Sequence[str] | None) -> dict[str, Any]:
    parser = argparse.ArgumentParser(prog="bench.outbox", description=__doc__)
    parser.add_argument("--rate", type=int, default=200, help="reminders that are due each second")
    parser.add_argument("--seconds", type=int, default=30, help="for so long")
    parser.add_argument("--workers", type=int, default=2, help="worker processes")
    parser.add_argument("--waiting", type=int, default=1_000_000, help="reminders that wait besides")
    parser.add_argument("--write-readme", action="store_true", help="write the table into the README")
    return vars(parser.parse_args(arguments))


if __name__ == "__main__":
    sys.exit(main())

"""Runs every case at full length and prints a table: `python -m tests.faults.promise --reads 100000`."""

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

from app.core.signing_keys import generate_signing_key
from tests import environment
from tests.faults.promise.cases import CASES, CONTROLS
from tests.faults.promise.run import Outcome, run_case
from tests.servers import make_mongo

_COLUMNS = "{:<34}{:>9}{:>9}{:>8}{:>12}{:>6}{:>9}{:>9}  {}"


def _write(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _describe(outcome: Outcome) -> str:
    tally = outcome.tally
    return _COLUMNS.format(
        outcome.case.name,
        tally.reads,
        outcome.hits,
        tally.writes,
        len(tally.violations),
        tally.server_errors.total(),
        f"{outcome.settled_p99_ms:.0f} ms",
        f"{outcome.seconds:.0f} s",
        ", ".join(f"{number} x {what}" for what, number in (tally.server_errors + tally.surprises).items()),
    )


def _is_kept(outcome: Outcome) -> bool:
    if outcome.case.is_control:
        return bool(outcome.tally.violations)
    is_answered = outcome.case.hurts_service or not outcome.tally.server_errors
    return is_answered and not outcome.tally.violations and outcome.tally.reads > 0


async def _run(reads: int, words: list[str]) -> bool:
    chosen = [case for case in (*CASES, *CONTROLS) if not words or any(word in case.name for word in words)]
    _write(_COLUMNS.format("case", "reads", "hits", "writes", "violations", "5xx", "p99", "took", "besides"))
    is_kept = True
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        key = directory / "key.pem"
        generate_signing_key(key)
        async with make_mongo(directory / "mongo") as mongo:
            for number, case in enumerate(chosen):
                outcome = await run_case(case, reads, directory / str(number), mongo.url, key)
                _write(_describe(outcome))
                is_kept = is_kept and _is_kept(outcome)
                for violation in outcome.tally.violations[: 0 if case.is_control else 5]:
                    _write(f"    {violation}")
    return is_kept


def main() -> int:
    """Return 0 when every case keeps the promise and every control finds that it is broken."""
    environment.isolate()
    parser = argparse.ArgumentParser(prog="tests.faults.promise", description=__doc__)
    parser.add_argument("--reads", type=int, default=100_000, help="at least so many reads a case")
    parser.add_argument("words", nargs="*", help="only cases with one of these words in their names")
    arguments = parser.parse_args()
    return 0 if asyncio.run(_run(arguments.reads, arguments.words)) else 1


if __name__ == "__main__":
    sys.exit(main())

"""The promise: a read that starts after a change was acknowledged never returns what was there before it.

Here a short run of some cases; `make promise` runs all of them at full length. What the others are about is arranged,
step by step, in `tests/faults/test_cache_trust.py`.
"""

from dataclasses import replace
from pathlib import Path

import pytest

from app.embedded.mongo import EmbeddedMongo
from tests.faults.promise.cases import CASES, CONTROLS, Case, kill
from tests.faults.promise.run import run_case

READS = 1_000
# A fault has to happen at least so often; in a full run up to six times.
CYCLES = 2
# Faults follow each other faster than in a full run.
PACE = 0.5
# The promise says 500 ms, which `make promise` reports; the tests run beside each other on whatever machine there is.
SETTLED_P99_MS = 3_000


def name_of(case: Case) -> str:
    return case.name


class TestTwoProcessesUnderTheHammer:
    @pytest.mark.parametrize("case", [case for case in CASES if case.is_in_suite], ids=name_of)
    async def test_never_show_what_was_there_before_an_acknowledged_change(
        self, case: Case, tmp_path: Path, mongo: EmbeddedMongo, signing_key_file: Path
    ) -> None:
        outcome = await run_case(
            replace(case, cycles=min(case.cycles, CYCLES)), READS, tmp_path, mongo.url, signing_key_file, pace=PACE
        )

        tally = outcome.tally
        assert tally.violations == []
        assert tally.reads >= READS
        assert tally.unchanged > 0
        assert tally.writes > 0
        # Where the server or the network is away for most of the time, a busy machine may see no hit. Nor where a
        # process dies every second or two, as each death leaves its fences up for 10 s.
        if not case.is_proxied and case.play is not kill and not case.hurts_service:
            assert outcome.hits > 0
        if not case.hurts_service:
            assert not tally.server_errors
            assert not tally.surprises
            assert outcome.settled_p99_ms < SETTLED_P99_MS


class TestAProtocolWithoutOneOfItsParts:
    """The controls."""

    @pytest.mark.parametrize("case", [case for case in CONTROLS if case.is_in_suite], ids=name_of)
    async def test_is_found_out(
        self, case: Case, tmp_path: Path, mongo: EmbeddedMongo, signing_key_file: Path
    ) -> None:
        outcome = await run_case(case, READS, tmp_path, mongo.url, signing_key_file)

        assert outcome.tally.violations

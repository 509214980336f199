"""Runs one case: the stage, the hammer and the fault together."""

import asyncio
import re
import time
from dataclasses import dataclass
from pathlib import Path

from tests.faults.promise.cases import Case, Story
from tests.faults.promise.hammer import Hammer, Tally
from tests.faults.promise.http_connection import HttpConnection
from tests.faults.promise.stage import ServiceProcess, set_stage

# An access token lives for ten minutes.
LONGEST_CASE_SECONDS = 540.0
# On a busy machine a control finds its first violation within some twenty seconds.
LONGEST_CONTROL_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a case."""

    case: Case
    tally: Tally
    settled_p99_ms: float
    seconds: float
    # Answers that came out of the cache, 304 included.
    hits: int


async def run_case(
    case: Case, reads: int, directory: Path, mongo_url: str, signing_key_file: Path, *, pace: float = 1.0
) -> Outcome:
    """Hammer until there were so many reads and enough cycles; a control stops at its first violation."""
    async with set_stage(
        directory, mongo_url, signing_key_file, is_proxied=case.is_proxied, sabotages=case.sabotages
    ) as stage:
        hammer, story = Hammer(stage), Story(stage, pace)
        await hammer.prepare()
        began = time.monotonic()
        playing = asyncio.create_task(case.play(story))

        def enough(tally: Tally) -> bool:
            if playing.done():
                playing.result()
            seconds = time.monotonic() - began
            if case.is_control:
                return bool(tally.violations) or seconds > LONGEST_CONTROL_SECONDS
            return (tally.reads >= reads and len(story.events) >= case.cycles) or seconds > LONGEST_CASE_SECONDS

        try:
            tally = await hammer.run(enough)
        finally:
            playing.cancel()
            await asyncio.gather(playing, return_exceptions=True)
            stage.cache.thaw()
        seconds = time.monotonic() - began
        hits = sum([await _count_hits(process) for process in stage.processes])
        return Outcome(case, tally, story.settled_p99_ms(tally), seconds, hits)


async def _count_hits(process: ServiceProcess) -> int:
    async with HttpConnection(process.port) as connection:
        try:
            answer = await connection.request("GET", "/metrics", {})
        except (OSError, EOFError):  # it was killed, as is the way of some cases
            return 0
    counts = re.findall(
        rb'^taskfleet_cache_reads_total\{outcome="(?:hit|not_modified)"\} ([0-9.]+)', answer.body, re.MULTILINE
    )
    return sum(int(float(number)) for number in counts)

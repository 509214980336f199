"""Processes behind the gateway are replaced, or killed, while people work."""

import asyncio
from dataclasses import dataclass

from bench.errors import BenchError
from bench.gateway.connection import Connection
from bench.gateway.stage import HOST, GatewayStage
from bench.gateway.traffic import Person, Tally, people_at_work
from bench.stage import say

# After a kill: long enough for requests to meet the hole, and for the gateway to look whether it is still there.
SECONDS_WITH_ONE = 1.5
# A change that was killed keeps its user's documents locked until MongoDB gives it up, after 10 s.
SECONDS_TO_SETTLE = 12.0


@dataclass(frozen=True)
class RestartFigures:
    """What rolling restarts cost."""

    restarts: int
    requests: int
    failed: int
    failures: dict[str, int]


@dataclass(frozen=True)
class OutageFigures:
    """What restarting all processes at once cost: the control, without which no failure would prove nothing."""

    requests: int
    failed: int
    failures: dict[str, int]


@dataclass(frozen=True)
class KillFigures:
    """What killing processes cost; `doubled` and `lost` count tasks."""

    kills: int
    reads: int
    failed_reads: int
    changes: int
    failed_changes: int
    failures: dict[str, int]
    created: int
    unanswered: int
    doubled: int
    lost: int


async def measure_restarts(stage: GatewayStage, restarts: int) -> RestartFigures:
    """Replace one process after the other, so many times, and count what failed meanwhile."""
    tally = Tally()
    async with people_at_work(lambda: Connection(HOST, stage.secure.port, stage.trust), tally):
        for number in range(1, restarts + 1):
            for api in stage.apis:
                await api.end()
                await api.start()
            requests, failed = sum(tally.requests.values()), tally.failed()
            say(f"rolling restart {number} of {restarts}: {requests:,} requests, {failed} failed")
    return RestartFigures(restarts, sum(tally.requests.values()), tally.failed(), _describe(tally))


async def measure_outage(stage: GatewayStage) -> OutageFigures:
    """Replace both processes at once, so that nobody serves for a while, and count what failed meanwhile."""
    tally = Tally()
    async with people_at_work(lambda: Connection(HOST, stage.secure.port, stage.trust), tally):
        await asyncio.gather(*(api.end() for api in stage.apis))
        await asyncio.gather(*(api.start() for api in stage.apis))
        say(f"both at once: {sum(tally.requests.values()):,} requests, {tally.failed()} failed")
    return OutageFigures(sum(tally.requests.values()), tally.failed(), _describe(tally))


async def measure_kills(stage: GatewayStage, kills: int) -> KillFigures:
    """Kill one process after the other, and count what was lost, and what was done twice."""
    tally = Tally()
    async with people_at_work(lambda: Connection(HOST, stage.secure.port, stage.trust), tally) as people:
        for number in range(kills):
            api = stage.apis[number % len(stage.apis)]
            await api.kill()
            await asyncio.sleep(SECONDS_WITH_ONE)
            await api.start()
            say(f"kill {number + 1} of {kills}: {sum(tally.requests.values()):,} requests, {tally.failed()} failed")
        await asyncio.sleep(SECONDS_TO_SETTLE)
    return await _count_effects(tally, people, kills)


async def _count_effects(tally: Tally, people: list[Person], kills: int) -> KillFigures:
    found = [await person.titles() for person in people]
    present = {title for titles in found for title in titles}
    if not tally.acknowledged & present:
        raise BenchError("none of the tasks that were created is there, so nothing was measured")
    reads = tally.requests["GET"]
    return KillFigures(
        kills=kills,
        reads=reads,
        failed_reads=tally.failed("GET"),
        changes=sum(tally.requests.values()) - reads,
        failed_changes=tally.failed("POST", "PATCH", "DELETE"),
        failures=_describe(tally),
        created=len(tally.acknowledged),
        unanswered=len(tally.unknown),
        doubled=sum(count > 1 for titles in found for count in titles.values()),
        lost=len(tally.acknowledged - present),
    )


def _describe(tally: Tally) -> dict[str, int]:
    return {f"{method}: {reason}": count for (method, reason), count in sorted(tally.failures.items())}

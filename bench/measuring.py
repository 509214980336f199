"""One measurement: tries the requests, empties the cache, warms up, loads, and reads what the kernel counted."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import httpx
import redis

from bench.errors import BenchError
from bench.figures import Sample
from bench.load import Expectation, LoadResult, Wrk
from bench.people import People
from bench.processes import cpu_seconds
from bench.requests import Request, write_requests
from bench.scenarios import Scenario
from bench.servers import LIMIT, TASKFLEET, Contender, Fleet

# Less than one task of a list of 50, more than a revision that grows by digits.
LENGTH_TOLERANCE = 0.015

# wrk leaves without waiting for the last answers; the servers end that work before the next measurement begins.
SETTLE_SECONDS = 0.3


@dataclass(frozen=True, slots=True)
class Plan:
    """What is sent, over how many connections, and what every answer must be."""

    requests: Sequence[Request]
    expectation: Expectation
    connections: int


class Bench:
    """The running servers, the load and the people, with what it takes to measure."""

    def __init__(self, fleet: Fleet, wrk: Wrk, client: httpx.AsyncClient, directory: Path) -> None:
        self._fleet = fleet
        self._wrk = wrk
        self._client = client
        self.requests_file = directory / "requests.txt"
        self._cache = redis.Redis.from_url(fleet.cache.url)
        self.people: dict[str, People] = {}

    async def measure(self, scenario: Scenario, contender: Contender, warmup: int, seconds: int) -> Sample:
        """Measure once. A run in which anything went wrong has a failure and no figures."""
        return await self.run(contender, await self.prepare(scenario, contender), warmup, seconds)

    async def prepare(self, scenario: Scenario, contender: Contender) -> Plan:
        """Return the requests of the scenario, tried, and what is expected of every answer.

        Raises `BenchError` when an answer is not what the scenario is about.
        """
        people = self.people[scenario.people]
        await people.refresh()
        self._cache.flushall()
        # The bare app gets what Taskfleet gets, on a path that tells it what to answer.
        asked_of = TASKFLEET if contender.name == LIMIT else contender.name
        requests = [scenario.build(user, asked_of) for user in people.users[: scenario.users]]
        if contender.name == LIMIT:
            requests = [replace(request, path=f"/{scenario.name}") for request in requests]
        if scenario.is_conditional:
            requests = [await self._with_etag(contender, request) for request in requests]
        # A request that changes something is tried once, the others for every user.
        tried = requests if requests[0].method == "GET" else requests[:1]
        items = None if contender.name == LIMIT else scenario.items
        lengths = [await self.try_request(contender, request, scenario.status, items) for request in tried]
        return Plan(requests, Expectation.around(scenario.status, lengths, LENGTH_TOLERANCE), scenario.connections)

    async def prepare_file(self, scenario: Scenario, contender: Contender) -> None:
        """Try the requests of the scenario and leave them in `requests_file` for another load than wrk."""
        plan = await self.prepare(scenario, contender)
        write_requests(self.requests_file, plan.requests)

    async def run(self, contender: Contender, plan: Plan, warmup: int, seconds: int) -> Sample:
        """Load the contender and read the clocks of its process and of the databases before and after."""
        write_requests(self.requests_file, plan.requests)
        if warmup:
            await self._load(contender, plan, warmup)
            await asyncio.sleep(SETTLE_SECONDS)
        pids = (contender.pid, *self._fleet.database_pids)
        before = [cpu_seconds(pid) for pid in pids]
        load = await self._load(contender, plan, seconds)
        worker, *databases = (cpu_seconds(pid) - start for pid, start in zip(pids, before, strict=True))
        await asyncio.sleep(SETTLE_SECONDS)
        per_request = 1e6 / max(load.requests, 1)
        return Sample(load, worker * per_request, sum(databases) * per_request)

    async def _load(self, contender: Contender, plan: Plan, seconds: int) -> LoadResult:
        return await self._wrk.run(contender.url, self.requests_file, plan.expectation, seconds, plan.connections)

    def close(self) -> None:
        """Close the connection to the cache server."""
        self._cache.close()

    async def _with_etag(self, contender: Contender, request: Request) -> Request:
        answer = await request.send(self._client, contender.url)
        return request.with_header("If-None-Match", answer.headers["etag"])

    async def try_request(self, contender: Contender, request: Request, status: int, items: int | None = None) -> int:
        """Send a request once and return the bytes of the answer's body.

        Raises `BenchError` when the answer has another status, or another number of items.
        """
        answer = await request.send(self._client, contender.url)
        if answer.status_code != status or (items is not None and len(answer.json()["items"]) != items):
            asked = f"{request.method} {request.path.partition('?')[0]}"
            raise BenchError(f"{contender.name} answered {asked} with {answer.status_code}: {answer.text[:200]}")
        return len(answer.content)

"""The stage: running contenders, and users who have tasks in each of them."""

import asyncio
import sys
from contextlib import AsyncExitStack
from pathlib import Path

import httpx

from bench.load import Wrk
from bench.measuring import Bench
from bench.people import People
from bench.pinning import Cores
from bench.processes import cpu_seconds
from bench.scenarios import PAGE, SCENARIOS, TASKS_PER_USER, USERS
from bench.seeding import Seeder
from bench.servers import EXPRESS, LIMIT, TASKFLEET, Contender, Fleet

# Setting up and trying requests, with a batch among them.
CLIENT_TIMEOUT_SECONDS = 30.0

# mongod writes what it was given to disk in the background; idle is less than this share of a core for a while.
IDLE_SHARE = 0.05
IDLE_POLL_SECONDS = 1.0
MOST_POLLS = 60


def say(text: str) -> None:
    """Tell the person at the terminal how far it is; standard output is for the tables."""
    print(text, file=sys.stderr, flush=True)


class Stage:
    """Everything that a measurement needs; taken down with the stack that it was built on."""

    def __init__(self, stack: AsyncExitStack, directory: Path, cores: Cores) -> None:
        self._stack = stack
        self._directory = directory
        self.cores = cores
        self._wrk = Wrk(directory, cores.load)
        self.fleet = Fleet(stack, directory, cores)
        self.contenders: dict[str, Contender] = {}

    @property
    def taskfleet(self) -> Contender:
        """The service that all this is about."""
        return self.contenders[TASKFLEET]

    async def start_taskfleet(self) -> None:
        """Start the databases and Taskfleet, and what speaks to them."""
        say("starting the servers")
        await self.fleet.start_databases()
        self._client = await self._stack.enter_async_context(
            httpx.AsyncClient(timeout=CLIENT_TIMEOUT_SECONDS, headers={"Accept-Encoding": "identity"})
        )
        self.bench = Bench(self.fleet, self._wrk, self._client, self._directory)
        self._stack.callback(self.bench.close)
        self.seeder = Seeder(self.fleet.mongo.url, self._client)
        self._stack.callback(self.seeder.close)
        self.contenders[TASKFLEET] = await self.fleet.start_taskfleet()

    async def start_express(self) -> None:
        """Start the Express service. Raises `BenchError` when there is no Node or the packages do not come."""
        self.contenders[EXPRESS] = await self.fleet.start_express()

    async def start_limit(self) -> None:
        """Start the bare app, which answers with statuses and lengths that it learns from Taskfleet's answers."""
        answers = {}
        for scenario in SCENARIOS:
            if LIMIT in scenario.contenders:
                plan = await self.bench.prepare(scenario, self.taskfleet)
                answers[f"/{scenario.name}"] = (plan.expectation.status, plan.expectation.typical_bytes)
        self.contenders[LIMIT] = await self.fleet.start_limit(answers)

    async def seed_readers_and_writers(self) -> None:
        """Give the users of the scenarios their tasks, in each service."""
        say("giving everybody tasks")
        await asyncio.to_thread(self.seeder.give_common_tasks, PAGE)
        for name in ("readers", "writers"):
            await self.seed(name, USERS, TASKS_PER_USER)
            if EXPRESS in self.contenders:
                await self.seeder.give_tasks(self.contenders[EXPRESS], self.bench.people[name].users, TASKS_PER_USER)

    async def seed(self, name: str, users: int, tasks: int) -> None:
        """Sign so many users up for Taskfleet and give each so many tasks."""
        people = self.bench.people[name] = People(self.taskfleet.url, self._client)
        await people.add(name, users)
        await self.seeder.give_tasks(self.taskfleet, people.users, tasks)

    async def wait_until_idle(self) -> None:
        """Wait until mongod has digested what it was given, for a minute at most."""
        pid = self.fleet.mongo.child.pid
        for _ in range(MOST_POLLS):
            before = cpu_seconds(pid)
            await asyncio.sleep(IDLE_POLL_SECONDS)
            if cpu_seconds(pid) - before < IDLE_SHARE * IDLE_POLL_SECONDS:
                return
        say("mongod does not come to rest; going on")

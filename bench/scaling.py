"""Whether cost grows with a user's data: the same operations for a user with few tasks and one with very many."""

import asyncio
import random
from collections.abc import Mapping
from dataclasses import dataclass

from bench.errors import BenchError
from bench.figures import Sample, Samples
from bench.load import Expectation
from bench.measuring import LENGTH_TOLERANCE, Bench, Plan
from bench.people import User
from bench.requests import Request
from bench.scenarios import UNIQUE_LIST_PATH
from bench.seeding import NEW_TASK, TASKS_PATH, Seeder
from bench.servers import Contender

FEW, MANY = 100, 100_000

# How far behind the syncing clients are, in changes; no two requests ask the same, so that no cache can answer.
_BEHIND = range(11, 31)
_SYNC_LIMITS = range(200, 1_001)

# One request at a time: what is compared is the cost of one, not how many can wait.
CONNECTIONS = 1


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation whose cost must not grow."""

    name: str
    title: str
    status: int

    def build(self, user: User, revision: int) -> list[Request]:
        """Return requests for a user whose counter stands at `revision`."""
        if self.name == "first-page":
            return [Request("GET", UNIQUE_LIST_PATH, user.token)]
        if self.name == "create":
            return [Request("POST", TASKS_PATH, user.token, NEW_TASK)]
        asked = [(revision - behind, limit) for behind in _BEHIND for limit in _SYNC_LIMITS]
        random.Random(revision).shuffle(asked)  # noqa: S311 - the same order each time is what is wanted
        return [Request("GET", f"/api/v1/sync?since={since}&limit={limit}", user.token) for since, limit in asked]


OPERATIONS = (
    Operation("first-page", "first page of 50", 200),
    Operation("create", "create", 201),
    Operation("sync", "sync of some 20 changes", 200),
)


class ScalingCheck:
    """Measures the operations for both users in turn, whose people are named `few` and `many`."""

    def __init__(self, bench: Bench, seeder: Seeder, taskfleet: Contender) -> None:
        self._bench = bench
        self._seeder = seeder
        self._taskfleet = taskfleet
        self.samples = Samples()

    async def run_round(self, round_number: int, seconds: int) -> None:
        """Measure each operation once for each user, in an order that changes from round to round."""
        sizes = ("few", "many") if round_number % 2 == 0 else ("many", "few")
        for operation in OPERATIONS:
            for size in sizes:
                try:
                    sample = await self._measure(operation, size, seconds)
                except BenchError as error:
                    sample = Sample.failed(str(error))
                self.samples.add(operation.name, size, sample)

    def growth(self) -> Mapping[str, float]:
        """Return cost per request with many tasks over cost with few, by operation."""
        ratios = {
            operation.name: self.samples.ratio((operation.name, "few"), (operation.name, "many"))
            for operation in OPERATIONS
        }
        return {name: ratio for name, ratio in ratios.items() if ratio is not None}

    async def _measure(self, operation: Operation, size: str, seconds: int) -> Sample:
        people = self._bench.people[size]
        await people.refresh()
        (user,) = people.users
        requests = operation.build(user, await asyncio.to_thread(self._seeder.find_revision, user))
        tried = requests[: len(_BEHIND)]
        lengths = [await self._bench.try_request(self._taskfleet, request, operation.status) for request in tried]
        expectation = Expectation.around(operation.status, lengths, LENGTH_TOLERANCE)
        if operation.name == "sync":  # of 11 to 30 tasks, not all of which were tried; without any it is far shorter
            expectation = Expectation(operation.status, min(lengths) // 3, max(lengths) * 3)
        return await self._bench.run(self._taskfleet, Plan(requests, expectation, CONNECTIONS), 0, seconds)

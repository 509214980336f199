"""Four clients change one user's tasks at once, through two processes; whoever follows sees what is there."""

import asyncio
import random
from collections import Counter
from typing import Any

import httpx
import pytest
from pymongo.asynchronous.database import AsyncDatabase

from tests.fakes.clock import FakeClock
from tests.integration.tasks.calls import (
    Json,
    count_kept,
    revision_of,
    walk,
)
from tests.integration.tasks.history import Player, World
from tests.integration.tasks.replica import Replica

OPERATIONS, PLAYERS = 500, 4


class ForgetfulReplica(Replica):
    """The control: a client that does not mind what it is told of deletions."""

    def forget(self, deleted: Json) -> None:
        """Do nothing."""


class HastyReplica(Replica):
    """The control: a client that takes the user's revision for the one up to which it was told everything."""

    async def pull_once(self, client: httpx.AsyncClient, limit: int = 200) -> bool:
        has_more = await super().pull_once(client, limit)
        self.since = await revision_of(client)
        return has_more


class Record:
    """A history that has been played, and who followed it."""

    def __init__(self, **more_fields: Any) -> None:
        self.world = World(more_fields)
        self.attentive, self.forgetful, self.hasty = Replica(), ForgetfulReplica(), HastyReplica()
        self.pages = 0

    async def play(self, clients: list[httpx.AsyncClient], clock: FakeClock) -> None:
        """Let the players play, and the followers follow all the while."""
        players = [Player(clients[seed % 2], self.world, clock, seed) for seed in range(PLAYERS)]
        await asyncio.gather(
            *(player.play(OPERATIONS // PLAYERS) for player in players),
            *(self._follow(replica, clients) for replica in (self.attentive, self.forgetful, self.hasty)),
        )

    async def _follow(self, replica: Replica, clients: list[httpx.AsyncClient]) -> None:
        dice, age = random.Random(type(replica).__name__), 0
        while age < OPERATIONS:
            age = min(age + dice.randrange(3, 20), OPERATIONS)
            await self.world.grow_to(age)
            await replica.pull_once(dice.choice(clients), dice.randrange(1, 8))
            self.pages += 1
        await replica.pull(clients[0], limit=3)


@pytest.fixture
async def record(ann: httpx.AsyncClient, ann_elsewhere: httpx.AsyncClient, clock: FakeClock) -> Record:
    record = Record()
    await record.play([ann, ann_elsewhere], clock)
    return record


async def listed(client: httpx.AsyncClient, path: str) -> dict[str, Json]:
    return {item["id"]: item for item in await walk(client, path, limit=50)}


def find_contradictions(tasks: dict[str, Json], lists: dict[str, Json]) -> list[str]:
    """Return what can never be true of somebody's tasks and lists."""
    found = []
    for task in tasks.values():
        parent = tasks.get(task["parent_id"])
        if task["list_id"] is not None and task["list_id"] not in lists:
            found.append(f"{task['id']} is in no list")
        if task["parent_id"] is not None and parent is None:
            found.append(f"{task['id']} has no parent")
        if parent is not None and (parent["parent_id"] is not None or parent["list_id"] != task["list_id"]):
            found.append(f"{task['id']} is below a subtask or apart from its parent")
        if (task["status"] == "done") != (task["completed_at"] is not None):
            found.append(f"{task['id']} is {task['status']} and was completed {task['completed_at']}")
    return found


def find_shared_places(tasks: dict[str, Json]) -> list[str]:
    """Return where several tasks are, between which nothing could be moved."""
    places = Counter((task["list_id"], task["position"]) for task in tasks.values())
    return [f"{count} tasks share {place}" for place, count in places.items() if count > 1]


class TestARandomHistory:
    async def test_is_told_in_full_to_a_client_that_only_ever_used_sync(
        self, ann: httpx.AsyncClient, record: Record, raw_database: AsyncDatabase[dict[str, Any]]
    ) -> None:
        tasks, lists = await listed(ann, "/tasks"), await listed(ann, "/lists")
        newcomer = Replica()
        await newcomer.pull(ann, limit=5)

        assert (record.attentive.tasks, record.attentive.lists) == (tasks, lists)
        assert (newcomer.tasks, newcomer.lists) == (tasks, lists)
        assert record.attentive.resets == newcomer.resets == 0

        assert find_contradictions(tasks, lists) == []
        assert find_shared_places(tasks) == []
        assert await count_kept(raw_database) == len(tasks)

        # The controls: the comparison does find what a careless client misses.
        assert record.forgetful.tasks != tasks
        assert record.hasty.tasks != tasks

        # And there was a history: every kind of operation, some in vain, followed while it went on.
        assert record.world.age == OPERATIONS
        assert len(record.world.done) == 12
        assert record.world.refused
        assert record.pages > 100
        assert tasks
        assert lists

    async def test_of_tasks_that_recur_is_told_in_full_as_well(
        self,
        ann: httpx.AsyncClient,
        ann_elsewhere: httpx.AsyncClient,
        clock: FakeClock,
        raw_database: AsyncDatabase[dict[str, Any]],
    ) -> None:
        record = Record(recurrence={"rule": "FREQ=DAILY", "from": "completion"})

        await record.play([ann, ann_elsewhere], clock)

        tasks, lists = await listed(ann, "/tasks"), await listed(ann, "/lists")
        assert (record.attentive.tasks, record.attentive.lists) == (tasks, lists)
        assert find_contradictions(tasks, lists) == []
        assert await count_kept(raw_database) == len(tasks)
        # There were successors, at the places of those that were done: free among those that are not.
        assert tasks.keys() - set(record.world.tasks)
        assert find_shared_places(tasks)
        assert find_shared_places({key: task for key, task in tasks.items() if task["status"] != "done"}) == []

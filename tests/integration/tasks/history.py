"""A random history: clients that do everything that can be done to one user's tasks and lists."""

import asyncio
import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import httpx

from tests.fakes.clock import FakeClock
from tests.integration.tasks.calls import LISTS, TASKS, Json

# What a player does how often; nothing is so rare that a hundred operations would miss it.
WEIGHTS = {
    "create": 18,
    "create_subtask": 6,
    "update": 20,
    "complete": 7,
    "reopen": 5,
    "delete": 9,
    "restore": 9,
    "move": 12,
    "batch": 8,
    "create_list": 4,
    "update_list": 3,
    "delete_list": 2,
}
# What others did meanwhile makes some operations impossible. That is a client error, never a fault of the server.
_POSSIBLE = frozenset({200, 201, 204, 404, 412, 422})


@dataclass
class World:
    """The ids that the players have heard of, and what they did; new tasks have these fields more."""

    more_fields: Json = field(default_factory=dict)
    tasks: list[str] = field(default_factory=list)
    lists: list[str] = field(default_factory=list)
    done: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    _turned: asyncio.Condition = field(default_factory=asyncio.Condition)

    @property
    def age(self) -> int:
        """How many things were done or tried."""
        return (self.done + self.refused).total()

    async def turn(self, name: str, *, is_done: bool) -> None:
        """Take note of one thing more."""
        async with self._turned:
            (self.done if is_done else self.refused)[name] += 1
            self._turned.notify_all()

    async def grow_to(self, age: int) -> None:
        """Wait until so many things were done."""
        async with self._turned:
            await self._turned.wait_for(lambda: self.age >= age)


class Player:
    """One client with dice of its own; `weights` tell what it does how often."""

    weights: ClassVar[Mapping[str, int]] = WEIGHTS

    def __init__(self, client: httpx.AsyncClient, world: World, clock: FakeClock, seed: int) -> None:
        self._client = client
        self._world = world
        self._clock = clock
        self._dice = random.Random(seed)

    async def play(self, count: int) -> None:
        """Do so many things, one after another."""
        for _ in range(count):
            (name,) = self._dice.choices(list(self.weights), list(self.weights.values()))
            self._pass_time()
            answer = await getattr(self, f"_{name}")()
            assert answer.status_code in _POSSIBLE, answer.text
            await self._world.turn(name, is_done=answer.is_success)

    def _pass_time(self) -> None:
        """Let the clock go on."""
        self._clock.advance(seconds=0.001)

    def _task(self) -> str:
        return self._dice.choice(self._world.tasks or ["00000000-0000-7000-8000-000000000000"])

    def _list(self) -> str | None:
        return self._dice.choice([None, *self._world.lists[-4:]])

    def _fields(self) -> Json:
        """Some fields with new values."""
        dice = self._dice
        fields = {
            "title": f"title {dice.randrange(1_000)}",
            "notes": dice.choice([None, "x" * dice.randrange(200)]),
            "status": dice.choice(["todo", "in_progress", "done"]),
            "priority": dice.randrange(5),
            "due": dice.choice([None, {"date": f"2026-12-{dice.randrange(1, 29):02}"}]),
            "labels": dice.sample(["home", "shop", "work"], dice.randrange(3)),
        }
        return {name: fields[name] for name in dice.sample(list(fields), dice.randrange(1, 4))}

    async def _post(self, path: str, body: Any = None) -> httpx.Response:
        return await self._client.post(path, json=body)

    async def _create(self) -> httpx.Response:
        body = {**self._fields(), "notes": "", "title": "new", "list_id": self._list(), **self._world.more_fields}
        return self._remember(await self._post(TASKS, body), self._world.tasks)

    async def _create_subtask(self) -> httpx.Response:
        return self._remember(await self._post(TASKS, {"title": "sub", "parent_id": self._task()}), self._world.tasks)

    async def _update(self) -> httpx.Response:
        fields = self._fields()
        if self._dice.random() < 0.3:
            fields["list_id"] = self._list()
        if self._dice.random() < 0.2:
            fields["parent_id"] = self._dice.choice([None, self._task()])
        return await self._client.patch(f"{TASKS}/{self._task()}", json=fields)

    async def _complete(self) -> httpx.Response:
        return await self._post(f"{TASKS}/{self._task()}/complete")

    async def _reopen(self) -> httpx.Response:
        return await self._post(f"{TASKS}/{self._task()}/reopen")

    async def _delete(self) -> httpx.Response:
        return await self._client.delete(f"{TASKS}/{self._task()}")

    async def _restore(self) -> httpx.Response:
        return await self._post(f"{TASKS}/{self._task()}/restore")

    async def _move(self) -> httpx.Response:
        return await self._post(f"{TASKS}/{self._task()}/move", self._moving())

    def _moving(self) -> Json:
        body: Json = {"after_id": self._dice.choice([None, self._task()])}
        return body | ({"list_id": self._list()} if self._dice.random() < 0.5 else {})

    async def _batch(self) -> httpx.Response:
        makers = (
            lambda: {"op": "create", "title": "batched", "list_id": self._list()},
            lambda: {"op": "update", "id": self._task(), **self._fields()},
            lambda: {"op": "complete", "id": self._task()},
            lambda: {"op": "delete", "id": self._task()},
            lambda: {"op": "restore", "id": self._task()},
            lambda: {"op": "move", "id": self._task(), **self._moving()},
        )
        operations = [self._dice.choice(makers)() for _ in range(self._dice.randrange(1, 12))]
        body = {"operations": operations, "atomic": self._dice.random() < 0.3}
        answer = await self._post(f"{TASKS}/batch", body)
        if answer.is_success:
            created = (result["task"]["id"] for result in answer.json()["results"] if result["status"] == 201)
            self._world.tasks.extend(created)
        return answer

    async def _create_list(self) -> httpx.Response:
        return self._remember(await self._post(LISTS, {"name": "list"}), self._world.lists)

    async def _update_list(self) -> httpx.Response:
        fields = {"name": f"list {self._dice.randrange(9)}", "archived": self._dice.random() < 0.5}
        return await self._client.patch(f"{LISTS}/{self._list() or self._task()}", json=fields)

    async def _delete_list(self) -> httpx.Response:
        return await self._client.delete(f"{LISTS}/{self._list() or self._task()}")

    def _remember(self, answer: httpx.Response, known: list[str]) -> httpx.Response:
        if answer.status_code == 201:
            known.append(answer.json()["id"])
        return answer

"""Clients that hang up midway: nobody sees another's bytes, and nothing of them stays behind."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from pymongo.asynchronous.database import AsyncDatabase

from tests.faults.promise.http_connection import HttpConnection, encode_request
from tests.integration.api.live import LiveServer, serve
from tests.waiting import until

# PyMongo Async leaves it to the garbage collector to close the connection of a cancelled operation.
pytestmark = pytest.mark.usefixtures("driver_may_leak_sockets")

TASKS = 30
CLIENTS = 20
REQUESTS = 600
HANG_UP_SHARE = 0.3
# An answer takes some milliseconds; within these a client hangs up before, in the middle of and after it.
LONGEST_PATIENCE_SECONDS = 0.02
# Who may talk to the cache server at the same moment, each over a connection of the pool: reads, writes, the probe,
# the exchange of counts, the subscription and this test. Whether they all do is chance. One leaked by each of those
# who hang up would make some 180.
CACHE_CALLERS = 6


@dataclass
class Crowd:
    """Clients of two users, of whom some hang up."""

    port: int
    headers: dict[str, dict[str, str]]
    hang_up_share: float
    dice: random.Random = field(default_factory=lambda: random.Random(7))
    ends: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    async def ask(self) -> None:
        """Ask everything."""
        await asyncio.gather(*(self._ask_in_turn(REQUESTS // CLIENTS) for _ in range(CLIENTS)))

    async def _ask_in_turn(self, requests: int) -> None:
        async with HttpConnection(self.port) as connection:
            for _ in range(requests):
                name = self.dice.choice(list(self.headers))
                if self.dice.random() < self.hang_up_share:
                    await self._hang_up(name)
                elif self.dice.random() < 0.05:
                    await connection.request(
                        "PATCH", "/api/v1/me", self.headers[name], {"name": f"{name} {id(self)}"}
                    )
                else:
                    answer = await connection.request("GET", self._choose_path(), self.headers[name])
                    self.ends[f"status {answer.status}"] += 1
                    self._compare(name, answer.body)

    def _choose_path(self) -> str:
        # The first is nearly always cached, the others nearly never.
        limit = 200 if self.dice.random() < 0.5 else self.dice.randint(TASKS, 199)
        return f"/api/v1/tasks?limit={limit}"

    def _compare(self, name: str, body: bytes) -> None:
        for other in self.headers:
            found = body.count(f"task of {other}".encode())
            if found != (TASKS if other == name else 0):
                self.wrong.append(f"{name} was shown {found} tasks of {other}")

    async def _hang_up(self, name: str) -> None:
        connection = HttpConnection(self.port)
        request = encode_request("GET", self._choose_path(), self.headers[name])
        sent_bytes = len(request) if self.dice.random() < 0.8 else self.dice.randrange(len(request))
        reader = await connection.send(request[:sent_bytes])
        try:
            async with asyncio.timeout(self.dice.uniform(0, LONGEST_PATIENCE_SECONDS)):
                await reader.readexactly(self.dice.randrange(1, 9_000))
            self.ends["in the middle of the answer"] += 1
        except TimeoutError:
            self.ends["before the answer"] += 1
        assert connection._writer is not None
        connection._writer.transport.abort()
        await connection.close()


@dataclass(frozen=True)
class Footprint:
    """What the service holds on to."""

    tasks: int
    cache_connections: int
    database_connections: int


@pytest.fixture
async def live(app: FastAPI) -> AsyncIterator[LiveServer]:
    async with serve(app) as server:
        yield server


@pytest.fixture
async def headers(ann: httpx.AsyncClient, bob: httpx.AsyncClient) -> dict[str, dict[str, str]]:
    """How two users with tasks sign in."""
    found = {}
    for name, client in (("ann", ann), ("bob", bob)):
        operations = [{"op": "create", "title": f"task of {name}, number {number}"} for number in range(TASKS)]
        answer = await client.post("/api/v1/tasks/batch", json={"operations": operations, "atomic": True})
        assert answer.status_code == 200, answer.text
        found[name] = {"Authorization": client.headers["Authorization"]}
    return found


async def measure(app: FastAPI, database: AsyncDatabase[dict[str, Any]]) -> Footprint:
    clients = await app.state.cache.redis.execute_command("CLIENT", "LIST")
    status = await database.client.admin.command("serverStatus")
    return Footprint(
        tasks=len(asyncio.all_tasks()),
        cache_connections=len(clients if isinstance(clients, list) else clients.splitlines()),
        database_connections=status["connections"]["current"],
    )


class TestClientsThatHangUpMidway:
    async def test_leave_nothing_behind_and_never_see_anothers_bytes(
        self,
        app: FastAPI,
        live: LiveServer,
        headers: dict[str, dict[str, str]],
        raw_database: AsyncDatabase[dict[str, Any]],
    ) -> None:
        patient = Crowd(live.port, headers, hang_up_share=0)
        await patient.ask()
        before = await measure(app, raw_database)

        hasty = Crowd(live.port, headers, HANG_UP_SHARE)
        await hasty.ask()
        await until(lambda: len(asyncio.all_tasks()) <= before.tasks)
        after = await measure(app, raw_database)

        assert (patient.wrong, hasty.wrong) == ([], [])
        assert {end for crowd in (patient, hasty) for end in crowd.ends if end.startswith("status")} == {"status 200"}
        assert hasty.ends["before the answer"] > 0
        assert hasty.ends["in the middle of the answer"] > 0
        assert after.cache_connections <= CACHE_CALLERS
        # One more for each client that was asked for at the same moment as before, but not by fewer of them.
        assert after.database_connections <= before.database_connections + CLIENTS

        # And everything goes on as before.
        await Crowd(live.port, headers, hang_up_share=0).ask()
        assert (await measure(app, raw_database)).cache_connections <= CACHE_CALLERS

    async def test_are_found_out_when_they_are_shown_anothers_bytes(
        self, live: LiveServer, headers: dict[str, dict[str, str]]
    ) -> None:
        """The control: here the names are exchanged."""
        crowd = Crowd(live.port, {"ann": headers["bob"], "bob": headers["ann"]}, hang_up_share=0)
        await crowd.ask()

        assert crowd.wrong

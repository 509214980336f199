"""A request whose client goes away in the middle of a transaction is done or undone as a whole."""

import asyncio
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from pymongo.asynchronous.database import AsyncDatabase

from tests.servers import FailPoint

# PyMongo Async leaves it to the garbage collector to close the connection of a cancelled operation.
pytestmark = pytest.mark.usefixtures("driver_may_leak_sockets")

MILK, KEY = {"title": "Buy milk"}, {"Idempotency-Key": "milk"}


async def cancel_in(seconds: float, ann: httpx.AsyncClient) -> None:
    """Send a request and give it up after a while, as a server does when its client has gone."""
    request = asyncio.create_task(ann.post("/api/v1/tasks", json=MILK, headers=KEY))
    await asyncio.wait([request], timeout=seconds)
    request.cancel()
    await asyncio.gather(request, return_exceptions=True)


class TestARequestThatIsGivenUpWhileItCommits:
    async def test_is_committed_and_answered_to_its_repetition(
        self, ann: httpx.AsyncClient, app: FastAPI, failing: FailPoint
    ) -> None:
        async with failing("commitTransaction", times=1, blockConnection=True, blockTimeMS=400):
            await cancel_in(0.2, ann)
            await app.state.store.transactions.drain()

        (task,) = (await ann.get("/api/v1/tasks")).json()["items"]
        again = await ann.post("/api/v1/tasks", json=MILK, headers=KEY)
        assert again.headers["Idempotency-Replayed"] == "true"
        assert again.json() == task


class TestARequestThatIsGivenUpAtAnyMoment:
    @pytest.mark.parametrize("milliseconds", range(0, 30, 3))
    async def test_is_done_once_or_not_at_all_and_the_next_is_served(
        self,
        milliseconds: int,
        ann: httpx.AsyncClient,
        app: FastAPI,
        raw_database: AsyncDatabase[dict[str, Any]],
    ) -> None:
        await cancel_in(milliseconds / 1000, ann)
        await app.state.store.transactions.drain()

        tasks = (await ann.get("/api/v1/tasks")).json()["items"]
        assert len(tasks) <= 1
        assert (await ann.get("/api/v1/me")).json()["revision"] == len(tasks)
        again = await ann.post("/api/v1/tasks", json=MILK, headers=KEY)
        if tasks:
            assert again.json() == tasks[0]
        else:
            # Claimed and not done: the key is free again when the claim has run out.
            assert again.status_code in {201, 409}
        status = await raw_database.client.admin.command("serverStatus")
        assert status["transactions"]["currentOpen"] == 0

    async def test_leaves_no_connection_behind(self, ann: httpx.AsyncClient, app: FastAPI) -> None:
        for number in range(60):
            await cancel_in(number % 20 / 1000, ann)
        await app.state.store.transactions.drain()

        answers = await asyncio.gather(*(ann.get("/api/v1/tasks") for _ in range(40)))

        assert {answer.status_code for answer in answers} == {200}

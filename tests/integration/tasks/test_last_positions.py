"""New tasks come last, whoever changed what in between and whatever this process remembers."""

import asyncio
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from app.core.settings import Settings
from app.main import create_app
from tests.conftest import BASE_URL
from tests.fakes.clock import FakeClock
from tests.integration.tasks.calls import API, add_task, add_tasks, expect, run_batch, titles

TASKS = f"{API}/tasks"


@pytest.fixture
async def elsewhere(app: FastAPI, ann: httpx.AsyncClient, settings: Settings, clock: FakeClock) -> Any:
    """Ann at another process."""
    other = create_app(settings, clock=clock)
    async with other.router.lifespan_context(other):
        transport = httpx.ASGITransport(other)
        async with httpx.AsyncClient(transport=transport, base_url=BASE_URL, headers=ann.headers) as client:
            yield client


class TestAddingTasks:
    async def test_asks_once_where_the_last_one_stands(self, ann: httpx.AsyncClient, inspection: Any) -> None:
        await add_tasks(ann, "a", "b")
        inspection.forget()

        await add_tasks(ann, "c", "d")

        assert [operation.name for operation in inspection.operations if operation.collection == "tasks"] == [
            "insert",
            "insert",
        ]
        assert await titles(ann) == ["a", "b", "c", "d"]

    async def test_comes_behind_what_another_process_added(
        self, ann: httpx.AsyncClient, elsewhere: httpx.AsyncClient
    ) -> None:
        for number in range(4):
            await add_task(ann, f"here {number}")
            await add_task(elsewhere, f"there {number}")

        found = await titles(ann)
        assert found == [f"{place} {number}" for number in range(4) for place in ("here", "there")]

    async def test_comes_behind_what_was_moved_to_the_end(self, ann: httpx.AsyncClient) -> None:
        first, second = await add_task(ann, "a"), await add_task(ann, "b")
        expect(await ann.post(f"{TASKS}/{first['id']}/move", json={"after_id": second["id"]}))

        await add_task(ann, "c")

        assert await titles(ann) == ["b", "a", "c"]

    async def test_comes_behind_what_the_same_batch_added_before(self, ann: httpx.AsyncClient) -> None:
        first = await add_task(ann, "a")
        await run_batch(
            ann,
            {"op": "create", "title": "b"},
            {"op": "complete", "id": first["id"]},
            {"op": "create", "title": "c"},
        )

        assert await titles(ann) == ["a", "b", "c"]

    async def test_comes_last_after_a_change_that_was_refused(self, ann: httpx.AsyncClient) -> None:
        await add_task(ann, "a")
        expect(await ann.post(TASKS, json={"title": "b", "list_id": "0198c7a2-6f00-7000-8000-000000000000"}), 422)
        await add_task(ann, "c")

        assert await titles(ann) == ["a", "c"]

    async def test_gives_everybody_a_place_of_their_own(
        self, ann: httpx.AsyncClient, elsewhere: httpx.AsyncClient
    ) -> None:
        await asyncio.gather(*(add_task(client, "x") for client in (ann, elsewhere) * 10))

        items = expect(await ann.get(TASKS))["items"]
        assert len({task["position"] for task in items}) == 20


class TestACommitThatFails:
    async def test_leaves_nothing_to_remember(self, ann: httpx.AsyncClient, failing: Any) -> None:
        await add_task(ann, "a")
        async with failing("commitTransaction", times=1, errorCode=20):  # IllegalOperation: not to be retried
            expect(await ann.post(TASKS, json={"title": "lost"}), 500)
        await add_task(ann, "b")

        assert await titles(ann) == ["a", "b"]

"""The quota: as many tasks outside the trash as an account may hold, however they come."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from pymongo.asynchronous.database import AsyncDatabase

from app.core.settings import Settings, TaskSettings
from app.data.store import Store
from app.main import create_app
from tests.architecture.inspection import Inspection
from tests.conftest import BASE_URL
from tests.fakes.clock import FakeClock
from tests.integration.tasks.calls import (
    TASKS,
    act,
    add_list,
    add_task,
    add_tasks,
    count_kept,
    delete_list,
    delete_task,
    expect,
    expect_problem,
    run_batch,
    titles,
)

QUOTA = 3


@pytest.fixture
async def ann(
    settings: Settings, store: Store, clock: FakeClock, inspection: Inspection
) -> AsyncIterator[httpx.AsyncClient]:
    """A user of a service that gives everybody three tasks."""
    app = create_app(
        settings.model_copy(update={"tasks": TaskSettings(quota=QUOTA)}), clock=clock, listeners=[inspection]
    )
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=BASE_URL) as client,
    ):
        answer = await client.post("/api/v1/auth/dev/login", json={"email": "ann@example.com"})
        client.headers["Authorization"] = f"Bearer {expect(answer)['access_token']}"
        yield client


class TestAFullAccount:
    async def test_takes_no_further_task(self, ann: httpx.AsyncClient) -> None:
        await add_tasks(ann, *"abc")

        problem = expect_problem(await ann.post(TASKS, json={"title": "d"}), 409, "quota-exceeded")

        assert "3" in problem["detail"]
        assert await titles(ann) == ["a", "b", "c"]

    async def test_takes_none_by_a_line_of_text(self, ann: httpx.AsyncClient) -> None:
        for title in "abc":
            expect(await ann.post(f"{TASKS}/quick", json={"text": title}), 201)

        expect_problem(await ann.post(f"{TASKS}/quick", json={"text": "d"}), 409, "quota-exceeded")
        assert await titles(ann) == ["a", "b", "c"]

    async def test_takes_one_more_when_one_is_deleted(self, ann: httpx.AsyncClient) -> None:
        first, *_ = await add_tasks(ann, *"abc")
        await delete_task(ann, first)

        await add_task(ann, "d")

        expect_problem(await ann.post(TASKS, json={"title": "e"}), 409, "quota-exceeded")

    async def test_takes_none_out_of_the_trash(self, ann: httpx.AsyncClient) -> None:
        first, *_ = await add_tasks(ann, *"abc")
        await delete_task(ann, first)
        await add_task(ann, "d")

        expect_problem(await ann.post(f"{TASKS}/{first['id']}/restore"), 409, "quota-exceeded")
        assert await titles(ann, deleted="true") == ["a"]

    async def test_takes_a_task_out_of_the_trash_only_with_all_its_subtasks(self, ann: httpx.AsyncClient) -> None:
        parent = await add_task(ann, "parent")
        await add_task(ann, "subtask", parent_id=parent["id"])
        await delete_task(ann, parent)
        await add_tasks(ann, *"ab")

        expect_problem(await ann.post(f"{TASKS}/{parent['id']}/restore"), 409, "quota-exceeded")
        assert await titles(ann) == ["a", "b"]

    async def test_can_be_worked_with(self, ann: httpx.AsyncClient) -> None:
        first, *_ = await add_tasks(ann, *"abc")

        for action in ("complete", "reopen", "restore"):
            await act(ann, first, action)
        await add_list(ann)

    async def test_holds_no_more_after_many_requests_at_once(
        self, ann: httpx.AsyncClient, raw_database: AsyncDatabase[dict[str, Any]]
    ) -> None:
        answers = await asyncio.gather(*(ann.post(TASKS, json={"title": "x"}) for _ in range(10)))

        assert sorted(answer.status_code for answer in answers) == [201] * 3 + [409] * 7
        assert await count_kept(raw_database) == len(await titles(ann)) == 3


class TestABatch:
    async def test_is_refused_where_it_would_go_beyond_the_quota(self, ann: httpx.AsyncClient) -> None:
        results = await run_batch(ann, *({"op": "create", "title": name} for name in "abcd"))

        assert {result["status"] for result in results} == {409}
        assert await titles(ann) == []

    async def test_may_make_room_first(self, ann: httpx.AsyncClient) -> None:
        first, *_ = await add_tasks(ann, *"abc")

        results = await run_batch(ann, {"op": "delete", "id": first["id"]}, {"op": "create", "title": "d"})

        assert [result["status"] for result in results] == [204, 201]
        assert await titles(ann) == ["b", "c", "d"]

    async def test_cannot_restore_beyond_the_quota(self, ann: httpx.AsyncClient) -> None:
        trashed = await add_tasks(ann, *"ab")
        for task in trashed:
            await delete_task(ann, task)
        await add_tasks(ann, *"cd")

        results = await run_batch(ann, *({"op": "restore", "id": task["id"]} for task in trashed))

        assert [result["status"] for result in results] == [200, 409]
        assert len(await titles(ann)) == 3

    async def test_counts_only_what_came_of_it(
        self, ann: httpx.AsyncClient, raw_database: AsyncDatabase[dict[str, Any]]
    ) -> None:
        task = await add_task(ann, "a")

        await run_batch(
            ann,
            {"op": "create", "title": "b"},
            {"op": "create", "title": "x", "list_id": task["id"]},
            {"op": "delete", "id": task["id"]},
            {"op": "create"},
        )

        assert await count_kept(raw_database) == 1


class TestTheCount:
    async def test_follows_everything_that_adds_and_deletes(
        self, ann: httpx.AsyncClient, raw_database: AsyncDatabase[dict[str, Any]]
    ) -> None:
        home = await add_list(ann)
        counts = []
        parent = await add_task(ann, list_id=home["id"])
        await add_task(ann, parent_id=parent["id"])
        counts.append(await count_kept(raw_database))
        await delete_task(ann, parent)
        counts.append(await count_kept(raw_database))
        await act(ann, parent, "restore")
        await act(ann, parent, "restore")
        counts.append(await count_kept(raw_database))
        await delete_list(ann, home)
        counts.append(await count_kept(raw_database))

        assert counts == [2, 0, 2, 0]

    async def test_is_not_touched_by_a_task_that_is_refused(
        self, ann: httpx.AsyncClient, raw_database: AsyncDatabase[dict[str, Any]]
    ) -> None:
        task = await add_task(ann)

        await ann.post(TASKS, json={"title": "x", "list_id": task["id"]})

        assert await count_kept(raw_database) == 1

"""Erasing everything that the feature keeps of a user."""

from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from pymongo.asynchronous.database import AsyncDatabase

from app.tasks import task_repository
from app.tasks.upkeep import TaskUpkeep
from tests.integration.tasks.calls import add_list, add_task, add_tasks, delete_task, read, titles

Raw = AsyncDatabase[dict[str, Any]]


class TestErasingAUser:
    @pytest.mark.parametrize("chunk", [2, 1_000])
    async def test_removes_tasks_and_lists_the_trash_among_them(
        self, ann: httpx.AsyncClient, app: FastAPI, raw_database: Raw, monkeypatch: pytest.MonkeyPatch, chunk: int
    ) -> None:
        monkeypatch.setattr(task_repository, "CHUNK_SIZE", chunk)
        home = await add_list(ann)
        await add_tasks(ann, *"abcde", list_id=home["id"])
        await delete_task(ann, await add_task(ann))

        await TaskUpkeep(app.state.store.database).erase_user(UUID((await read(ann, "/me"))["id"]))

        assert await raw_database["tasks"].count_documents({}) == 0
        assert await raw_database["lists"].count_documents({}) == 0

    async def test_leaves_others_alone(self, ann: httpx.AsyncClient, bob: httpx.AsyncClient, app: FastAPI) -> None:
        await add_task(bob, list_id=(await add_list(bob))["id"])
        await add_task(ann)

        await TaskUpkeep(app.state.store.database).erase_user(UUID((await read(ann, "/me"))["id"]))

        assert await titles(bob) == ["Buy milk"]
        assert len((await read(bob, "/lists"))["items"]) == 1

    async def test_may_be_done_again(self, ann: httpx.AsyncClient, app: FastAPI) -> None:
        """As after an interruption."""
        await add_task(ann)

        for _ in range(2):
            await TaskUpkeep(app.state.store.database).erase_user(UUID((await read(ann, "/me"))["id"]))

        assert await titles(ann) == []

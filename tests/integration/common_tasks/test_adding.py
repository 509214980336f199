"""Copying a common task to one's own tasks."""

import httpx
import pytest
from fastapi import FastAPI

from tests.conftest import FailPoint
from tests.integration.common_tasks.conftest import ADMIN, COMMON, RawDatabase, add_common
from tests.integration.tasks.calls import (
    NOBODYS_ID,
    TASKS,
    add_list,
    add_task,
    count_kept,
    expect,
    expect_invalid,
    expect_problem,
    read_task,
    titles,
)
from tests.shapes import looks_into_the_process

FIELDS = {"notes": "Two *disks*", "priority": 3, "labels": ["home", "computer"]}


def add_path(common: dict[str, object]) -> str:
    return f"{COMMON}/{common['id']}/add"


class TestAddingACommonTask:
    async def test_makes_a_task_of_ones_own(self, admin: httpx.AsyncClient, ann: httpx.AsyncClient) -> None:
        common = await add_common(admin, "Back up", **FIELDS)
        await add_task(ann, "mine")

        answer = await ann.post(add_path(common))

        task = expect(answer, 201)
        assert {**FIELDS, "title": "Back up", "status": "todo", "due": None, "list_id": None}.items() <= task.items()
        assert task["id"] != common["id"]
        assert answer.headers["Location"] == f"{TASKS}/{task['id']}"
        assert answer.headers["ETag"] == f'"{task["revision"]}"'
        assert expect(await ann.get(answer.headers["Location"])) == task
        assert await titles(ann) == ["mine", "Back up"]

    async def test_puts_it_into_a_list(self, admin: httpx.AsyncClient, ann: httpx.AsyncClient) -> None:
        common, home = await add_common(admin), await add_list(ann)

        task = expect(await ann.post(add_path(common), json={"list_id": home["id"]}), 201)

        assert task["list_id"] == home["id"]

    @pytest.mark.parametrize("body", [{}, {"list_id": None}])
    async def test_puts_it_into_the_inbox_otherwise(
        self, body: dict[str, None], admin: httpx.AsyncClient, ann: httpx.AsyncClient
    ) -> None:
        common = await add_common(admin)

        assert expect(await ann.post(add_path(common), json=body), 201)["list_id"] is None

    async def test_refuses_a_list_of_somebody_else(
        self, admin: httpx.AsyncClient, ann: httpx.AsyncClient, bob: httpx.AsyncClient
    ) -> None:
        common, his = await add_common(admin), await add_list(bob)

        expect_invalid(await ann.post(add_path(common), json={"list_id": his["id"]}), "/list_id")
        assert await titles(ann) == []

    async def test_refuses_unknown_members(self, admin: httpx.AsyncClient, ann: httpx.AsyncClient) -> None:
        common = await add_common(admin)

        expect_invalid(await ann.post(add_path(common), json={"title": "Mine"}), "/title")

    async def test_leaves_the_copy_when_the_common_task_changes(
        self, admin: httpx.AsyncClient, ann: httpx.AsyncClient
    ) -> None:
        common = await add_common(admin, "before")
        task = expect(await ann.post(add_path(common)), 201)
        await admin.patch(f"{ADMIN}/{common['id']}", json={"title": "after"})
        await admin.delete(f"{ADMIN}/{common['id']}")

        assert await read_task(ann, task) == task

    async def test_happens_once_for_each_idempotency_key(
        self, admin: httpx.AsyncClient, ann: httpx.AsyncClient
    ) -> None:
        common = await add_common(admin)
        headers = {"Idempotency-Key": "once"}

        first, second = [await ann.post(add_path(common), headers=headers) for _ in range(2)]

        assert expect(first, 201) == expect(second, 201)
        assert second.headers["Idempotency-Replayed"] == "true"
        assert len(await titles(ann)) == 1


class TestACommonTaskThatIsNotThere:
    async def test_is_404(self, ann: httpx.AsyncClient) -> None:
        expect_problem(await ann.post(f"{COMMON}/{NOBODYS_ID}/add"), 404, "not-found")

    async def test_is_404_at_once_when_it_was_deleted(
        self, admin: httpx.AsyncClient, ann_elsewhere: httpx.AsyncClient
    ) -> None:
        """Also in a process that may still show it."""
        common = await add_common(admin)
        expect(await ann_elsewhere.get(COMMON))
        await admin.delete(f"{ADMIN}/{common['id']}")

        expect_problem(await ann_elsewhere.post(add_path(common)), 404, "not-found")


class TestAFullAccount:
    @looks_into_the_process
    async def test_gets_no_more_by_copying(
        self,
        admin: httpx.AsyncClient,
        ann: httpx.AsyncClient,
        app: FastAPI,
        raw_database: RawDatabase,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        common = await add_common(admin)
        monkeypatch.setattr(app.state.tasks.tasks._operations, "_task_quota", 1)
        expect(await ann.post(add_path(common)), 201)

        expect_problem(await ann.post(add_path(common)), 409, "quota-exceeded")
        assert await count_kept(raw_database) == 1


class TestAFailure:
    async def test_adds_nothing(self, admin: httpx.AsyncClient, ann: httpx.AsyncClient, failing: FailPoint) -> None:
        common = await add_common(admin)
        async with failing("insert", errorCode=50):
            assert (await ann.post(add_path(common))).status_code == 503

        assert await titles(ann) == []

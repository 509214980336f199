"""Walking the pages of the inbox in every order; that no order is made in memory is seen to for all tests."""

import httpx
import pytest

from tests.integration.tasks.calls import add_list, add_task, add_tasks, patch_task, walk


class TestWalkingTheInbox:
    @pytest.mark.parametrize("count", [3, 30])
    @pytest.mark.parametrize("direction", ["", "-"])
    @pytest.mark.parametrize("sort", ["position", "due", "priority", "created", "updated"])
    async def test_meets_each_of_its_tasks_once(
        self, ann: httpx.AsyncClient, sort: str, direction: str, count: int
    ) -> None:
        inbox = await add_tasks(ann, *(str(number) for number in range(count)))
        for task in inbox[::2]:
            await patch_task(ann, task, status="done", priority=1, due={"date": "2026-12-01"})
        await add_task(ann, "elsewhere", list_id=(await add_list(ann))["id"])

        met = await walk(ann, "/tasks", list_id="inbox", sort=direction + sort, limit=max(1, count // 5))

        assert sorted(task["id"] for task in met) == sorted(task["id"] for task in inbox)

"""Subtasks: one level, always in their parent's list."""

import httpx
import pytest

from app.tasks import operations
from tests.integration.tasks.calls import (
    TASKS,
    act,
    add_list,
    add_task,
    add_tasks,
    expect,
    expect_invalid,
    patch_task,
    read_task,
    titles,
)


class TestASubtask:
    async def test_is_listed_under_its_parent(self, ann: httpx.AsyncClient) -> None:
        parent, _ = await add_tasks(ann, "parent", "other")
        await add_tasks(ann, "one", "two", parent_id=parent["id"])

        assert await titles(ann, parent_id=parent["id"]) == ["one", "two"]

    async def test_can_have_no_subtasks(self, ann: httpx.AsyncClient) -> None:
        parent = await add_task(ann)
        subtask = await add_task(ann, parent_id=parent["id"])

        expect_invalid(await ann.post(TASKS, json={"title": "x", "parent_id": subtask["id"]}), "/parent_id")

    async def test_may_name_its_parents_list(self, ann: httpx.AsyncClient) -> None:
        home = await add_list(ann)
        parent = await add_task(ann, list_id=home["id"])

        assert (await add_task(ann, parent_id=parent["id"], list_id=home["id"]))["list_id"] == home["id"]

    async def test_may_name_no_other_list(self, ann: httpx.AsyncClient) -> None:
        home, parent = await add_list(ann), await add_task(ann)

        answer = await ann.post(TASKS, json={"title": "x", "parent_id": parent["id"], "list_id": home["id"]})

        expect_invalid(answer, "/list_id")

    async def test_cannot_leave_its_parents_list(self, ann: httpx.AsyncClient) -> None:
        home, parent = await add_list(ann), await add_task(ann)
        subtask = await add_task(ann, parent_id=parent["id"])
        path, there = f"{TASKS}/{subtask['id']}", {"list_id": home["id"]}

        expect_invalid(await ann.patch(path, json=there), "/list_id")
        expect_invalid(await ann.post(f"{path}/move", json={"after_id": None, **there}), "/list_id")


class TestMakingATaskASubtask:
    async def test_moves_it_into_the_parents_list(self, ann: httpx.AsyncClient) -> None:
        home = await add_list(ann)
        parent, task = await add_task(ann, list_id=home["id"]), await add_task(ann)

        changed = await patch_task(ann, task, parent_id=parent["id"])

        assert (changed["parent_id"], changed["list_id"]) == (parent["id"], home["id"])

    async def test_of_itself_is_refused(self, ann: httpx.AsyncClient) -> None:
        task = await add_task(ann)

        expect_invalid(await ann.patch(f"{TASKS}/{task['id']}", json={"parent_id": task["id"]}), "/parent_id")

    async def test_is_refused_when_it_has_subtasks(self, ann: httpx.AsyncClient) -> None:
        parent, task = await add_tasks(ann, "parent", "task")
        await add_task(ann, parent_id=task["id"])

        expect_invalid(await ann.patch(f"{TASKS}/{task['id']}", json={"parent_id": parent["id"]}), "/parent_id")

    async def test_is_refused_when_the_parent_is_a_subtask(self, ann: httpx.AsyncClient) -> None:
        parent, task = await add_tasks(ann, "parent", "task")
        subtask = await add_task(ann, parent_id=parent["id"])

        expect_invalid(await ann.patch(f"{TASKS}/{task['id']}", json={"parent_id": subtask["id"]}), "/parent_id")

    async def test_is_refused_when_the_parent_has_as_many_as_it_may(
        self, ann: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(operations, "MAX_SUBTASKS", 2)
        parent, task = await add_tasks(ann, "parent", "task")
        one, _ = await add_tasks(ann, "one", "two", parent_id=parent["id"])

        expect_invalid(await ann.post(TASKS, json={"title": "x", "parent_id": parent["id"]}), "/parent_id")
        expect_invalid(await ann.patch(f"{TASKS}/{task['id']}", json={"parent_id": parent["id"]}), "/parent_id")
        assert (await patch_task(ann, one, title="renamed"))["title"] == "renamed"
        assert (await patch_task(ann, one, parent_id=parent["id"], priority=1))["priority"] == 1


class TestMakingASubtaskATaskOfItsOwn:
    async def test_leaves_it_in_the_list(self, ann: httpx.AsyncClient) -> None:
        home = await add_list(ann)
        parent = await add_task(ann, list_id=home["id"])
        subtask = await add_task(ann, parent_id=parent["id"])

        changed = await patch_task(ann, subtask, parent_id=None)

        assert (changed["parent_id"], changed["list_id"]) == (None, home["id"])
        assert await titles(ann, parent_id=parent["id"]) == []

    async def test_may_move_it_to_another_list_at_once(self, ann: httpx.AsyncClient) -> None:
        home, parent = await add_list(ann), await add_task(ann)
        subtask = await add_task(ann, parent_id=parent["id"])

        changed = await patch_task(ann, subtask, parent_id=None, list_id=home["id"])

        assert (changed["parent_id"], changed["list_id"]) == (None, home["id"])

    async def test_may_give_it_to_another_parent(self, ann: httpx.AsyncClient) -> None:
        home = await add_list(ann)
        parent, other = await add_task(ann), await add_task(ann, list_id=home["id"])
        subtask = await add_task(ann, parent_id=parent["id"])

        changed = await patch_task(ann, subtask, parent_id=other["id"])

        assert (changed["parent_id"], changed["list_id"]) == (other["id"], home["id"])


class TestMovingAParentToAnotherList:
    @pytest.mark.parametrize("by", ["patch", "move"])
    async def test_takes_its_subtasks_along_under_one_revision(self, ann: httpx.AsyncClient, by: str) -> None:
        home, parent = await add_list(ann), await add_task(ann, "parent")
        await add_tasks(ann, "one", "two", parent_id=parent["id"])
        await add_task(ann, "other")

        if by == "patch":
            moved = await patch_task(ann, parent, list_id=home["id"])
        else:
            moved = await act(ann, parent, "move", after_id=None, list_id=home["id"])

        tasks = expect(await ann.get(TASKS, params={"list_id": home["id"]}))["items"]
        assert [task["title"] for task in tasks] == ["parent", "one", "two"]
        assert {task["revision"] for task in tasks} == {moved["revision"]}
        assert await titles(ann, list_id="inbox") == ["other"]

    async def test_leaves_the_subtasks_untouched_when_only_its_place_changes(self, ann: httpx.AsyncClient) -> None:
        parent, other = await add_tasks(ann, "parent", "other")
        subtask = await add_task(ann, parent_id=parent["id"])

        await act(ann, parent, "move", after_id=other["id"])

        assert await read_task(ann, subtask) == subtask

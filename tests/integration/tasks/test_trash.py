"""The trash: deleting tasks with their subtasks, and taking them out again."""

import httpx
import pytest

from app.tasks import operations
from tests.integration.tasks.calls import (
    NOBODYS_ID,
    TASKS,
    Json,
    act,
    add_list,
    add_task,
    add_tasks,
    delete_list,
    delete_task,
    expect,
    expect_problem,
    patch_task,
    read_task,
    revision_of,
    titles,
)


async def trash(client: httpx.AsyncClient) -> list[str]:
    return await titles(client, deleted="true")


def place(task: Json) -> tuple[str | None, str | None]:
    return task["list_id"], task["parent_id"]


class TestDeletingATask:
    async def test_moves_it_to_the_trash(self, ann: httpx.AsyncClient) -> None:
        first, _ = await add_tasks(ann, "first", "second")

        answer = await ann.delete(f"{TASKS}/{first['id']}")

        assert (answer.status_code, answer.content) == (204, b"")
        assert await titles(ann) == ["second"]
        assert await trash(ann) == ["first"]

    async def test_counts_the_revision_up(self, ann: httpx.AsyncClient) -> None:
        task = await add_task(ann)

        await delete_task(ann, task)

        assert await revision_of(ann) == task["revision"] + 1

    async def test_takes_its_subtasks_along(self, ann: httpx.AsyncClient) -> None:
        parent, _ = await add_tasks(ann, "parent", "other")
        await add_tasks(ann, "one", "two", parent_id=parent["id"])

        await delete_task(ann, parent)

        assert await titles(ann) == ["other"]
        assert await trash(ann) == ["parent", "one", "two"]

    async def test_leaves_the_parent_of_a_subtask(self, ann: httpx.AsyncClient) -> None:
        parent = await add_task(ann, "parent")
        subtask = await add_task(ann, "one", parent_id=parent["id"])

        await delete_task(ann, subtask)

        assert await read_task(ann, parent) == parent
        assert await trash(ann) == ["one"]

    async def test_twice_finds_nothing_the_second_time(self, ann: httpx.AsyncClient) -> None:
        task = await add_task(ann)
        await delete_task(ann, task)

        expect_problem(await ann.delete(f"{TASKS}/{task['id']}"), 404, "not-found")

    async def test_shows_the_trash_to_its_owner_alone(self, ann: httpx.AsyncClient, bob: httpx.AsyncClient) -> None:
        await delete_task(ann, await add_task(ann))

        assert await trash(bob) == []


class TestRestoringATask:
    async def test_makes_it_what_it_was(self, ann: httpx.AsyncClient) -> None:
        home = await add_list(ann)
        task = await add_task(ann, list_id=home["id"], labels=["home"], due={"date": "2026-12-01"}, status="done")
        await delete_task(ann, task)

        restored = await act(ann, task, "restore")

        assert restored == {**task, "revision": task["revision"] + 2}
        assert await read_task(ann, task) == restored
        assert await trash(ann) == []

    async def test_that_is_not_in_the_trash_changes_nothing(self, ann: httpx.AsyncClient) -> None:
        task = await add_task(ann)

        assert await act(ann, task, "restore") == task
        assert await revision_of(ann) == task["revision"]

    async def test_that_never_was_is_not_found(self, ann: httpx.AsyncClient) -> None:
        expect_problem(await ann.post(f"{TASKS}/{NOBODYS_ID}/restore"), 404, "not-found")

    async def test_brings_back_the_subtasks_that_went_with_it(self, ann: httpx.AsyncClient) -> None:
        parent = await add_task(ann, "parent")
        early, *_ = await add_tasks(ann, "early", "one", "two", parent_id=parent["id"])
        await delete_task(ann, early)
        await delete_task(ann, parent)

        await act(ann, parent, "restore")

        assert await titles(ann, parent_id=parent["id"]) == ["one", "two"]
        assert await trash(ann) == ["early"]

    async def test_lets_a_subtask_return_to_its_parent(self, ann: httpx.AsyncClient) -> None:
        home, other = await add_list(ann), await add_list(ann, "Work")
        parent = await add_task(ann, list_id=home["id"])
        subtask = await add_task(ann, parent_id=parent["id"])
        await delete_task(ann, subtask)
        await patch_task(ann, parent, list_id=other["id"])

        assert place(await act(ann, subtask, "restore")) == (other["id"], parent["id"])

    async def test_is_refused_to_a_subtask_whose_parent_has_as_many_as_it_may(
        self, ann: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(operations, "MAX_SUBTASKS", 2)
        parent = await add_task(ann)
        subtask, _ = await add_tasks(ann, "one", "two", parent_id=parent["id"])
        await delete_task(ann, subtask)
        third = await add_task(ann, "three", parent_id=parent["id"])

        expect_problem(await ann.post(f"{TASKS}/{subtask['id']}/restore"), 409, "quota-exceeded")

        assert await trash(ann) == ["one"]
        await delete_task(ann, third)
        assert (await act(ann, subtask, "restore"))["parent_id"] == parent["id"]

    async def test_makes_a_subtask_a_task_of_its_own_when_its_parent_is_in_the_trash(
        self, ann: httpx.AsyncClient
    ) -> None:
        home = await add_list(ann)
        parent = await add_task(ann, "parent", list_id=home["id"])
        subtask = await add_task(ann, "one", parent_id=parent["id"])
        await delete_task(ann, parent)

        restored = await act(ann, subtask, "restore")

        assert place(restored) == (home["id"], None)
        assert await trash(ann) == ["parent"]
        await act(ann, parent, "restore")
        assert await titles(ann, parent_id=parent["id"]) == []

    async def test_makes_a_subtask_a_task_of_its_own_when_its_parent_became_a_subtask(
        self, ann: httpx.AsyncClient
    ) -> None:
        parent, grandparent = await add_tasks(ann, "parent", "grandparent")
        subtask = await add_task(ann, "one", parent_id=parent["id"])
        await delete_task(ann, subtask)
        await patch_task(ann, parent, parent_id=grandparent["id"])

        assert (await act(ann, subtask, "restore"))["parent_id"] is None


class TestRestoringATaskOfADeletedList:
    async def test_puts_it_into_the_inbox_with_its_subtasks(self, ann: httpx.AsyncClient) -> None:
        home = await add_list(ann)
        parent = await add_task(ann, "parent", list_id=home["id"])
        await add_task(ann, "one", parent_id=parent["id"])
        await delete_list(ann, home)

        restored = await act(ann, parent, "restore")

        assert place(restored) == (None, None)
        assert await titles(ann, list_id="inbox") == ["parent", "one"]
        assert await titles(ann, parent_id=parent["id"]) == ["one"]

    async def test_puts_a_subtask_alone_into_the_inbox(self, ann: httpx.AsyncClient) -> None:
        home = await add_list(ann)
        parent = await add_task(ann, "parent", list_id=home["id"])
        subtask = await add_task(ann, "one", parent_id=parent["id"])
        await delete_list(ann, home)

        assert place(await act(ann, subtask, "restore")) == (None, None)
        assert await trash(ann) == ["parent"]


class TestRestoringATaskWhosePlaceWasTaken:
    async def test_puts_it_behind_the_one_that_took_it(self, ann: httpx.AsyncClient) -> None:
        first, second, third = await add_tasks(ann, "first", "second", "third")
        await delete_task(ann, second)
        await delete_task(ann, third)
        await add_task(ann, "new")

        await act(ann, second, "restore")
        await act(ann, first, "move", after_id=second["id"])

        assert await titles(ann) == ["new", "second", "first"]

    async def test_gives_each_a_place_of_its_own_when_several_return(self, ann: httpx.AsyncClient) -> None:
        parent = await add_task(ann, "parent")
        await add_tasks(ann, "one", "two", parent_id=parent["id"])
        await delete_task(ann, parent)
        await add_tasks(ann, "new", "newer", "newest")

        await act(ann, parent, "restore")

        assert await titles(ann) == ["new", "parent", "newer", "one", "newest", "two"]

    async def test_puts_no_two_that_return_into_the_same_gap(self, ann: httpx.AsyncClient) -> None:
        _, parent, last = await add_tasks(ann, "first", "parent", "last")
        subtask = await add_task(ann, "subtask", parent_id=parent["id"])
        await act(ann, subtask, "move", after_id=parent["id"])
        for task in (parent, last):
            await delete_task(ann, task)
        await add_tasks(ann, "new", "newer")

        await act(ann, parent, "restore")

        tasks = expect(await ann.get(TASKS))["items"]
        assert [task["title"] for task in tasks] == ["first", "new", "subtask", "parent", "newer"]
        assert len({task["position"] for task in tasks}) == 5

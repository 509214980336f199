"""Moving tasks: any place in any list, with one document written."""

import random
from typing import Any

import httpx
import pytest
from pymongo.asynchronous.database import AsyncDatabase

from tests.architecture.inspection import Inspection
from tests.integration.tasks.calls import (
    NOBODYS_ID,
    TASKS,
    Json,
    act,
    add_list,
    add_task,
    add_tasks,
    delete_task,
    expect,
    expect_invalid,
    patch_task,
    read_task,
    revision_of,
    titles,
)

LETTERS = "abcde"


@pytest.fixture
async def tasks(ann: httpx.AsyncClient) -> dict[str, Json]:
    """Five tasks in the inbox, by their titles."""
    return dict(zip(LETTERS, await add_tasks(ann, *LETTERS), strict=True))


class TestMovingWithinAList:
    @pytest.mark.parametrize(
        ("letter", "after"), [(letter, after) for letter in LETTERS for after in [None, *LETTERS] if letter != after]
    )
    async def test_puts_the_task_right_behind_the_other(
        self, ann: httpx.AsyncClient, tasks: dict[str, Json], letter: str, after: str | None
    ) -> None:
        expected = [other for other in LETTERS if other != letter]
        expected.insert(0 if after is None else expected.index(after) + 1, letter)

        await act(ann, tasks[letter], "move", after_id=None if after is None else tasks[after]["id"])

        assert await titles(ann) == expected

    async def test_answers_with_the_task_in_its_new_version(
        self, ann: httpx.AsyncClient, tasks: dict[str, Json]
    ) -> None:
        answer = await ann.post(f"{TASKS}/{tasks['e']['id']}/move", json={"after_id": None})

        moved = expect(answer)
        assert moved["position"] < tasks["a"]["position"]
        assert moved == {**tasks["e"], "position": moved["position"], "revision": tasks["e"]["revision"] + 1}
        assert answer.headers["etag"] == f'"{moved["revision"]}"'

    @pytest.mark.parametrize(("letter", "after"), [("a", None), ("b", "a"), ("e", "d")])
    async def test_to_where_the_task_is_changes_nothing(
        self, ann: httpx.AsyncClient, tasks: dict[str, Json], letter: str, after: str | None
    ) -> None:
        revision = await revision_of(ann)

        moved = await act(ann, tasks[letter], "move", after_id=None if after is None else tasks[after]["id"])

        if after == "d":  # behind the last one it is, though the text of its position may differ
            assert await titles(ann) == list(LETTERS)
        else:
            assert moved == tasks[letter]
            assert await revision_of(ann) == revision

    async def test_passes_over_tasks_of_other_lists(self, ann: httpx.AsyncClient) -> None:
        home = await add_list(ann)
        first = await add_task(ann, "first")
        await add_task(ann, "elsewhere", list_id=home["id"])
        _, third = await add_tasks(ann, "second", "third")

        await act(ann, third, "move", after_id=first["id"])

        assert await titles(ann, list_id="inbox") == ["first", "third", "second"]

    async def test_keeps_every_order_that_hundreds_of_moves_make(
        self, ann: httpx.AsyncClient, tasks: dict[str, Json]
    ) -> None:
        dice, order = random.Random(1), list(LETTERS)
        for _ in range(60):
            letter = order.pop(dice.randrange(len(order)))
            index = dice.randrange(len(order) + 1)
            after_id = tasks[order[index - 1]]["id"] if index else None
            order.insert(index, letter)
            await act(ann, tasks[letter], "move", after_id=after_id)

        assert await titles(ann) == order
        assert await titles(ann, sort="-position") == order[::-1]


class TestMovingToAnotherList:
    async def test_gives_a_subtask_that_comes_along_a_place_of_its_own(self, ann: httpx.AsyncClient) -> None:
        """The first place of an empty list may be where the subtask stood in the list before."""
        home = await add_list(ann)
        first, parent = await add_tasks(ann, "first", "parent", list_id=home["id"])
        await patch_task(ann, first, parent_id=parent["id"])

        moved = await act(ann, parent, "move", after_id=None, list_id=None)

        assert moved["position"] == first["position"]  # what makes this a test
        assert (await read_task(ann, first))["position"] > moved["position"]

    async def test_puts_the_task_on_top_or_behind_another_there(
        self, ann: httpx.AsyncClient, tasks: dict[str, Json]
    ) -> None:
        home = await add_list(ann)
        resident = await add_task(ann, "resident", list_id=home["id"])

        await act(ann, tasks["a"], "move", after_id=None, list_id=home["id"])
        await act(ann, tasks["b"], "move", after_id=resident["id"], list_id=home["id"])

        assert await titles(ann, list_id=home["id"]) == ["a", "resident", "b"]
        assert await titles(ann, list_id="inbox") == ["c", "d", "e"]

    async def test_puts_it_into_an_empty_list(self, ann: httpx.AsyncClient, tasks: dict[str, Json]) -> None:
        home = await add_list(ann)

        moved = await act(ann, tasks["c"], "move", after_id=None, list_id=home["id"])

        assert moved["list_id"] == home["id"]
        assert await titles(ann, list_id=home["id"]) == ["c"]

    async def test_takes_it_to_the_inbox_when_the_list_is_null(self, ann: httpx.AsyncClient) -> None:
        home = await add_list(ann)
        task = await add_task(ann, list_id=home["id"])

        assert (await act(ann, task, "move", after_id=None, list_id=None))["list_id"] is None

    async def test_leaves_it_in_its_list_when_none_is_named(self, ann: httpx.AsyncClient) -> None:
        home = await add_list(ann)
        _, second = await add_tasks(ann, "first", "second", list_id=home["id"])

        assert (await act(ann, second, "move", after_id=None))["list_id"] == home["id"]
        assert await titles(ann, list_id=home["id"]) == ["second", "first"]

    async def test_gives_a_position_of_its_own_to_one_that_comes_by_patch(self, ann: httpx.AsyncClient) -> None:
        """Two lists give the same positions out; what comes from one to the other must not share one."""
        home = await add_list(ann)
        _, second = await add_tasks(ann, "first", "second")
        _, last = await add_tasks(ann, "third", "last", list_id=home["id"])
        twin = await act(ann, last, "move", after_id=None)
        assert twin["position"] == second["position"]

        await patch_task(ann, twin, list_id=None)

        tasks = expect(await ann.get(TASKS, params={"list_id": "inbox"}))["items"]
        assert [task["title"] for task in tasks] == ["first", "second", "last"]
        assert len({task["position"] for task in tasks}) == 3


class TestAMoveThatIsRefused:
    @pytest.mark.parametrize("body", [{}, {"after_id": 1}, {"after_id": "top"}, {"before_id": None}])
    async def test_says_nowhere_to(self, ann: httpx.AsyncClient, tasks: dict[str, Json], body: Json) -> None:
        answer = await ann.post(f"{TASKS}/{tasks['a']['id']}/move", json=body)

        assert "/after_id" in {error["pointer"] for error in expect(answer, 422)["errors"]}

    async def test_names_a_task_that_is_not_in_that_list(
        self, ann: httpx.AsyncClient, bob: httpx.AsyncClient, tasks: dict[str, Json]
    ) -> None:
        home, theirs = await add_list(ann), await add_task(bob)
        elsewhere, gone = await add_task(ann, list_id=home["id"]), await add_task(ann)
        await delete_task(ann, gone)
        path = f"{TASKS}/{tasks['a']['id']}/move"

        for after_id in (NOBODYS_ID, theirs["id"], elsewhere["id"], gone["id"], tasks["a"]["id"]):
            expect_invalid(await ann.post(path, json={"after_id": after_id}), "/after_id")
        answer = await ann.post(path, json={"after_id": tasks["b"]["id"], "list_id": home["id"]})
        expect_invalid(answer, "/after_id")

    async def test_names_a_list_that_is_not_there(
        self, ann: httpx.AsyncClient, bob: httpx.AsyncClient, tasks: dict[str, Json]
    ) -> None:
        theirs = await add_list(bob)

        for list_id in (NOBODYS_ID, theirs["id"]):
            body = {"after_id": None, "list_id": list_id}
            expect_invalid(await ann.post(f"{TASKS}/{tasks['a']['id']}/move", json=body), "/list_id")


class TestWhatAMoveWrites:
    @pytest.mark.parametrize("list_name", [None, "Home"])
    async def test_is_one_task(
        self,
        ann: httpx.AsyncClient,
        tasks: dict[str, Json],
        inspection: Inspection,
        raw_database: AsyncDatabase[dict[str, Any]],
        list_name: str | None,
    ) -> None:
        place = {} if list_name is None else {"list_id": (await add_list(ann, list_name))["id"]}
        before = {task["_id"]: task async for task in raw_database["tasks"].find()}
        inspection.forget()

        moved = await act(ann, tasks["e"], "move", after_id=None, **place)

        writes = [
            operation.name
            for operation in inspection.operations
            if operation.collection == "tasks" and operation.name in {"insert", "update", "delete", "findAndModify"}
        ]
        changed = [task async for task in raw_database["tasks"].find() if task != before[task["_id"]]]
        assert writes == ["update"]
        assert [str(task["_id"]) for task in changed] == [moved["id"]]

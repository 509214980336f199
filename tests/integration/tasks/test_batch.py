"""Batches: several operations under one revision, each by itself or all or nothing."""

from typing import Any

import httpx
import pytest

from app.tasks import batch_service
from app.tasks.succession import MAX_SUBTASKS
from tests.architecture.inspection import Inspection
from tests.fakes.clock import FakeClock
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
    expect_problem,
    read_task,
    revision_of,
    run_batch,
    titles,
)

BATCH = f"{TASKS}/batch"


def statuses(results: list[Json]) -> list[int]:
    return [result["status"] for result in results]


class TestABatchOfEveryOperation:
    async def test_answers_in_order_with_each_task_as_it_then_is(
        self, ann: httpx.AsyncClient, clock: FakeClock
    ) -> None:
        home = await add_list(ann)
        a, b, c, d, e = await add_tasks(ann, *"abcde")
        await delete_task(ann, e)
        revision = await revision_of(ann)
        clock.advance(seconds=1)

        results = await run_batch(
            ann,
            {"op": "create", "title": "new", "labels": ["x"], "list_id": home["id"]},
            {"op": "update", "id": a["id"], "title": "A", "due": {"date": "2026-12-01"}},
            {"op": "complete", "id": b["id"]},
            {"op": "reopen", "id": b["id"]},
            {"op": "move", "id": c["id"], "after_id": None},
            {"op": "delete", "id": d["id"]},
            {"op": "restore", "id": e["id"]},
        )

        assert statuses(results) == [201, 200, 200, 200, 200, 204, 200]
        new, first, done, reopened, moved, gone, restored = (result["task"] for result in results)
        assert (new["title"], new["labels"], new["list_id"]) == ("new", ["x"], home["id"])
        assert (first["title"], first["due_at"]) == ("A", "2026-12-01T23:59:59.000Z")
        assert (done["status"], reopened["status"], gone, restored["id"]) == ("done", "todo", None, e["id"])
        assert moved["position"] < a["position"]
        assert {task["revision"] for task in (new, first, moved, restored)} == {revision + 1}
        assert {task["updated_at"] for task in (new, first, moved)} == {"2026-11-23T12:00:01.000Z"}
        assert await revision_of(ann) == revision + 1
        assert await read_task(ann, reopened) == reopened
        assert await titles(ann, list_id="inbox") == ["c", "A", "b", "e"]

    async def test_sees_what_operations_before_did(self, ann: httpx.AsyncClient) -> None:
        task = await add_task(ann)

        results = await run_batch(
            ann,
            {"op": "delete", "id": task["id"]},
            {"op": "update", "id": task["id"], "title": "x"},
            {"op": "restore", "id": task["id"]},
            {"op": "update", "id": task["id"], "title": "y"},
            {"op": "update", "id": task["id"], "notes": "z"},
        )

        assert statuses(results) == [204, 404, 200, 200, 200]
        assert (results[4]["task"]["title"], results[4]["task"]["notes"]) == ("y", "z")


class TestManyNewTasks:
    async def test_keep_their_order(self, ann: httpx.AsyncClient) -> None:
        names = [f"{number:02}" for number in range(100)]

        results = await run_batch(ann, *({"op": "create", "title": name} for name in names))

        assert [result["task"]["title"] for result in results] == names
        assert await titles(ann, limit=200) == names

    async def test_keep_their_order_around_other_operations(self, ann: httpx.AsyncClient) -> None:
        task = await add_task(ann, "old")

        await run_batch(
            ann,
            {"op": "create", "title": "a"},
            {"op": "create", "title": "b"},
            {"op": "complete", "id": task["id"]},
            {"op": "create", "title": "c"},
        )

        assert await titles(ann) == ["old", "a", "b", "c"]

    async def test_cost_one_insert(self, ann: httpx.AsyncClient, inspection: Inspection) -> None:
        inspection.forget()

        await run_batch(ann, *({"op": "create", "title": "x"} for _ in range(100)))

        sent = [operation.name for operation in inspection.operations if operation.collection == "tasks"]
        assert sent == ["find", "insert"]


class TestABatchInWhichSomethingFails:
    async def test_does_the_rest(self, ann: httpx.AsyncClient) -> None:
        task = await add_task(ann)

        results = await run_batch(
            ann,
            {"op": "create", "title": "a"},
            {"op": "create", "title": ""},
            {"op": "create", "title": "x", "list_id": NOBODYS_ID},
            {"op": "complete", "id": NOBODYS_ID},
            {"op": "complete", "id": task["id"]},
            {"op": "create", "title": "b"},
        )

        assert statuses(results) == [201, 422, 422, 404, 200, 201]
        assert [result.keys() for result in results[:2]] == [{"status", "task"}, {"status", "problem"}]
        assert results[3]["problem"].items() >= {"type": "/problems/not-found", "status": 404}.items()
        assert await titles(ann) == ["Buy milk", "a", "b"]

    @pytest.mark.parametrize(
        ("operation", "pointer"),
        [
            ({"op": "create"}, "/title"),
            ({"op": "create", "title": "x", "id": NOBODYS_ID}, "/id"),
            ({"op": "create", "title": "x", "due": {"date": "x"}}, "/due/date"),
            ({"op": "update", "title": "x"}, "/id"),
            ({"op": "update", "id": NOBODYS_ID, "priority": "1"}, "/priority"),
            ({"op": "update", "id": NOBODYS_ID, "colour": "red"}, "/colour"),
            ({"op": "delete", "id": "x"}, "/id"),
            ({"op": "delete", "id": NOBODYS_ID, "title": "x"}, "/title"),
            ({"op": "complete"}, "/id"),
            ({"op": "move", "id": NOBODYS_ID}, "/after_id"),
            ({"op": "move", "id": NOBODYS_ID, "after_id": 1}, "/after_id"),
        ],
        ids=str,
    )
    async def test_names_the_culprit_by_its_place_in_the_batch(
        self, ann: httpx.AsyncClient, operation: Json, pointer: str
    ) -> None:
        results = await run_batch(ann, {"op": "create", "title": "first"}, operation)

        assert statuses(results) == [201, 422]
        assert [error["pointer"] for error in results[1]["problem"]["errors"]] == [f"/operations/1{pointer}"]

    async def test_changes_nothing_when_all_fail(self, ann: httpx.AsyncClient) -> None:
        task = await add_task(ann)

        results = await run_batch(ann, {"op": "create"}, {"op": "delete", "id": NOBODYS_ID})

        assert statuses(results) == [422, 404]
        assert await revision_of(ann) == task["revision"]

    async def test_keeps_the_revision_when_nothing_differs(self, ann: httpx.AsyncClient) -> None:
        task = await add_task(ann)

        results = await run_batch(ann, {"op": "update", "id": task["id"]}, {"op": "restore", "id": task["id"]})

        assert [result["task"] for result in results] == [task, task]
        assert await revision_of(ann) == task["revision"]

    async def test_leaves_tasks_of_others_alone(self, ann: httpx.AsyncClient, bob: httpx.AsyncClient) -> None:
        theirs = await add_task(bob)

        results = await run_batch(
            ann,
            *({"op": op, "id": theirs["id"]} for op in ("update", "delete", "complete", "reopen", "restore")),
            {"op": "move", "id": theirs["id"], "after_id": None},
        )

        assert statuses(results) == [404] * 6
        assert await read_task(bob, theirs) == theirs


class TestAnAtomicBatch:
    async def test_does_everything_when_nothing_fails(self, ann: httpx.AsyncClient) -> None:
        results = await run_batch(ann, *({"op": "create", "title": name} for name in "abc"), atomic=True)

        assert statuses(results) == [201, 201, 201]
        assert await titles(ann) == ["a", "b", "c"]

    @pytest.mark.parametrize(
        ("failing", "status"),
        [
            ({"op": "complete", "id": NOBODYS_ID}, 404),
            ({"op": "create", "title": ""}, 422),
            ({"op": "create", "title": "x", "parent_id": NOBODYS_ID}, 422),
        ],
        ids=str,
    )
    async def test_does_nothing_when_anything_fails(self, ann: httpx.AsyncClient, failing: Json, status: int) -> None:
        task = await add_task(ann, "old")
        operations: list[Json] = [
            {"op": "create", "title": "new"},
            {"op": "delete", "id": task["id"]},
            failing,
            {"op": "create", "title": "newer"},
        ]

        answer = await ann.post(BATCH, json={"operations": operations, "atomic": True})

        problem = expect_problem(answer, status, "batch-failed")
        assert problem["detail"].startswith("Operation 2 failed")
        assert statuses(problem["results"]) == [424, 424, status, 424]
        assert all("task" not in result for result in problem["results"])
        assert await revision_of(ann) == task["revision"]
        assert await titles(ann) == ["old"]

    async def test_tells_of_every_failure(self, ann: httpx.AsyncClient) -> None:
        operations = [{"op": "create"}, {"op": "create", "title": "x"}, {"op": "delete", "id": NOBODYS_ID}]

        answer = await ann.post(BATCH, json={"operations": operations, "atomic": True})

        assert statuses(expect_problem(answer, 422, "batch-failed")["results"]) == [422, 424, 404]


class TestABatchThatHandlesManyTasks:
    """Subtasks that come along count, whether they are written or only looked at."""

    async def test_begins_no_operation_but_creations_past_the_limit(
        self, ann: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        parent, other = await add_tasks(ann, "parent", "other")
        await add_tasks(ann, "a", "b", parent_id=parent["id"])
        delete, complete = {"op": "delete", "id": parent["id"]}, {"op": "complete", "id": other["id"]}
        monkeypatch.setattr(batch_service, "MAX_HANDLED_TASKS", 5)  # two read, three written

        results = await run_batch(ann, delete, complete, {"op": "create", "title": "new"}, complete)

        assert statuses(results) == [204, 409, 201, 409]
        assert results[1]["problem"]["type"] == "/problems/batch-too-large"
        assert await read_task(ann, other) == other
        monkeypatch.setattr(batch_service, "MAX_HANDLED_TASKS", 6)
        await act(ann, parent, "restore")
        assert statuses(await run_batch(ann, delete, complete)) == [204, 200]

    async def test_that_is_atomic_changes_nothing_then(
        self, ann: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        one, other = await add_tasks(ann, "one", "other")
        monkeypatch.setattr(batch_service, "MAX_HANDLED_TASKS", 1)
        operations = [{"op": "complete", "id": task["id"]} for task in (one, other)]

        answer = await ann.post(BATCH, json={"operations": operations, "atomic": True})

        assert statuses(expect_problem(answer, 409, "batch-failed")["results"]) == [424, 409]
        assert await read_task(ann, one) == one

    async def test_ends_within_its_time_whatever_it_asks_for(self, ann: httpx.AsyncClient) -> None:
        """With as many subtasks as there may be, a hundred of these operations would take a minute."""
        due = {"date": "2026-11-23"}
        parent = await add_task(ann, due=due, recurrence={"rule": "FREQ=DAILY"})
        subtask = {"op": "create", "title": "sub", "parent_id": parent["id"], "due": due}
        for _ in range(MAX_SUBTASKS // 100):
            await run_batch(ann, *[subtask] * 100)
        operations = [{"op": name, "id": parent["id"]} for name in ("complete", "reopen")]

        results = await run_batch(ann, *operations * 50)

        assert statuses(results) == [200] * 3 + [409] * 97


class TestABatchThatIsRefused:
    @pytest.mark.parametrize(
        ("body", "pointer"),
        [
            ({}, "/operations"),
            ({"operations": []}, "/operations"),
            ({"operations": [{"op": "create", "title": "x"}] * 101}, "/operations"),
            ({"operations": "create"}, "/operations"),
            ({"operations": [{"op": "create", "title": "x"}, "x"]}, "/operations/1"),
            ({"operations": [{"op": "create", "title": "x"}, {"op": "explode"}]}, "/operations/1/op"),
            ({"operations": [{"title": "x"}]}, "/operations/0/op"),
            ({"operations": [{"op": "create", "title": "x"}], "atomic": 1}, "/atomic"),
            ({"operations": [{"op": "create", "title": "x"}], "force": True}, "/force"),
        ],
        ids=lambda value: str(value)[:50],
    )
    async def test_does_nothing(self, ann: httpx.AsyncClient, body: dict[str, Any], pointer: str) -> None:
        expect_invalid(await ann.post(BATCH, json=body), pointer)
        assert await titles(ann) == []

    async def test_is_too_large_beyond_a_mebibyte(self, ann: httpx.AsyncClient) -> None:
        operations = [{"op": "create", "title": "x", "notes": "x" * 20_000} for _ in range(60)]

        answer = await ann.post(BATCH, json={"operations": operations})

        expect_problem(answer, 413, "payload-too-large")

    async def test_may_be_as_large_as_that(self, ann: httpx.AsyncClient) -> None:
        operations = [{"op": "create", "title": "x", "notes": "x" * 20_000} for _ in range(50)]

        assert len(expect(await ann.post(BATCH, json={"operations": operations}))["results"]) == 50

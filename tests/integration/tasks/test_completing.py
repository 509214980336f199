"""Completing tasks and reopening them."""

import httpx
import pytest

from tests.fakes.clock import FakeClock
from tests.integration.tasks.calls import (
    TASKS,
    act,
    add_task,
    delete_task,
    expect,
    expect_problem,
    patch_task,
    read_task,
    revision_of,
)


class TestCompletingATask:
    @pytest.mark.parametrize("status", ["todo", "in_progress"])
    async def test_sets_it_done_at_this_time(self, ann: httpx.AsyncClient, clock: FakeClock, status: str) -> None:
        task = await add_task(ann, status=status)
        clock.advance(minutes=1)

        answer = await ann.post(f"{TASKS}/{task['id']}/complete")

        done = expect(answer)
        assert (done["status"], done["completed_at"]) == ("done", "2026-11-23T12:01:00.000Z")
        assert done["revision"] == task["revision"] + 1
        assert answer.headers["etag"] == f'"{done["revision"]}"'
        assert await read_task(ann, task) == done

    async def test_that_is_done_changes_nothing(self, ann: httpx.AsyncClient, clock: FakeClock) -> None:
        done = await act(ann, await add_task(ann), "complete")
        clock.advance(minutes=1)

        assert await act(ann, done, "complete") == done
        assert await revision_of(ann) == done["revision"]

    async def test_leaves_its_subtasks_as_they_are(self, ann: httpx.AsyncClient) -> None:
        parent = await add_task(ann)
        subtask = await add_task(ann, parent_id=parent["id"])

        await act(ann, parent, "complete")

        assert await read_task(ann, subtask) == subtask

    async def test_in_the_trash_is_not_possible(self, ann: httpx.AsyncClient) -> None:
        task = await add_task(ann)
        await delete_task(ann, task)

        for action in ("complete", "reopen"):
            expect_problem(await ann.post(f"{TASKS}/{task['id']}/{action}"), 404, "not-found")

    async def test_keeps_its_place(self, ann: httpx.AsyncClient) -> None:
        task = await add_task(ann)

        assert (await act(ann, task, "complete"))["position"] == task["position"]


class TestReopeningATask:
    async def test_sets_it_to_do_as_if_never_completed(self, ann: httpx.AsyncClient) -> None:
        done = await act(ann, await add_task(ann), "complete")

        reopened = await act(ann, done, "reopen")

        assert (reopened["status"], reopened["completed_at"]) == ("todo", None)
        assert reopened["revision"] == done["revision"] + 1
        assert await read_task(ann, done) == reopened

    @pytest.mark.parametrize("status", ["todo", "in_progress"])
    async def test_that_is_open_changes_nothing(self, ann: httpx.AsyncClient, status: str) -> None:
        task = await add_task(ann, status=status)

        assert await act(ann, task, "reopen") == task
        assert await revision_of(ann) == task["revision"]


class TestTheStatusByPatch:
    async def test_does_the_same_as_completing_and_reopening(self, ann: httpx.AsyncClient, clock: FakeClock) -> None:
        task = await add_task(ann)
        clock.advance(minutes=1)

        done = await patch_task(ann, task, status="done")
        clock.advance(minutes=1)
        renamed = await patch_task(ann, task, title="x")
        reopened = await patch_task(ann, task, status="in_progress")

        assert done["completed_at"] == renamed["completed_at"] == "2026-11-23T12:01:00.000Z"
        assert reopened["completed_at"] is None

    async def test_counts_from_the_second_completion_when_it_was_reopened(
        self, ann: httpx.AsyncClient, clock: FakeClock
    ) -> None:
        task = await add_task(ann, status="done")
        await act(ann, task, "reopen")
        clock.advance(minutes=5)

        assert (await act(ann, task, "complete"))["completed_at"] == "2026-11-23T12:05:00.000Z"

"""What becomes of due dates when the user moves to another time zone."""

import httpx
import pytest

from app.tasks import task_repository
from tests.integration.tasks.calls import (
    API,
    Json,
    add_task,
    add_tasks,
    delete_task,
    expect,
    patch_task,
    read,
    read_task,
    revision_of,
    titles,
)


async def move_to(client: httpx.AsyncClient, timezone: str) -> Json:
    return expect(await client.patch(f"{API}/me", json={"timezone": timezone}))


class TestMovingToAnotherZone:
    @pytest.mark.parametrize(
        ("due", "before", "after"),
        [
            ({"date": "2026-12-01"}, "2026-12-01T23:59:59.000Z", "2026-12-01T10:59:59.000Z"),
            ({"date": "2026-12-01", "time": "09:30"}, "2026-12-01T09:30:00.000Z", "2026-11-30T20:30:00.000Z"),
        ],
        ids=["without a time", "with a time"],
    )
    async def test_moves_floating_due_dates_along(
        self, ann: httpx.AsyncClient, due: Json, before: str, after: str
    ) -> None:
        task = await add_task(ann, due=due)

        profile = await move_to(ann, "Pacific/Auckland")

        assert task["due_at"] == before
        moved = await read_task(ann, task)
        assert moved == {**task, "due_at": after, "revision": profile["revision"]}

    async def test_leaves_dates_with_a_zone_and_tasks_without_a_date(self, ann: httpx.AsyncClient) -> None:
        fixed = await add_task(ann, due={"date": "2026-12-01", "timezone": "Europe/Paris"})
        undated = await add_task(ann)

        await move_to(ann, "Pacific/Auckland")

        assert await read_task(ann, fixed) == fixed
        assert await read_task(ann, undated) == undated

    async def test_leaves_dates_that_mean_the_same_there(self, ann: httpx.AsyncClient) -> None:
        await move_to(ann, "Europe/Paris")
        task = await add_task(ann, due={"date": "2026-12-01"})

        await move_to(ann, "Europe/Berlin")

        assert await read_task(ann, task) == task

    async def test_moves_done_tasks_as_well(self, ann: httpx.AsyncClient) -> None:
        task = await add_task(ann, due={"date": "2026-12-01"}, status="done")

        await move_to(ann, "Pacific/Auckland")

        assert (await read_task(ann, task))["due_at"] == "2026-12-01T10:59:59.000Z"

    async def test_sorts_and_filters_by_the_new_instants(self, ann: httpx.AsyncClient) -> None:
        await add_task(ann, "floating", due={"date": "2026-12-01", "time": "12:00"})
        await add_task(ann, "fixed", due={"date": "2026-12-01", "time": "11:00", "timezone": "UTC"})
        assert await titles(ann, sort="due") == ["fixed", "floating"]

        await move_to(ann, "Asia/Tokyo")

        assert await titles(ann, sort="due") == ["floating", "fixed"]
        assert await titles(ann, due_before="2026-12-01T05:00:00Z") == ["floating"]

    async def test_is_told_by_sync_under_one_revision(self, ann: httpx.AsyncClient) -> None:
        await add_tasks(ann, *"abc", due={"date": "2026-12-01"})
        since = await revision_of(ann)

        await move_to(ann, "Asia/Tokyo")

        answer = await read(ann, "/sync", since=since)
        assert [task["revision"] for task in answer["tasks"]] == [since + 1] * 3
        assert answer["revision"] == since + 1

    async def test_takes_several_commands_when_there_are_many(
        self, ann: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(task_repository, "CHUNK_SIZE", 2)
        tasks = await add_tasks(ann, *"abcde", due={"date": "2026-12-01"})

        await move_to(ann, "Asia/Tokyo")

        assert {(await read_task(ann, task))["due_at"] for task in tasks} == {"2026-12-01T14:59:59.000Z"}

    async def test_concerns_nobody_else(self, ann: httpx.AsyncClient, bob: httpx.AsyncClient) -> None:
        theirs = await add_task(bob, due={"date": "2026-12-01"})

        await move_to(ann, "Asia/Tokyo")

        assert await read_task(bob, theirs) == theirs


class TestATaskInTheTrash:
    async def test_is_due_in_the_new_zone_when_it_comes_back(self, ann: httpx.AsyncClient) -> None:
        task = await add_task(ann, due={"date": "2026-12-01"})
        await delete_task(ann, task)
        await move_to(ann, "Asia/Tokyo")

        restored = expect(await ann.post(f"{API}/tasks/{task['id']}/restore"))

        assert restored["due_at"] == "2026-12-01T14:59:59.000Z"


class TestADueDateThatIsChanged:
    async def test_means_an_instant_in_the_present_zone(self, ann: httpx.AsyncClient) -> None:
        task = await add_task(ann, due={"date": "2026-12-01"})
        await move_to(ann, "Asia/Tokyo")

        changed = await patch_task(ann, task, due={"date": "2026-12-02"})

        assert changed["due_at"] == "2026-12-02T14:59:59.000Z"
        assert (await patch_task(ann, task, due={"timezone": "UTC"}))["due_at"] == "2026-12-02T23:59:59.000Z"

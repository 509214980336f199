"""Walking the pages by due date while the user moves to another time zone."""

import httpx

from tests.integration.tasks.calls import API, add_tasks, expect, read, walk

# In New York the day ends five hours later than in UTC, and so after the fixed instant.
FLOATING = {"date": "2026-12-01"}
FIXED = {"date": "2026-12-02", "time": "01:00", "timezone": "UTC"}


class TestAUserWhoMovesWestDuringAWalk:
    async def test_meets_no_task_twice_although_its_due_date_moved_ahead_of_the_walk(
        self, ann: httpx.AsyncClient
    ) -> None:
        await add_tasks(ann, "floating", due=FLOATING)
        await add_tasks(ann, "fixed", due=FIXED)
        first = await read(ann, "/tasks", sort="due", limit=1)

        expect(await ann.patch(f"{API}/me", json={"timezone": "America/New_York"}))
        rest = await read(ann, "/tasks", sort="due", cursor=first["next_cursor"])

        assert [task["title"] for task in first["items"]] == ["floating"]
        assert [task["title"] for task in rest["items"]] == ["fixed"]

    async def test_meets_it_in_its_new_place_in_the_next_walk(self, ann: httpx.AsyncClient) -> None:
        await add_tasks(ann, "floating", due=FLOATING)
        await add_tasks(ann, "fixed", due=FIXED)

        expect(await ann.patch(f"{API}/me", json={"timezone": "America/New_York"}))

        assert [task["title"] for task in await walk(ann, "/tasks", sort="due", limit=1)] == ["fixed", "floating"]

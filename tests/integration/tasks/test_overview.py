"""Labels and statistics."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from tests.conftest import SignIn
from tests.fakes.clock import FakeClock
from tests.integration.tasks.calls import (
    API,
    Json,
    act,
    add_task,
    add_tasks,
    delete_task,
    expect,
    patch_task,
    read,
)


async def labels(client: httpx.AsyncClient) -> dict[str, int]:
    return {item["name"]: item["count"] for item in (await read(client, "/labels"))["items"]}


async def stats(client: httpx.AsyncClient) -> Json:
    return await read(client, "/tasks/stats")


class TestLabels:
    async def test_are_counted_over_open_tasks_by_name(self, ann: httpx.AsyncClient) -> None:
        await add_tasks(ann, "a", "b", labels=["shop", "home"])
        await add_task(ann, labels=["home", "Ärger"], status="in_progress")
        await add_task(ann)

        answer = await read(ann, "/labels")

        assert answer == {
            "items": [
                {"name": "home", "count": 3},
                {"name": "shop", "count": 2},
                {"name": "Ärger", "count": 1},
            ]
        }

    async def test_disappear_with_the_last_open_task_that_bears_them(self, ann: httpx.AsyncClient) -> None:
        done, gone, changed = await add_tasks(ann, "a", "b", "c", labels=["home"])
        await act(ann, done, "complete")
        await delete_task(ann, gone)
        assert await labels(ann) == {"home": 1}

        await patch_task(ann, changed, labels=[])

        assert await labels(ann) == {}

    async def test_of_others_are_not_shown(self, ann: httpx.AsyncClient, bob: httpx.AsyncClient) -> None:
        await add_task(bob, labels=["secret"])

        assert await labels(ann) == {}


class TestStatistics:
    async def test_of_nothing_are_zeroes(self, ann: httpx.AsyncClient) -> None:
        answer = await stats(ann)

        assert answer["by_status"] == {"todo": 0, "in_progress": 0, "done": 0}
        assert (answer["overdue"], answer["due_today"]) == (0, 0)
        days = [entry["date"] for entry in answer["completed_per_day"]]
        assert (len(days), days[0], days[-1]) == (30, "2026-10-25", "2026-11-23")
        assert {entry["count"] for entry in answer["completed_per_day"]} == {0}

    async def test_count_by_status_outside_the_trash(self, ann: httpx.AsyncClient, bob: httpx.AsyncClient) -> None:
        await add_tasks(ann, "a", "b")
        await add_task(ann, status="in_progress")
        await add_tasks(ann, "c", "d", "e", status="done")
        await delete_task(ann, await add_task(ann, status="done"))
        await add_task(bob)

        assert (await stats(ann))["by_status"] == {"todo": 2, "in_progress": 1, "done": 3}

    async def test_count_what_is_overdue_and_due_today(self, ann: httpx.AsyncClient) -> None:
        """It is noon of 2026-11-23 in UTC."""
        dues: list[tuple[str, str | None]] = [
            ("2026-11-22", None),  # overdue
            ("2026-11-23", "11:59"),  # overdue, and due today
            ("2026-11-23", "12:00"),  # due today
            ("2026-11-23", None),  # due today
            ("2026-11-24", "00:00"),
            ("2026-12-01", None),
        ]
        for day, time in dues:
            await add_task(ann, due={"date": day, "time": time})
        await add_task(ann, due={"date": "2026-11-22"}, status="done")
        await delete_task(ann, await add_task(ann, due={"date": "2026-11-22"}))

        answer = await stats(ann)

        assert (answer["overdue"], answer["due_today"]) == (2, 3)

    async def test_count_completions_by_day(self, ann: httpx.AsyncClient, sign_in: SignIn, clock: FakeClock) -> None:
        for days, count in ((30, 9), (29, 1), (2, 2), (0, 3)):
            clock.set(datetime(2026, 11, 23, 12, tzinfo=UTC) - timedelta(days=days))
            ann = await sign_in("ann@example.com")
            await add_tasks(ann, *map(str, range(count)), status="done")
        await delete_task(ann, await add_task(ann, status="done"))
        await act(ann, await add_task(ann, status="done"), "reopen")

        counts = {entry["date"]: entry["count"] for entry in (await stats(ann))["completed_per_day"]}

        assert {day: count for day, count in counts.items() if count} == {
            "2026-10-25": 1,
            "2026-11-21": 2,
            "2026-11-23": 3,
        }

    async def test_change_their_version_with_the_time_of_day_alone(
        self, ann: httpx.AsyncClient, clock: FakeClock, forget_answers: Callable[[], Awaitable[None]]
    ) -> None:
        await add_task(ann, due={"date": "2026-11-23", "time": "12:03"})
        first = await ann.get(f"{API}/tasks/stats")
        header = {"If-None-Match": first.headers["etag"]}
        clock.advance(minutes=2)
        await forget_answers()
        same = await ann.get(f"{API}/tasks/stats", headers=header)
        clock.advance(minutes=2)
        await forget_answers()
        other = await ann.get(f"{API}/tasks/stats", headers=header)

        assert same.status_code == 304
        assert (first.json()["overdue"], expect(other)["overdue"]) == (0, 1)


# Where a day begins and ends in UTC, days of 23 and 25 hours among them.
DAYS = [
    ("UTC", "2026-11-23", "2026-11-23T00:00:00Z", "2026-11-24T00:00:00Z"),
    ("Pacific/Auckland", "2026-11-24", "2026-11-23T11:00:00Z", "2026-11-24T11:00:00Z"),
    ("Pacific/Auckland", "2026-09-27", "2026-09-26T12:00:00Z", "2026-09-27T11:00:00Z"),
    ("Pacific/Auckland", "2027-04-04", "2027-04-03T11:00:00Z", "2027-04-04T12:00:00Z"),
    ("America/Los_Angeles", "2026-11-23", "2026-11-23T08:00:00Z", "2026-11-24T08:00:00Z"),
    ("America/Los_Angeles", "2026-11-01", "2026-11-01T07:00:00Z", "2026-11-02T08:00:00Z"),
    ("America/Los_Angeles", "2027-03-14", "2027-03-14T08:00:00Z", "2027-03-15T07:00:00Z"),
    ("America/Santiago", "2026-09-06", "2026-09-06T04:00:00Z", "2026-09-07T03:00:00Z"),
    ("Asia/Kathmandu", "2026-11-24", "2026-11-23T18:15:00Z", "2026-11-24T18:15:00Z"),
]


@pytest.mark.parametrize(("timezone", "day", "start", "end"), DAYS)
class TestTodayInTheUsersZone:
    async def test_begins_and_ends_at_midnight_there(
        self, sign_in: SignIn, clock: FakeClock, timezone: str, day: str, start: str, end: str
    ) -> None:
        first, beyond = datetime.fromisoformat(start), datetime.fromisoformat(end)
        last, before = beyond - timedelta(seconds=1), first - timedelta(seconds=1)
        clock.set(before)
        ann = await sign_in("ann@example.com")
        expect(await ann.patch(f"{API}/me", json={"timezone": timezone}))
        for instant in (before, first, last, beyond):
            clock.set(instant)
            ann = await sign_in("ann@example.com")
            await add_task(ann, "completed", status="done")
        for instant in (before, first, last, beyond):  # to the minute, as due times are
            due = {"date": f"{instant:%Y-%m-%d}", "time": f"{instant:%H:%M}", "timezone": "UTC"}
            await add_task(ann, due=due)

        for now in (first, last):
            clock.set(now)
            ann = await sign_in("ann@example.com")
            answer = await stats(ann)
            assert answer["due_today"] == 2
            assert answer["completed_per_day"][-1] == {"date": day, "count": 2}
            assert answer["completed_per_day"][-2]["count"] == 1
            days = [entry["date"] for entry in answer["completed_per_day"]]
            assert (len(set(days)), days) == (30, sorted(days))

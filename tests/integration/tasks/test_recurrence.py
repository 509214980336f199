"""What a recurrence may be, and where it is shown."""

from collections.abc import Awaitable, Callable

import httpx
import pytest

from tests.fakes.clock import FakeClock
from tests.integration.tasks.calls import (
    TASKS,
    Json,
    act,
    add_task,
    expect,
    expect_invalid,
    patch_task,
    read,
    read_task,
    revision_of,
    run_batch,
)

WEEKLY = {"rule": "FREQ=WEEKLY;BYDAY=MO", "from": "due"}
MONDAY = {"date": "2026-11-23", "time": None, "timezone": None}


async def create(client: httpx.AsyncClient, fields: Json) -> httpx.Response:
    return await client.post(TASKS, json={"title": "x", **fields})


async def patch(client: httpx.AsyncClient, fields: Json) -> httpx.Response:
    task = await add_task(client)
    return await client.patch(f"{TASKS}/{task['id']}", json=fields)


class TestARecurrence:
    async def test_is_shown_wherever_the_task_is(self, ann: httpx.AsyncClient) -> None:
        task = await add_task(ann, due=MONDAY, recurrence={"rule": "rrule:freq=weekly;byday=mo"})

        assert task["recurrence"] == WEEKLY
        assert await read_task(ann, task) == task
        assert (await read(ann, "/tasks"))["items"] == [task]
        assert (await read(ann, "/sync", since=0))["tasks"] == [task]

    async def test_is_merged_with_a_patch(self, ann: httpx.AsyncClient) -> None:
        task = await add_task(ann, due=MONDAY)

        weekly = await patch_task(ann, task, recurrence={"rule": "FREQ=WEEKLY;BYDAY=MO"})
        from_completion = await patch_task(ann, task, recurrence={"from": "completion"})
        again_from_due = await patch_task(ann, task, recurrence={"from": None})
        none = await patch_task(ann, task, recurrence=None)

        assert weekly["recurrence"] == again_from_due["recurrence"] == WEEKLY
        assert from_completion["recurrence"] == {**WEEKLY, "from": "completion"}
        assert none["recurrence"] is None
        assert await read_task(ann, task) == none

    async def test_written_in_another_way_changes_nothing(self, ann: httpx.AsyncClient) -> None:
        task = await add_task(ann, due=MONDAY, recurrence=WEEKLY)

        assert await patch_task(ann, task, recurrence={"rule": "BYDAY=mo;FREQ=weekly;INTERVAL=1"}) == task
        assert await revision_of(ann) == task["revision"]

    async def test_is_set_in_a_batch(self, ann: httpx.AsyncClient) -> None:
        task = await add_task(ann, due=MONDAY)

        created, updated, refused = await run_batch(
            ann,
            {"op": "create", "title": "x", "due": MONDAY, "recurrence": WEEKLY},
            {"op": "update", "id": task["id"], "recurrence": WEEKLY},
            {"op": "create", "title": "x", "due": MONDAY, "recurrence": {"rule": "FREQ=YEARLY;BYWEEKNO=1;BYMONTH=7"}},
        )

        assert created["task"]["recurrence"] == updated["task"]["recurrence"] == WEEKLY
        assert refused["status"] == 422
        assert refused["problem"]["errors"][0]["pointer"] == "/recurrence/rule"

    async def test_stays_when_the_task_comes_out_of_the_trash(self, ann: httpx.AsyncClient) -> None:
        task = await add_task(ann, due=MONDAY, recurrence=WEEKLY)
        await ann.delete(f"{TASKS}/{task['id']}")

        assert (await act(ann, task, "restore"))["recurrence"] == WEEKLY


class TestARuleThatIsNoRule:
    @pytest.mark.parametrize("send", [create, patch])
    @pytest.mark.parametrize(
        ("rule", "reason"),
        [
            ("", "at least 1 character"),
            ("weekly", "joined by ';'"),
            ("FREQ=HOURLY", "once a day at most"),
            ("FREQ=DAILY;BYHOUR=9", "time of day is that of the due date"),
            ("FREQ=DAILY;COUNT=2;UNTIL=20261231", "exclude each other"),
            ("FREQ=DAILY;FREQ=DAILY", "stands there twice"),
            ("FREQ=DAILY;INTERVAL=1001", "from 1 to 1000"),
            ("FREQ=DAILY;COUNT=10001", "from 1 to 10000"),
            ("FREQ=YEARLY;BYMONTHDAY=" + ",".join(["1"] * 240), "at most 500 characters"),
        ],
    )
    async def test_is_refused_with_its_reason(
        self,
        ann: httpx.AsyncClient,
        send: Callable[[httpx.AsyncClient, Json], Awaitable[httpx.Response]],
        rule: str,
        reason: str,
    ) -> None:
        answer = await send(ann, {"due": MONDAY, "recurrence": {"rule": rule}})

        expect_invalid(answer, "/recurrence/rule")
        assert reason in answer.json()["errors"][0]["detail"]


class TestARuleThatNeverMatches:
    @pytest.mark.parametrize("basis", ["due", "completion"])
    @pytest.mark.parametrize("send", [create, patch])
    @pytest.mark.parametrize(
        "rule",
        [
            "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
            "FREQ=MONTHLY;BYDAY=MO;BYSETPOS=6",
            "FREQ=DAILY;INTERVAL=7;BYDAY=TU",  # from a Monday
        ],
    )
    async def test_is_refused(
        self,
        ann: httpx.AsyncClient,
        send: Callable[[httpx.AsyncClient, Json], Awaitable[httpx.Response]],
        rule: str,
        basis: str,
    ) -> None:
        answer = await send(ann, {"due": MONDAY, "recurrence": {"rule": rule, "from": basis}})

        expect_invalid(answer, "/recurrence/rule")
        assert "matches no day within 50 years after 2026-11-23" in answer.json()["detail"]

    async def test_is_refused_when_the_due_date_makes_it_one(self, ann: httpx.AsyncClient) -> None:
        task = await add_task(ann, due=MONDAY, recurrence={"rule": "FREQ=DAILY;INTERVAL=7;BYDAY=MO"})

        answer = await ann.patch(f"{TASKS}/{task['id']}", json={"due": {"date": "2026-11-24"}})

        expect_invalid(answer, "/recurrence/rule")
        assert await read_task(ann, task) == task

    async def test_is_none_when_it_only_comes_to_its_end(self, ann: httpx.AsyncClient) -> None:
        last = await add_task(ann, due=MONDAY, recurrence={"rule": "FREQ=DAILY;COUNT=1"})

        assert (await patch_task(ann, last, priority=1, due={"date": "2026-11-25"}))["recurrence"] == last[
            "recurrence"
        ]


class TestATaskWithoutADueDate:
    async def test_does_not_recur_from_it(self, ann: httpx.AsyncClient) -> None:
        answer = await create(ann, {"recurrence": WEEKLY})

        expect_invalid(answer, "/recurrence")
        assert "needs a due date" in answer.json()["detail"]

    async def test_is_not_what_a_patch_makes_of_a_recurring_one(self, ann: httpx.AsyncClient) -> None:
        task = await add_task(ann, due=MONDAY, recurrence=WEEKLY)

        expect_invalid(await ann.patch(f"{TASKS}/{task['id']}", json={"due": None}), "/recurrence")
        assert await read_task(ann, task) == task
        assert (await patch_task(ann, task, due=None, recurrence=None))["due"] is None

    async def test_recurs_from_completion(self, ann: httpx.AsyncClient) -> None:
        task = await add_task(ann, recurrence={"rule": "FREQ=DAILY", "from": "completion"})

        assert (task["due"], task["recurrence"]) == (None, {"rule": "FREQ=DAILY", "from": "completion"})

    async def test_is_told_of_a_wrong_date_alone(self, ann: httpx.AsyncClient) -> None:
        expect_invalid(await create(ann, {"due": {"date": "2026-02-30"}, "recurrence": WEEKLY}), "/due/date")


class TestTheOccurrences:
    async def test_are_the_dates_after_the_present_one(self, ann: httpx.AsyncClient) -> None:
        due = {"date": "2026-03-16", "time": "09:00", "timezone": "Europe/Berlin"}
        task = await add_task(ann, due=due, recurrence=WEEKLY)

        answer = await read(ann, f"/tasks/{task['id']}/occurrences", limit=2)

        assert answer == {
            "items": [
                {**due, "date": "2026-03-23", "due_at": "2026-03-23T08:00:00.000Z"},
                {**due, "date": "2026-03-30", "due_at": "2026-03-30T07:00:00.000Z"},
            ]
        }

    async def test_are_ten_unless_one_asks_for_others(self, ann: httpx.AsyncClient) -> None:
        task = await add_task(ann, due=MONDAY, recurrence=WEEKLY)
        path = f"/tasks/{task['id']}/occurrences"

        assert len((await read(ann, path))["items"]) == 10
        assert len((await read(ann, path, limit=100))["items"]) == 100
        for query, pointer in (("limit=0", "/limit"), ("limit=101", "/limit"), ("limits=1", "/limits")):
            answer = await ann.get(f"{TASKS}/{task['id']}/occurrences?{query}")
            assert answer.status_code == 422
            assert answer.json()["errors"][0]["pointer"].endswith(pointer)

    async def test_end_with_the_series(self, ann: httpx.AsyncClient) -> None:
        task = await add_task(ann, due=MONDAY, recurrence={"rule": "FREQ=DAILY;COUNT=3"})

        items = (await read(ann, f"/tasks/{task['id']}/occurrences"))["items"]

        assert [item["date"] for item in items] == ["2026-11-24", "2026-11-25"]

    async def test_of_a_task_without_a_due_date_come_after_today(self, ann: httpx.AsyncClient) -> None:
        task = await add_task(ann, recurrence={"rule": "FREQ=DAILY;INTERVAL=3", "from": "completion"})

        items = (await read(ann, f"/tasks/{task['id']}/occurrences", limit=2))["items"]

        assert [item["date"] for item in items] == ["2026-11-26", "2026-11-29"]
        assert {item["time"] for item in items} == {None}

    async def test_of_a_task_that_does_not_recur_are_none(self, ann: httpx.AsyncClient) -> None:
        task = await add_task(ann, due=MONDAY)

        assert await read(ann, f"/tasks/{task['id']}/occurrences") == {"items": []}

    async def test_of_somebody_elses_task_are_not_found(self, ann: httpx.AsyncClient, bob: httpx.AsyncClient) -> None:
        task = await add_task(ann, due=MONDAY, recurrence=WEEKLY)

        assert (await bob.get(f"{TASKS}/{task['id']}/occurrences")).status_code == 404

    async def test_have_a_version(self, ann: httpx.AsyncClient, clock: FakeClock) -> None:
        task = await add_task(ann, due=MONDAY, recurrence=WEEKLY)
        path = f"{TASKS}/{task['id']}/occurrences"
        headers = {"If-None-Match": (await ann.get(path)).headers["etag"]}

        clock.advance(minutes=1)
        unchanged = await ann.get(path, headers=headers)
        await patch_task(ann, task, recurrence={"rule": "FREQ=WEEKLY"}, due={"date": "2026-11-25"})
        changed = await ann.get(path, headers=headers)

        assert unchanged.status_code == 304
        assert expect(changed)["items"][0]["date"] == "2026-12-02"

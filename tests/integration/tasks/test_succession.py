"""The next task of a series: made once with the completion, and taken away when that is undone."""

import asyncio
from typing import Any

import httpx
import pytest
from pymongo.asynchronous.database import AsyncDatabase

from tests.conftest import SignIn
from tests.fakes.clock import FakeClock
from tests.integration.tasks.calls import (
    API,
    TASKS,
    Json,
    act,
    add_list,
    add_task,
    count_kept,
    delete_task,
    expect,
    patch_task,
    read,
    read_task,
    revision_of,
    run_batch,
    walk,
)
from tests.shapes import looks_into_the_process

DAILY = {"rule": "FREQ=DAILY", "from": "due"}
TODAY = {"date": "2026-11-23", "time": "09:00", "timezone": "Europe/Berlin"}
ROUNDS = 15


async def add_daily(client: httpx.AsyncClient, **fields: Any) -> Json:
    return await add_task(client, **{"due": TODAY, "recurrence": DAILY, **fields})


async def open_tasks(client: httpx.AsyncClient, **parameters: Any) -> list[Json]:
    return (await read(client, "/tasks", status="todo", **parameters))["items"]


async def by_route(client: httpx.AsyncClient, task: Json) -> Json:
    return await act(client, task, "complete")


async def by_patch(client: httpx.AsyncClient, task: Json) -> Json:
    return await patch_task(client, task, status="done")


async def by_patch_of_more(client: httpx.AsyncClient, task: Json) -> Json:
    return await patch_task(client, task, status="done", priority=4)


async def by_batch(client: httpx.AsyncClient, task: Json) -> Json:
    (result,) = await run_batch(client, {"op": "complete", "id": task["id"]})
    return result["task"]


async def by_batch_update(client: httpx.AsyncClient, task: Json) -> Json:
    (result,) = await run_batch(client, {"op": "update", "id": task["id"], "status": "done"})
    return result["task"]


EVERY_WAY = pytest.mark.parametrize(
    "complete", [by_route, by_patch, by_patch_of_more, by_batch, by_batch_update], ids=lambda way: way.__name__
)


class TestCompletingARecurringTask:
    @EVERY_WAY
    async def test_makes_the_next_one_in_the_same_revision(
        self, ann: httpx.AsyncClient, complete: Any, raw_database: AsyncDatabase[dict[str, Any]]
    ) -> None:
        home = await add_list(ann)
        task = await add_daily(
            ann, notes="n", labels=["a"], priority=4, list_id=home["id"], reminders=[{"minutes_before": 5}]
        )

        done = await complete(ann, task)

        (successor,) = await open_tasks(ann)
        changed = {"id", "due", "due_at", "revision", "created_at", "updated_at"}
        assert {name for name in task if task[name] != successor[name]} <= changed
        assert successor["due"] == {**TODAY, "date": "2026-11-24"}
        assert successor["due_at"] == "2026-11-24T08:00:00.000Z"
        assert done["revision"] == successor["revision"] == await revision_of(ann) == task["revision"] + 1
        assert (done["status"], done["recurrence"], done["due"]) == ("done", DAILY, TODAY)
        assert await read_task(ann, done) == done
        assert await count_kept(raw_database) == 2

    @EVERY_WAY
    async def test_that_is_done_already_makes_no_second_one(self, ann: httpx.AsyncClient, complete: Any) -> None:
        done = await by_route(ann, await add_daily(ann, priority=4))

        assert await complete(ann, done) == done
        assert len(await open_tasks(ann)) == 1

    async def test_is_told_by_sync(self, ann: httpx.AsyncClient) -> None:
        task = await add_daily(ann)
        done = await act(ann, task, "complete")

        told = (await read(ann, "/sync", since=task["revision"]))["tasks"]

        assert {entry["id"] for entry in told} == {done["id"], (await open_tasks(ann))[0]["id"]}

    async def test_leaves_the_order_as_it_was(self, ann: httpx.AsyncClient) -> None:
        _, task, _ = [await add_daily(ann, title=title) for title in ("first", "daily", "last")]

        await act(ann, task, "complete")

        assert [entry["title"] for entry in await open_tasks(ann)] == ["first", "daily", "last"]

    async def test_lets_others_be_moved_beside_the_next_one(self, ann: httpx.AsyncClient) -> None:
        task, other = await add_daily(ann, title="daily"), await add_task(ann, "other")
        await act(ann, task, "complete")
        (successor, _) = await open_tasks(ann)

        await act(ann, other, "move", after_id=None)
        assert [entry["title"] for entry in await open_tasks(ann)] == ["other", "daily"]
        await act(ann, other, "move", after_id=successor["id"])
        assert [entry["title"] for entry in await open_tasks(ann)] == ["daily", "other"]

    async def test_for_years_does_not_lengthen_its_position(self, ann: httpx.AsyncClient) -> None:
        task = await add_daily(ann)
        await add_task(ann)

        for _ in range(30):
            await act(ann, task, "complete")
            task = next(entry for entry in await open_tasks(ann) if entry["recurrence"])

        assert task["position"] == "a0"

    async def test_takes_what_the_same_patch_changed(self, ann: httpx.AsyncClient) -> None:
        home = await add_list(ann)
        await add_task(ann, list_id=home["id"])
        task = await add_daily(ann)

        done = await patch_task(
            ann, task, status="done", title="new", list_id=home["id"], recurrence={"rule": "FREQ=WEEKLY"}
        )

        successor = next(entry for entry in await open_tasks(ann) if entry["recurrence"])
        assert (successor["title"], successor["list_id"]) == ("new", home["id"])
        assert successor["due"]["date"] == "2026-11-30"
        assert successor["position"] == done["position"]

    async def test_that_stops_to_recur_in_the_same_patch_makes_none(self, ann: httpx.AsyncClient) -> None:
        await patch_task(ann, await add_daily(ann), status="done", recurrence=None)

        assert await open_tasks(ann) == []

    async def test_counts_from_the_day_of_completion_if_it_says_so(
        self, ann: httpx.AsyncClient, clock: FakeClock, sign_in: SignIn
    ) -> None:
        task = await add_daily(ann, recurrence={"rule": "FREQ=DAILY;INTERVAL=2", "from": "completion"})
        clock.advance(days=10, hours=11, minutes=30)  # past midnight in Berlin
        ann_later = await sign_in("ann@example.com")

        await act(ann_later, task, "complete")

        assert (await open_tasks(ann_later))[0]["due"] == {**TODAY, "date": "2026-12-06"}

    async def test_gives_a_date_to_one_that_had_none(self, ann: httpx.AsyncClient) -> None:
        task = await add_task(ann, recurrence={"rule": "FREQ=DAILY", "from": "completion"})

        await act(ann, task, "complete")

        assert (await open_tasks(ann))[0]["due"] == {"date": "2026-11-24", "time": None, "timezone": None}

    async def test_long_after_it_was_due_makes_one_that_is_not_overdue(self, ann: httpx.AsyncClient) -> None:
        await act(ann, await add_daily(ann, due={"date": "2026-01-01"}), "complete")

        assert [entry["due"]["date"] for entry in await open_tasks(ann)] == ["2026-11-24"]

    async def test_ends_with_the_last_of_the_series(self, ann: httpx.AsyncClient) -> None:
        await act(ann, await add_daily(ann, recurrence={"rule": "FREQ=DAILY;COUNT=2"}), "complete")
        (last,) = await open_tasks(ann)

        await act(ann, last, "complete")

        assert last["recurrence"]["rule"] == "FREQ=DAILY;COUNT=1"
        assert await open_tasks(ann) == []

    async def test_moves_reminders_at_an_instant_by_the_same_days_in_local_time(self, ann: httpx.AsyncClient) -> None:
        """On 28 March Berlin is an hour ahead of UTC, on the next day two."""
        reminders = [{"minutes_before": 10}, {"at": "2026-03-27T08:00:00.500Z"}, {"at": "9999-12-31T23:00:00.000Z"}]
        task = await add_daily(
            ann,
            due={**TODAY, "date": "2026-03-28"},
            reminders=reminders,
            recurrence={"rule": "FREQ=YEARLY;BYMONTHDAY=29;BYMONTH=3"},
        )

        await act(ann, task, "complete")

        (successor,) = await open_tasks(ann)
        assert successor["due"]["date"] == "2027-03-29"
        assert successor["reminders"] == [
            {"minutes_before": 10},
            {"at": "2027-03-28T07:00:00.500Z"},
            {"at": "9999-12-31T23:00:00.000Z"},
        ]


class TestCompletingARecurringTaskWithSubtasks:
    async def test_copies_them_all_to_do(
        self, ann: httpx.AsyncClient, raw_database: AsyncDatabase[dict[str, Any]]
    ) -> None:
        parent = await add_daily(ann, title="parent", recurrence={"rule": "FREQ=WEEKLY"})
        for title, fields in (
            ("b", {"due": TODAY}),
            ("a", {"status": "done"}),
            ("c", {"due": {"date": "9998-12-30"}}),
        ):
            await add_task(ann, title, parent_id=parent["id"], **fields)

        await act(ann, parent, "complete")

        everything = await open_tasks(ann)
        successor = next(task for task in everything if task["recurrence"])
        copies = await open_tasks(ann, parent_id=successor["id"])
        assert everything[-3:] == copies  # behind all others, as new tasks are; two of the first ones are open still
        assert [(copy["title"], copy["status"]) for copy in copies] == [("b", "todo"), ("a", "todo"), ("c", "todo")]
        assert [copy["due"] and copy["due"]["date"] for copy in copies] == ["2026-11-30", None, "9998-12-31"]
        assert copies[0]["due"] == {**TODAY, "date": "2026-11-30"}
        originals = (await read(ann, "/tasks", parent_id=parent["id"]))["items"]
        assert [original["status"] for original in originals] == ["todo", "done", "todo"]
        assert await count_kept(raw_database) == 8

    async def test_copies_no_subtask_that_has_a_successor_of_its_own(self, ann: httpx.AsyncClient) -> None:
        parent = await add_daily(ann)
        subtask = await add_daily(ann, title="sub", parent_id=parent["id"])
        await act(ann, subtask, "complete")

        await act(ann, parent, "complete")

        successor = next(task for task in await open_tasks(ann) if task["parent_id"] is None)
        copies = (await read(ann, "/tasks", parent_id=successor["id"]))["items"]
        assert [copy["due"]["date"] for copy in copies] == ["2026-11-25"]

    async def test_copies_one_that_was_completed_and_reopened(self, ann: httpx.AsyncClient) -> None:
        parent = await add_daily(ann)
        subtask = await add_daily(ann, title="sub", parent_id=parent["id"])
        await act(ann, subtask, "complete")
        next_one = (await open_tasks(ann, parent_id=parent["id"]))[0]
        await patch_task(ann, next_one, title="touched")
        await act(ann, subtask, "reopen")

        await act(ann, parent, "complete")

        successor = next(task for task in await open_tasks(ann) if task["parent_id"] is None)
        copies = (await read(ann, "/tasks", parent_id=successor["id"]))["items"]
        assert [copy["title"] for copy in copies] == ["touched", "sub"]

    async def test_moves_their_dates_back_when_it_is_done_ahead_of_time(self, ann: httpx.AsyncClient) -> None:
        parent = await add_daily(
            ann, due={"date": "2027-11-23"}, recurrence={"rule": "FREQ=DAILY", "from": "completion"}
        )
        for day in ("2027-11-20", "1900-01-10"):
            await add_task(
                ann, "sub", parent_id=parent["id"], due={"date": day}, reminders=[{"at": f"{day}T08:00:00.000Z"}]
            )

        await act(ann, parent, "complete")

        successor = next(task for task in await open_tasks(ann) if task["recurrence"])
        copies = await open_tasks(ann, parent_id=successor["id"])
        assert successor["due"]["date"] == "2026-11-24"  # 364 days earlier
        assert [copy["due"]["date"] for copy in copies] == ["2026-11-21", "1900-01-01"]
        assert [copy["reminders"] for copy in copies] == [
            [{"at": "2026-11-21T08:00:00.000Z"}],
            [{"at": "1899-01-11T08:00:00.000Z"}],
        ]


class TestCompletingARecurringSubtask:
    async def test_makes_the_next_one_under_the_same_parent(self, ann: httpx.AsyncClient) -> None:
        parent = await add_task(ann)
        subtask = await add_daily(ann, parent_id=parent["id"])

        await act(ann, subtask, "complete")

        assert [task["due"]["date"] for task in await open_tasks(ann, parent_id=parent["id"])] == ["2026-11-24"]

    async def test_is_refused_when_the_parent_has_no_room(
        self, ann: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("app.tasks.succession.MAX_SUBTASKS", 1)
        parent = await add_task(ann)
        subtask = await add_daily(ann, parent_id=parent["id"])

        answer = await ann.post(f"{TASKS}/{subtask['id']}/complete")

        assert (answer.status_code, answer.json()["type"]) == (409, "/problems/quota-exceeded")
        assert await read_task(ann, subtask) == subtask

    async def test_that_comes_to_the_parent_in_the_same_patch_is_refused_alike(
        self, ann: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("app.tasks.succession.MAX_SUBTASKS", 2)
        parent = await add_task(ann)
        sibling = await add_task(ann, parent_id=parent["id"])
        task = await add_daily(ann)
        patch = {"parent_id": parent["id"], "status": "done"}

        refused = await ann.patch(f"{TASKS}/{task['id']}", json=patch)
        await delete_task(ann, sibling)
        done = await patch_task(ann, task, **patch)

        assert (refused.status_code, refused.json()["type"]) == (409, "/problems/quota-exceeded")
        assert done["status"] == "done"
        assert len((await read(ann, "/tasks", parent_id=parent["id"]))["items"]) == 2


class TestCompletingATaskThatDoesNotRecur:
    async def test_makes_none(self, ann: httpx.AsyncClient) -> None:
        """The control."""
        await act(ann, await add_task(ann, due=TODAY), "complete")

        assert await open_tasks(ann) == []


class TestCreatingATaskThatIsDone:
    async def test_makes_none(self, ann: httpx.AsyncClient) -> None:
        await add_daily(ann, status="done")

        assert await open_tasks(ann) == []


class TestTwoProcesses:
    async def test_that_complete_the_same_task_make_one_successor(
        self, ann: httpx.AsyncClient, ann_elsewhere: httpx.AsyncClient
    ) -> None:
        task = await add_daily(ann)
        for number in range(ROUNDS):
            ways = [by_route, by_patch, by_patch_of_more, by_batch]
            await asyncio.gather(
                *(ways[(number + index) % 4](client, task) for index, client in enumerate((ann, ann_elsewhere) * 2))
            )

            (task,) = await open_tasks(ann)

        assert len(await walk(ann, "/tasks")) == ROUNDS + 1

    async def test_that_complete_and_reopen_never_leave_two(
        self, ann: httpx.AsyncClient, ann_elsewhere: httpx.AsyncClient
    ) -> None:
        task = await add_daily(ann)
        for _ in range(ROUNDS):
            await asyncio.gather(act(ann, task, "complete"), act(ann_elsewhere, task, "reopen"))

            (task,) = await open_tasks(ann)

    async def test_would_make_as_many_as_they_create(
        self, ann: httpx.AsyncClient, ann_elsewhere: httpx.AsyncClient
    ) -> None:
        """The control: both do reach the database at the same time."""
        await asyncio.gather(add_daily(ann), add_daily(ann_elsewhere))

        assert len(await open_tasks(ann)) == 2


class TestReopening:
    @pytest.mark.parametrize("way", ["reopen", "patch", "patch_of_more", "batch"])
    async def test_takes_an_untouched_successor_away(
        self, ann: httpx.AsyncClient, way: str, raw_database: AsyncDatabase[dict[str, Any]]
    ) -> None:
        task = await add_daily(ann)
        await add_task(ann, "sub", parent_id=task["id"])
        before = await open_tasks(ann)
        await act(ann, task, "complete")
        made = {entry["id"] for entry in await open_tasks(ann)} - {entry["id"] for entry in before}

        match way:
            case "reopen":
                await act(ann, task, "reopen")
            case "patch":
                await patch_task(ann, task, status="todo")
            case "patch_of_more":
                await patch_task(ann, task, status="todo", priority=1)
            case _:
                await run_batch(ann, {"op": "reopen", "id": task["id"]})

        assert [entry["id"] for entry in await open_tasks(ann)] == [entry["id"] for entry in before]
        assert set((await read(ann, "/sync", since=task["revision"]))["deleted"]["tasks"]) == made
        assert await count_kept(raw_database) == 2

    async def test_and_completing_again_makes_one(self, ann: httpx.AsyncClient) -> None:
        task = await add_daily(ann)

        for action in ("complete", "reopen", "complete"):
            await act(ann, task, action)

        assert [entry["due"]["date"] for entry in await open_tasks(ann)] == ["2026-11-24"]

    @pytest.mark.parametrize("touch", ["rename", "move", "complete", "add", "change", "remove", "detach"])
    async def test_leaves_a_touched_successor_and_makes_no_second_one(
        self, ann: httpx.AsyncClient, touch: str
    ) -> None:
        task = await add_daily(ann)
        await add_task(ann, "sub", parent_id=task["id"])
        await act(ann, task, "complete")
        successor = next(entry for entry in await open_tasks(ann) if entry["recurrence"])
        (copy,) = await open_tasks(ann, parent_id=successor["id"])
        match touch:
            case "rename":
                await patch_task(ann, successor, title="x")
            case "complete":
                await act(ann, successor, "complete")
            case "move":
                await act(ann, successor, "move", after_id=(await add_task(ann))["id"])
            case "add":
                await add_task(ann, parent_id=successor["id"])
            case "change":
                await patch_task(ann, copy, title="x")
            case "detach":
                await patch_task(ann, copy, parent_id=None)
            case _:
                await delete_task(ann, copy)
        before = {entry["id"] for entry in await walk(ann, "/tasks")}

        for action in ("reopen", "complete"):
            await act(ann, task, action)

        assert {entry["id"] for entry in await walk(ann, "/tasks")} == before

    async def test_beside_a_touched_successor_takes_a_place_of_its_own(self, ann: httpx.AsyncClient) -> None:
        task, _ = await add_daily(ann), await add_task(ann, "last")
        await act(ann, task, "complete")
        successor = next(entry for entry in await open_tasks(ann) if entry["recurrence"])
        await patch_task(ann, successor, title="touched")

        reopened = await act(ann, task, "reopen")

        assert await read_task(ann, task) == reopened
        assert [entry["title"] for entry in await open_tasks(ann)] == ["touched", "Buy milk", "last"]

    async def test_takes_one_away_that_only_followed_its_owner_to_another_zone(self, ann: httpx.AsyncClient) -> None:
        task = await add_daily(ann, due={"date": "2026-11-23", "time": "09:00"})
        await add_task(ann, "sub", parent_id=task["id"], due={"date": "2026-11-23"})
        await act(ann, task, "complete")
        made = next(entry for entry in await open_tasks(ann) if entry["recurrence"])

        expect(await ann.patch(f"{API}/me", json={"timezone": "Asia/Tokyo"}))

        assert (await read_task(ann, made))["revision"] > made["revision"]  # the control: it was written
        await act(ann, task, "reopen")
        assert [entry["title"] for entry in await open_tasks(ann)] == [task["title"], "sub"]

    @pytest.mark.parametrize("order", ["delete and reopen", "reopen and delete"])
    async def test_after_or_before_the_next_one_was_deleted_goes_on_with_the_series(
        self, ann: httpx.AsyncClient, order: str
    ) -> None:
        task = await add_daily(ann)
        await act(ann, task, "complete")
        (successor,) = await open_tasks(ann)
        if order == "delete and reopen":
            await delete_task(ann, successor)
            await act(ann, task, "reopen")
        else:
            await patch_task(ann, successor, title="touched")
            await act(ann, task, "reopen")
            await delete_task(ann, successor)

        await act(ann, task, "complete")

        (another,) = await open_tasks(ann)
        assert (another["due"]["date"], another["id"] == successor["id"]) == ("2026-11-24", False)

    @pytest.mark.parametrize(
        "change", [{"due": {"date": "2027-01-01"}}, {"recurrence": {"rule": "FREQ=YEARLY"}}], ids=["due", "rule"]
    )
    @pytest.mark.parametrize("moment", ["with reopening", "between", "with completing"])
    async def test_beside_a_touched_successor_goes_on_from_another_date_or_rule(
        self, ann: httpx.AsyncClient, change: Json, moment: str
    ) -> None:
        task = await add_daily(ann)
        await act(ann, task, "complete")
        (successor,) = await open_tasks(ann)
        await patch_task(ann, successor, title="touched")

        await patch_task(ann, task, status="todo", **(change if moment == "with reopening" else {}))
        if moment == "between":
            await patch_task(ann, task, **change)
        await patch_task(ann, task, status="done", **(change if moment == "with completing" else {}))

        dates = {"due": "2027-01-02", "recurrence": "2027-11-23"}
        assert {entry["due"]["date"] for entry in await open_tasks(ann)} == {"2026-11-24", dates[next(iter(change))]}

    async def test_in_the_change_that_completed_it_leaves_no_tombstones(
        self, ann: httpx.AsyncClient, raw_database: AsyncDatabase[dict[str, Any]]
    ) -> None:
        task = await add_daily(ann)
        await add_task(ann, "sub", parent_id=task["id"])

        await run_batch(ann, *[{"op": action, "id": task["id"]} for action in ("complete", "reopen")] * 5)

        assert await raw_database["tasks"].count_documents({}) == await count_kept(raw_database) == 2

    async def test_in_a_change_after_that_leaves_tombstones(
        self, ann: httpx.AsyncClient, raw_database: AsyncDatabase[dict[str, Any]]
    ) -> None:
        """The control: others have heard of the next task."""
        task = await add_daily(ann)
        await act(ann, task, "complete")

        await run_batch(ann, {"op": "update", "id": task["id"], "title": "x"}, {"op": "reopen", "id": task["id"]})

        assert (await raw_database["tasks"].count_documents({}), await count_kept(raw_database)) == (2, 1)


class TestThePlacesOfASeries:
    """No two open tasks have the same position in a list: nothing could be moved between them."""

    async def test_differ_when_a_task_comes_back_beside_one_that_follows_later(self, ann: httpx.AsyncClient) -> None:
        first, _ = await add_daily(ann, title="first"), await add_task(ann, "last")
        await act(ann, first, "complete")
        second = (await open_tasks(ann))[0]
        await act(ann, second, "complete")
        await delete_task(ann, second)

        await act(ann, first, "reopen")

        assert_apart(await open_tasks(ann))
        third, returned, last = await open_tasks(ann)
        assert (third["due"]["date"], returned["id"]) == ("2026-11-25", first["id"])
        await act(ann, last, "move", after_id=third["id"])
        assert [task["id"] for task in await open_tasks(ann)] == [third["id"], last["id"], first["id"]]

    async def test_differ_when_the_last_of_a_series_comes_back_beside_the_first(self, ann: httpx.AsyncClient) -> None:
        first = await add_daily(ann, recurrence={"rule": "FREQ=DAILY;COUNT=2"})
        await act(ann, first, "complete")
        (last,) = await open_tasks(ann)
        await act(ann, last, "complete")

        await act(ann, first, "reopen")
        await patch_task(ann, last, recurrence=None)
        await act(ann, last, "reopen")

        assert len(await open_tasks(ann)) == 2
        assert_apart(await open_tasks(ann))

    async def test_differ_when_the_same_patch_moves_the_done_one_to_another_list(
        self, ann: httpx.AsyncClient
    ) -> None:
        home = await add_list(ann)
        task = await add_daily(ann)
        await add_task(ann, "sub", parent_id=task["id"])
        _, moved = [await add_task(ann, title, list_id=home["id"]) for title in "ab"]
        await act(ann, moved, "move", after_id=None)  # where the subtask is in the inbox

        await patch_task(ann, task, status="done", list_id=home["id"])

        assert len(await open_tasks(ann, list_id=home["id"])) == 5
        assert_apart(await open_tasks(ann, list_id=home["id"]))

    async def test_differ_from_those_of_the_done_ones_subtasks(self, ann: httpx.AsyncClient) -> None:
        task = await add_daily(ann)
        await add_task(ann, "sub", parent_id=task["id"])

        await act(ann, task, "complete")

        assert [entry["title"] for entry in await open_tasks(ann)] == [task["title"], "sub", "sub"]
        assert_apart(await open_tasks(ann))


def assert_apart(tasks: list[Json]) -> None:
    places = [(task["list_id"], task["position"]) for task in tasks]
    assert len(set(places)) == len(places), places


class TestAnAccountThatIsFull:
    @looks_into_the_process
    async def test_completes_no_recurring_task(
        self, ann: httpx.AsyncClient, app: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        task = await add_daily(ann)
        await add_task(ann, "sub", parent_id=task["id"])
        revision = await revision_of(ann)
        monkeypatch.setattr(app.state.tasks.tasks._operations, "_task_quota", 3)

        by_itself = await ann.post(f"{TASKS}/{task['id']}/complete")
        (in_batch, renamed) = await run_batch(
            ann, {"op": "complete", "id": task["id"]}, {"op": "update", "id": task["id"], "title": "new"}
        )

        assert (by_itself.status_code, by_itself.json()["type"]) == (409, "/problems/quota-exceeded")
        assert (in_batch["status"], renamed["status"]) == (409, 200)
        assert await read_task(ann, task) == renamed["task"] == {**task, **_changed(renamed["task"])}
        assert await revision_of(ann) == revision + 1

        monkeypatch.setattr(app.state.tasks.tasks._operations, "_task_quota", 4)
        assert expect(await ann.post(f"{TASKS}/{task['id']}/complete"))["status"] == "done"


def _changed(task: Json) -> Json:
    return {name: task[name] for name in ("title", "revision", "updated_at")}


class TestTheCommandsOfTwoKindsOfTask:
    async def test_to_complete_one_that_does_not_recur_are_two(self, ann: httpx.AsyncClient, inspection: Any) -> None:
        task = await add_task(ann, due=TODAY)
        inspection.forget()

        await act(ann, task, "complete")

        assert [operation.name for operation in inspection.operations] == ["findAndModify", "findAndModify"]

    async def test_to_complete_one_that_recurs_are_six(self, ann: httpx.AsyncClient, inspection: Any) -> None:
        """The control: a look at the subtasks, the reference, the next task and the count of tasks come with it."""
        task = await add_daily(ann)
        inspection.forget()

        await act(ann, task, "complete")

        assert [(operation.name, operation.collection) for operation in inspection.operations] == [
            ("findAndModify", "users"),
            ("findAndModify", "tasks"),
            ("find", "tasks"),
            ("update", "tasks"),
            ("insert", "tasks"),
            ("update", "users"),
        ]
